// What every node of the lab can do, whoever made its daemon; and the node that runs Baton as a user would: its own
// file, its own directories, `baton run`. It sees Baton only through the command line and the kernel.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatonError } from '@baton/base';
import type { JournalEvent, RouterStatus, StatusReport } from '@baton/agent/control';

import type { LabErrorCode } from './errors.js';
import { LAB_DIRECTORY, type LabHost } from './namespaces.js';
import { insideNamespace, LabProcess, runToEnd, type CommandResult } from './processes.js';
import { familiesOf, intervalOf, LAB_VRID, unicastAddress, type RouterOptions } from './router-options.js';
import { waitFor } from './waiting.js';

/** Name of the one virtual router of a lab node. */
export const LAB_ROUTER = 'web';
const BATON = fileURLToPath(new URL('../../cli/bin/baton', import.meta.url));

/** A daemon on a host of the LAN. */
export interface LabNode {
  readonly host: LabHost;
  /** Processes of the daemon that run now, children before parents. */
  readonly pids: readonly number[];
  /** Everything the daemon wrote to its terminal since its last start. */
  readonly log: string;
  /** Changes the configuration of the next start. */
  configure(change: Partial<RouterOptions>): void;
  /** Starts it; returns as soon as the process exists. */
  start(): Promise<void>;
  /** SIGTERM, and waits until it has ended. */
  stop(): Promise<void>;
  /** SIGKILL to all its processes at once, and waits until they are gone. */
  kill(): Promise<void>;
}

/** A configuration value as YAML writes it. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** How Baton is configured for one virtual router. */
export interface BatonOptions extends RouterOptions {
  /** Further keys of the virtual router, as in the file: `{startup_delay: '1s'}`. */
  readonly router?: Readonly<Record<string, YamlValue>>;
  /** Further keys of the file: `{hooks: [...]}`. */
  readonly file?: Readonly<Record<string, YamlValue>>;
}

/** Baton on one host of the LAN. */
export class BatonNode implements LabNode {
  readonly host: LabHost;
  /** Its configuration, runtime and state directories are in here. */
  readonly directory: string;
  readonly configurationFile: string;
  #options: BatonOptions;
  #process: LabProcess | undefined;

  constructor(host: LabHost, options: BatonOptions) {
    this.host = host;
    this.#options = options;
    this.directory = join(LAB_DIRECTORY, host.namespace, 'baton');
    this.configurationFile = join(this.directory, 'baton.yaml');
  }

  get log(): string {
    return this.#process?.log ?? '';
  }

  get pids(): readonly number[] {
    return this.#process?.family ?? [];
  }

  /** The `baton run` process; throws before the first start. */
  get process(): LabProcess {
    if (this.#process !== undefined) return this.#process;
    throw new BatonError<LabErrorCode>('ERR_LAB_PROCESS_ENDED', `${this.host.name} was never started`);
  }

  /** Changes the configuration of the next start. */
  configure(change: Partial<BatonOptions>): void {
    this.#options = { ...this.#options, ...change };
  }

  async start(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await writeFile(this.configurationFile, batonConfiguration(this.host, this.#options, this.directory));
    const launcher = this.#options.launcher ?? [];
    const command = [...launcher, process.execPath, BATON, 'run', '-c', this.configurationFile];
    this.#process = new LabProcess(this.host.namespace, command);
  }

  async stop(): Promise<void> {
    await this.#process?.stop('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#process?.killFamily();
  }

  /** Runs another `baton` command against this node's file, inside its namespace. */
  async command(...parameters: readonly string[]): Promise<CommandResult> {
    const command = [process.execPath, BATON, ...parameters, '-c', this.configurationFile];
    return runToEnd(insideNamespace(this.host.namespace, command));
  }

  /** What `baton status --json` says; undefined while the daemon cannot be reached. */
  async status(): Promise<StatusReport | undefined> {
    const result = await this.command('status', '--json');
    return result.code === 0 ? JSON.parse(result.stdout) as StatusReport : undefined;
  }

  /** The status of the lab's virtual router. */
  async router(): Promise<RouterStatus | undefined> {
    return (await this.status())?.virtual_routers.find((router) => router.name === LAB_ROUTER);
  }

  /** The journal, oldest event first. */
  async events(): Promise<readonly JournalEvent[]> {
    const result = await this.command('events', '--json');
    return result.stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as JournalEvent);
  }

  /** Waits until the status says that the virtual router is in this state.
   *  @throws {BatonError<LabErrorCode>} ERR_LAB_DEADLINE with the daemon's log */
  async waitForState(state: RouterStatus['state'], deadlineMs: number): Promise<RouterStatus> {
    return waitFor(`${this.host.name} to be ${state}`, deadlineMs, async () => {
      const router = await this.router();
      return router?.state === state ? router : undefined;
    }).catch((error: unknown) => { throw this.#withLog(error); });
  }

  /** SIGKILL to the engine alone, as its status names it. */
  async killEngine(): Promise<void> {
    const engine = (await this.status())?.engine.pid;
    if (engine === undefined) {
      throw this.#withLog(new BatonError<LabErrorCode>('ERR_LAB_PROCESS_ENDED', 'no engine to kill'));
    }
    process.kill(engine, 'SIGKILL');
  }

  #withLog(error: unknown): Error {
    const message = error instanceof Error ? error.message : String(error);
    const text = `${message}\n--- log of ${this.host.name} ---\n${this.log}`;
    return new BatonError<LabErrorCode>('ERR_LAB_DEADLINE', text, { cause: error });
  }
}

/** The configuration file of a lab node. JSON is YAML: values need no quoting rules of our own. */
export function batonConfiguration(host: LabHost, options: BatonOptions, directory: string): string {
  const configuration: Record<string, YamlValue> = {
    node: host.name,
    peers: Object.fromEntries((options.peers ?? []).map((peer) => [peer.name, peer.address])),
    virtual_routers: {
      [LAB_ROUTER]: {
        interface: host.interface,
        vrid: options.vrid ?? LAB_VRID,
        priority: options.priority,
        advert_interval: `${String(intervalOf(options))}ms`,
        addresses: options.addresses,
        ...routerKeys(host, options),
        ...options.router,
      },
    },
    runtime_directory: join(directory, 'run'),
    state_directory: join(directory, 'state'),
    ...options.file,
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/** The keys of what was asked for; what was not keeps Baton's own default. */
function routerKeys(host: LabHost, options: BatonOptions): Record<string, YamlValue> {
  const keys: Record<string, YamlValue | undefined> = {
    version: options.version,
    preempt: options.preempt,
    ...(options.unicast === true ? unicastKeys(host, options) : {}),
    virtual_mac: options.virtualMac,
    authentication: options.password === undefined ? undefined : { simple_password: options.password },
  };
  const given = Object.entries(keys).filter((entry): entry is [string, YamlValue] => entry[1] !== undefined);
  return Object.fromEntries(given);
}

/** IPv4 in the short form where that is enough: its peers are those of the control channel. */
function unicastKeys(host: LabHost, options: BatonOptions): Record<string, YamlValue> {
  const families = familiesOf(options).map(({ family }) => family);
  const { lowestTtl } = options;
  if (!families.includes(6) && lowestTtl === undefined) return { unicast: true };
  const peers = (options.peers ?? []).flatMap((peer) => families.map((family) => unicastAddress(peer, family)));
  const unicast = { peers, ...(lowestTtl === undefined ? {} : { min_ttl: lowestTtl }) };
  return { unicast, source_address: families.map((family) => unicastAddress(host, family)) };
}

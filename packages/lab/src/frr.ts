// Real FRR (zebra and vrrpd) as a node of the lab: the peer of interoperation tests. Runs without the distribution's
// service, with files of its own; makes the macvlan that vrrpd looks for.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LAB_DIRECTORY, type LabHost } from './namespaces.js';
import type { LabNode } from './node.js';
import { insideNamespace, LabProcess, run, runToEnd } from './processes.js';
import {
  familiesOf, intervalOf, LAB_VRID, virtualMac, type FamilyAddresses, type RouterOptions,
} from './router-options.js';
import { waitFor } from './waiting.js';

/** FRR knows neither passwords nor unicast; its adverts always leave by a virtual MAC. Priorities 1–254. */
export type FrrOptions = Omit<RouterOptions, 'password' | 'unicast' | 'virtualMac'>;

const PROGRAMS = '/usr/lib/frr';
/** Debian's user and group of the daemons: they start as root and keep only what they need. */
const USER = 'frr';
/** How long zebra may take to listen, and to notice that vrrpd has gone, ms. */
const DEADLINE_MS = 10_000;

/** FRR's vrrpd on one host of the LAN. */
export class FrrNode implements LabNode {
  readonly host: LabHost;
  readonly #directory: string;
  #options: FrrOptions;
  #zebra: LabProcess | undefined;
  #vrrpd: LabProcess | undefined;

  constructor(host: LabHost, options: FrrOptions) {
    this.host = host;
    this.#options = options;
    this.#directory = join(LAB_DIRECTORY, host.namespace, 'frr');
  }

  get log(): string {
    return [this.#zebra?.log, this.#vrrpd?.log].join('\n');
  }

  get pids(): readonly number[] {
    return [...this.#vrrpd?.family ?? [], ...this.#zebra?.family ?? []];
  }

  /** Changes the configuration of the next start. */
  configure(change: Partial<FrrOptions>): void {
    this.#options = { ...this.#options, ...change };
  }

  async start(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    await run(['chown', `${USER}:${USER}`, this.#directory]);
    for (const part of familiesOf(this.#options)) await this.#ensureMacvlan(part);
    await writeFile(join(this.#directory, 'zebra.conf'), '');
    await writeFile(join(this.#directory, 'vrrpd.conf'), frrConfiguration(this.host, this.#options));
    this.#zebra = this.#launch('zebra');
    const zebra = this.#zebra;
    await waitFor('zebra to listen', DEADLINE_MS, () => existsSync(this.#socket) || !zebra.running);
    this.#vrrpd = this.#launch('vrrpd');
  }

  /** SIGTERM to vrrpd, and to zebra when it has seen vrrpd go. vrrpd asks zebra to switch the macvlan off and ends at
   *  once: a busy zebra finds the connection reset and never reads it. The lab then does what was asked. */
  async stop(): Promise<void> {
    await this.#vrrpd?.stop('SIGTERM');
    const zebra = this.#zebra;
    await waitFor('zebra to have seen vrrpd go', DEADLINE_MS, () => zebra?.log.includes(' disconnected ') ?? true);
    for (const { family } of familiesOf(this.#options)) {
      await run(['ip', '-n', this.host.namespace, 'link', 'set', macvlanName(family), 'protodown', 'on']);
    }
    await zebra?.stop('SIGTERM');
    await this.#removeSocket();
  }

  async kill(): Promise<void> {
    await Promise.all([this.#vrrpd?.killFamily(), this.#zebra?.killFamily()]);
    await this.#removeSocket();
  }

  get #socket(): string {
    return join(this.#directory, 'zserv.api');
  }

  #launch(program: 'zebra' | 'vrrpd'): LabProcess {
    const file = (ending: string): string => join(this.#directory, `${program}.${ending}`);
    return new LabProcess(this.host.namespace, [
      ...this.#options.launcher ?? [], join(PROGRAMS, program), '-f', file('conf'), '-i', file('pid'),
      '-z', this.#socket, '--vty_socket', this.#directory, '-u', USER, '-g', USER, '-P', '0',
      '--log', 'stdout', '--log-level', 'info',
    ]);
  }

  /** What a dead zebra left would look as if the next one listened already. */
  async #removeSocket(): Promise<void> {
    await run(['rm', '-f', this.#socket]);
  }

  /** vrrpd takes the macvlan that has the virtual MAC and the virtual addresses, and switches it by protodown. */
  async #ensureMacvlan({ family, addresses }: FamilyAddresses): Promise<void> {
    const name = macvlanName(family);
    const ip = ['ip', '-n', this.host.namespace];
    if ((await runToEnd([...ip, 'link', 'show', name])).code === 0) return;
    const sysctls = ['arp_ignore=1', 'arp_announce=2'].map((setting) => `net.ipv4.conf.all.${setting}`);
    await run(insideNamespace(this.host.namespace, ['sysctl', '-q', '-w', ...sysctls]));
    await run([...ip, 'link', 'add', name, 'link', this.host.interface, 'type', 'macvlan', 'mode', 'bridge']);
    // Not in one command: iproute2 of Debian 12 refuses addrgenmode when the link is made.
    await run([...ip, 'link', 'set', name, 'addrgenmode', family === 4 ? 'none' : 'random']);
    await run([...ip, 'link', 'set', name, 'address', virtualMac(family, this.#options.vrid)]);
    for (const address of addresses) {
      await run([...ip, 'address', 'add', address, 'dev', name, ...(family === 6 ? ['nodad'] : [])]);
    }
    await run([...ip, 'link', 'set', name, 'up']);
  }
}

/** The configuration file of vrrpd; intervals are in milliseconds there. */
export function frrConfiguration(host: LabHost, options: FrrOptions): string {
  const router = `vrrp ${String(options.vrid ?? LAB_VRID)}`;
  const lines = [
    `${router} version ${String(options.version ?? 3)}`,
    `${router} priority ${String(options.priority)}`,
    `${router} advertisement-interval ${String(intervalOf(options))}`,
    ...(options.preempt === false ? [`no ${router} preempt`] : []),
    ...familiesOf(options).flatMap(({ family, addresses }) =>
      addresses.map((address) => `${router} ${family === 4 ? 'ip' : 'ipv6'} ${address.split('/')[0] ?? ''}`)),
  ];
  return `interface ${host.interface}\n${lines.map((line) => ` ${line}\n`).join('')}`;
}

function macvlanName(family: 4 | 6): string {
  return `vr${String(family)}`;
}

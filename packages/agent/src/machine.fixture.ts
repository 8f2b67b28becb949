// What the tests of the agent share: a machine with directories of its own, an engine that answers, and hooks that only
// count.

import { assert } from '@baton/base';
import type { Configuration, Finding, HookEvent, LoadResult, RouterSettings } from '@baton/config';
import type {
  AgentMessage, EngineMessage, EngineSnapshot, HeardSender, RouterSnapshot,
} from '@baton/engine/messages';
import type { ProvedWill, WillOutcome } from '@baton/engine/survivor';
import { DEFAULT_RULES, createStatistics, type StateChange, type VirtualRouterParameters } from '@baton/vrrp';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Agent } from './agent.js';
import type { StatusReport } from './control/messages.js';
import type { Command, CommandResult, RunningCommand } from './hooks/command.js';
import type { Leftover } from './hooks/leftover.js';

/** Wall clock of every agent under test. */
export const NOW = Date.UTC(2026, 0, 1);
/** How hooks end unless told otherwise. */
export const ENDED: CommandResult = {
  outcome: 'exited', exitCode: 0, signal: null, output: 'said', droppedBytes: 0, durationMs: 1,
};

/** A router by its defaults. */
export function settings(name: string): RouterSettings {
  return { name, families: [parameters(name)], sourceAddresses: {}, virtualMac: false, acceptMode: true, routes: [] };
}

function parameters(name: string): VirtualRouterParameters {
  return {
    name, interface: 'eth0', vrid: 51, version: 3, family: 4, priority: 200, advertIntervalMs: 1000, preemptMode: true,
    addresses: [{ address: '192.0.2.10', prefixLength: 24 }], preemptDelayMs: 0, startupDelayMs: 0, checksum: 'auto',
    announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 }, rules: DEFAULT_RULES,
  };
}

/** A machine: what survives an agent, and an engine that answers like the real one. */
export class Machine {
  readonly directory = mkdtempSync(join(tmpdir(), 'baton-agent-'));
  readonly messages: AgentMessage[] = [];
  readonly hooks: string[] = [];
  readonly ended: number[] = [];
  stderr = '';
  engineLife = 'life 1';
  /** Monotonic clock of every agent. */
  nowMs = 0;
  /** As the engine passes it to an agent that it starts again. */
  resumeFrom: string | undefined;
  /** What the file says when it is read next. */
  file: LoadResult = { ok: true, configuration: this.configuration(['web']), warnings: [] };
  /** Answers `configure`; undefined leaves the agent waiting. */
  onConfigure: ((generation: number) => EngineMessage) | undefined = (generation) =>
    ({ type: 'configured', generation, driver: 'koffi', scheduling: 'other' });
  /** How hooks end. */
  hookResult: Promise<CommandResult> = Promise.resolve(ENDED);
  /** By process id: hooks that outlive their agent. */
  readonly leftovers = new Map<number, Leftover>();
  snapshotState: Pick<RouterSnapshot, 'state' | 'epoch'> = { state: 'initialize', epoch: 0 };
  /** Names of the routers that the engine knows: all in `snapshotState`. */
  snapshotRouters: readonly string[] = ['web'];
  /** What becomes of the wills of a dead engine. */
  willOutcome: Promise<WillOutcome> | undefined;
  /** Wills that were to be carried out. */
  readonly wills: ProvedWill[] = [];
  killed = 0;
  readonly #agents: Agent[] = [];

  configuration(routers: readonly string[]): Configuration {
    const on: readonly HookEvent[] = ['master', 'backup', 'fault', 'stop'];
    return {
      file: '/etc/baton/baton.yaml', node: 'lb-a', peers: [{ node: 'lb-b', address: '10.0.0.12', port: 8512 }],
      controlChannel: undefined,
      routers: routers.map(settings), syncGroups: [],
      hooks: [{ on, routers: undefined, groups: undefined, run: ['/bin/notify'], timeoutMs: 1000 }],
      log: { level: 'debug', format: 'text', file: undefined }, observe: false,
      stateDirectory: join(this.directory, 'state'), runtimeDirectory: join(this.directory, 'run'),
      places: {
        node: { line: 1, column: 7 },
        state_directory: { line: 8, column: 18 }, runtime_directory: { line: 9, column: 20 },
        ...Object.fromEntries(routers.map((name, index) =>
          [`virtual_routers.${name}.interface`, { line: 4 + index, column: 20 }])),
      },
    };
  }

  /** A new agent process.
   *  @param meanwhile happens while it loads */
  async startAgent(meanwhile: (agent: Agent) => void = () => undefined): Promise<Agent> {
    const agent: Agent = new Agent({
      transmit: (message) => { this.#hear(agent, message); },
      load: () => this.file,
      startCommand: (command) => this.#run(command),
      findLeftover: ({ pid }) => this.leftovers.get(pid),
      clock: { now: () => this.nowMs }, wallClockMs: () => NOW,
      stderr: new Writable({
        decodeStrings: false,
        write: (text: string, _, done) => {
          this.stderr += text;
          done();
        },
      }),
      engineWork: () => 0, killEngine: () => { this.killed += 1; },
      openSurvivor: () => ({ execute: (wills) => this.#executeWills(wills) }),
      engineLife: this.engineLife, version: '1.2.3', resumeFrom: this.resumeFrom,
      end: (exitCode) => { this.ended.push(exitCode); },
    });
    this.#agents.push(agent);
    const started = agent.start();
    meanwhile(agent);
    await started;
    await this.settle();
    return agent;
  }

  lastConfigure(): AgentMessage | undefined {
    return this.messages.findLast(({ type }) => type === 'configure');
  }

  /** Waits until nothing happens any more. */
  settle(): Promise<void> {
    return untilQuiet();
  }

  async status(): Promise<StatusReport> {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(join(this.directory, 'run', 'control.sock'));
      let text = '';
      socket.on('data', (chunk) => { text += chunk.toString('utf8'); });
      socket.on('error', reject);
      socket.on('close', () => { resolve(text); });
      socket.end('{"id":1,"method":"status"}\n');
    });
    return (JSON.parse(answer) as { status: StatusReport }).status;
  }

  journal(): Record<string, unknown>[] {
    const text = readFileSync(join(this.directory, 'state', 'journal.jsonl'), 'utf8');
    return text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Ends what still runs, as the death of the process would. */
  async dispose(): Promise<void> {
    for (const agent of this.#agents) await agent.engineLost();
    await this.settle();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #hear(agent: Agent, message: AgentMessage): void {
    this.messages.push(message);
    if (message.type === 'configure') mkdirSync(message.runtimeDirectory, { recursive: true });
    const answer = message.type === 'configure' ? this.onConfigure?.(message.generation) : undefined;
    if (answer !== undefined) agent.receive(answer);
    if (message.type === 'snapshot-request') agent.receive(this.#snapshot(message.id));
  }

  #executeWills(wills: readonly ProvedWill[]): Promise<WillOutcome> {
    this.wills.push(...wills);
    const routers = wills.map(({ configuration }) => configuration.name);
    const report = { routers, priorityZeroMs: 1, addressesOffMs: 2 };
    return this.willOutcome ?? Promise.resolve({ kind: 'executed', report });
  }

  #snapshot(id: number): EngineMessage {
    const routers = this.snapshotRouters.map((name) => routerSnapshot({ name, ...this.snapshotState }));
    return { type: 'snapshot', id, routers, engine: engineSnapshot() };
  }

  #run({ words, environment }: Command): RunningCommand {
    this.hooks.push([...words.slice(1), `from=${String(environment['BATON_PREVIOUS_STATE'])}`].join(' '));
    const process = { pid: 1000 + this.hooks.length, identity: 'hook', timeoutAtMs: 0 };
    return { process, result: this.hookResult, kill: () => undefined };
  }
}

/** Waits until nothing happens any more: ten turns in a row in which no file is being read or written. */
export async function untilQuiet(): Promise<void> {
  for (let quietTurns = 0; quietTurns < 10; quietTurns += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) quietTurns = -1;
  }
}

/** A transition as the engine tells it. */
export function changed(
  from: StateChange['from'], to: StateChange['to'], epoch: number, router = 'web',
): EngineMessage {
  const reason = to === 'fault' ? 'interface-missing' : 'startup';
  const faults = to === 'fault' ? (['interface-missing'] as const) : [];
  return {
    type: 'state-changed', router, change: { from, to, reason, epoch, priority: 200, master: undefined, faults },
    steps: { addressesMs: 0.25 }, evidence: { family: 4, interface: 'eth0' }, at: NOW,
  };
}

/** What the engine has counted for the router `web` on eth0. */
export function counted(counts: {
  readonly discarded?: Readonly<Record<string, number>>; readonly remarked?: Readonly<Record<string, number>>;
  /** What named no router of ours. */
  readonly unrelated?: Readonly<Record<string, number>>;
  readonly senders?: readonly HeardSender[];
}): Extract<EngineMessage, { type: 'snapshot' }> {
  const { discarded = {}, remarked = {}, unrelated = {}, senders = [] } = counts;
  const router = routerSnapshot();
  const [family] = router.families;
  assert(family !== undefined, 'every router has a family');
  return {
    type: 'snapshot', id: 1, engine: { ...engineSnapshot(), discarded: unrelated, senders },
    routers: [{ ...router, families: [{ ...family, discarded, remarked }] }],
  };
}

/** A router with one family that has just been started. */
export function routerSnapshot(change: Partial<RouterSnapshot> = {}): RouterSnapshot {
  const family = {
    faults: [], primaryAddress: '10.0.0.11', master: undefined, heard: [], masterDownIntervalMs: 3219, skewTimeMs: 219,
    statistics: createStatistics(),
  };
  return {
    name: 'web', interface: 'eth0', vrid: 51, version: 3, state: 'initialize',
    priority: { configured: 200, effective: 200 }, held: false,
    advertIntervalMs: 1000, sinceMs: NOW, reason: 'startup', epoch: 0,
    addresses: [], ...family,
    families: [{
      ...family, family: 4, state: 'initialize', virtualLink: undefined, discarded: {}, remarked: {},
    }],
    ...change,
  };
}

/** An engine that has just been started. */
export function engineSnapshot(): EngineSnapshot {
  return {
    pid: 1, driver: 'koffi', scheduling: 'other', generation: 1, rssBytes: 1, stallMs: 0, discarded: {},
    observer: 'off', senders: [],
  };
}

/** What is wrong with an invalid file. */
export const finding: Finding = {
  severity: 'error', code: 'unknown-key', file: '/etc/baton/baton.yaml', line: 4, column: 11,
  key: 'virtual_routers.web.vird', message: 'no such key; did you mean vrid?',
};

// The life of the agent: configuration to the engine, what the engine says to log, journal, hooks and status, and an
// orderly end. Decides the order of these; elections and addresses are the engine's, and go on without this process.
//
//   starting ── configured ─> running ── stopping ─> ended
//      └─ refused ─> ended       └─ engine lost ─> ended

import { assertNever, describeError, type Clock } from '@baton/base';
import { formatFinding, type Configuration, type Finding, type LoadResult } from '@baton/config';
import type { AgentMessage, EngineMessage } from '@baton/engine/messages';
import type { Writable } from 'node:stream';
import { AlarmRegistry } from './alarms.js';
import { ControlServer } from './control/server.js';
import type { JournalEvent, StatusReport } from './control/messages.js';
import { EngineChannel } from './engine-channel.js';
import { EventReporter, transitionFields } from './events.js';
import type { StartCommand } from './hooks/command.js';
import { HookDelivery } from './hooks/delivery.js';
import { Journal, type JournalView } from './journal.js';
import { AgentLog } from './log.js';
import { AgentMemory } from './memory.js';
import { NoticeReporter } from './notice-reporter.js';
import type { Notice } from './notices.js';
import { RouterAlarms } from './router-alarms.js';
import { StateFile } from './state-file.js';
import { buildStatus } from './status.js';

/** The world around the agent. */
export interface AgentPorts {
  readonly transmit: (message: AgentMessage) => void;
  readonly load: () => LoadResult;
  readonly startCommand: StartCommand;
  readonly clock: Clock;
  /** Wall-clock milliseconds since 1970. */
  readonly wallClockMs: () => number;
  readonly stderr: Writable;
  /** Identifies this life of the engine: a different text after every start of it. */
  readonly engineLife: string;
  readonly version: string;
  /** Ends the process. */
  readonly end: (exitCode: number) => void;
}

/** How long the stop hooks of all routers may take together, ms. */
export const STOP_HOOKS_TIMEOUT_MS = 10_000;
/** How long a disk or a reader of the log may hold up the end, ms. */
const LAST_WRITES_TIMEOUT_MS = 500;
/** An invalid configuration file. */
const EXIT_INVALID_CONFIGURATION = 4;

/** What exists once a valid configuration has been read. */
interface Equipment {
  readonly journal: Journal;
  readonly memory: AgentMemory;
  readonly hooks: HookDelivery;
}

type Phase =
  /** Messages wait until there is somebody to hear them. */
  | { readonly kind: 'loading'; readonly waiting: EngineMessage[] }
  | { readonly kind: 'starting'; readonly proposed: Configuration; readonly equipment: Equipment }
  | {
      readonly kind: 'running'; readonly configuration: Configuration; readonly equipment: Equipment;
      /** Asked of the engine and not answered yet. */
      readonly proposed: Configuration | undefined;
      /** A reload was asked for meanwhile. */
      readonly reloadWanted: boolean;
    }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'ended' };

/** One agent of one engine. */
export class Agent {
  readonly #ports: AgentPorts;
  readonly #log: AgentLog;
  readonly #reporter: EventReporter;
  readonly #alarms: AlarmRegistry;
  readonly #channel: EngineChannel;
  readonly #control: ControlServer;
  readonly #notices: NoticeReporter;
  readonly #routerAlarms: RouterAlarms;
  #phase: Phase = { kind: 'loading', waiting: [] };

  constructor(ports: AgentPorts) {
    this.#ports = ports;
    const { clock, wallClockMs, stderr } = ports;
    this.#log = new AgentLog({
      stderr, clock, wallClockMs,
      onFileTrouble: (detail) => { this.#setAlarm('log-file-unwritable', detail); },
    });
    this.#reporter = new EventReporter(this.#log, wallClockMs);
    this.#alarms = new AlarmRegistry(wallClockMs, (change, { name, subject, detail }) => {
      const fields = { alarm: name, subject: subject === '' ? undefined : subject, detail };
      this.#reporter.report(change === 'alarm-raised' ? 'warn' : 'info', change, fields);
    });
    this.#notices = new NoticeReporter(this.#reporter, clock);
    this.#routerAlarms = new RouterAlarms(this.#alarms);
    this.#channel = new EngineChannel(ports.transmit);
    this.#control = new ControlServer({
      status: () => this.#status(), openEvents: (follower) => this.#openEvents(follower),
    });
  }

  /** Loads the configuration and asks the engine to run it; ends when it is invalid. */
  async start(): Promise<void> {
    const loaded = this.#ports.load();
    if (!loaded.ok) {
      for (const finding of loaded.findings) this.#ports.stderr.write(`${formatFinding(finding)}\n`);
      this.#ports.transmit({ type: 'refuse-start', exitCode: EXIT_INVALID_CONFIGURATION });
      await this.#end(EXIT_INVALID_CONFIGURATION);
      return;
    }
    const { configuration } = loaded;
    this.#log.configure(configuration.log);
    const equipment = this.#equip(configuration);
    this.#reportFindings(loaded.warnings);
    await this.#recall(equipment);
    equipment.hooks.propose(configuration);
    const waiting = this.#phase.kind === 'loading' ? this.#phase.waiting : [];
    this.#enter({ kind: 'starting', proposed: configuration, equipment });
    this.#configure(configuration, equipment);
    for (const message of waiting) this.receive(message);
  }

  /** Takes a message of the engine. */
  receive(message: EngineMessage): void {
    const phase = this.#phase;
    if (phase.kind === 'ended') return;
    if (phase.kind === 'loading') {
      phase.waiting.push(message);
      return;
    }
    switch (message.type) {
      case 'configured':
        this.#onConfigured(message);
        break;
      case 'refused':
        this.#onRefused(message);
        break;
      case 'state-changed':
        this.#onStateChanged(message);
        break;
      case 'notice':
        this.#onNotice(message);
        break;
      case 'lower-priority-received':
        this.#onNotice({
          type: 'notice', level: 'info', event: 'lower-priority-received', at: message.at,
          fields: { router: message.router, source: message.source, priority: message.priority },
        });
        break;
      case 'snapshot':
        this.#channel.takeSnapshot(message);
        break;
      case 'stopping':
        void this.#stop();
        break;
      default:
        assertNever(message);
    }
  }

  /** Reads the file again. An invalid one changes nothing and is shown as an alarm. */
  reload(): void {
    const phase = this.#phase;
    if (phase.kind !== 'running') return;
    if (phase.proposed !== undefined) {
      this.#enter({ ...phase, reloadWanted: true });
      return;
    }
    const loaded = this.#ports.load();
    if (!loaded.ok) {
      this.#reportFindings(loaded.findings);
      const [first] = loaded.findings;
      const more = loaded.findings.length === 1 ? '' : ` (and ${String(loaded.findings.length - 1)} more)`;
      this.#refuseReload(first === undefined ? 'the file is invalid' : `${formatFinding(first)}${more}`);
      return;
    }
    const fixed = fixedDifference(phase.configuration, loaded.configuration);
    if (fixed !== undefined) {
      this.#refuseReload(`${fixed} cannot change while the daemon runs; restart it`);
      return;
    }
    this.#reportFindings(loaded.warnings);
    phase.equipment.hooks.propose(loaded.configuration);
    this.#enter({ ...phase, proposed: loaded.configuration, reloadWanted: false });
    this.#configure(loaded.configuration, phase.equipment);
    if (!this.#control.isListening()) void this.#openControl(phase.configuration);
  }

  /** The engine is gone. Nothing is run any more: what must still be done for a dead engine belongs here. */
  async engineLost(): Promise<void> {
    const phase = this.#phase;
    if (phase.kind === 'ended') return;
    this.#reporter.report('error', 'engine-lost');
    if (phase.kind === 'starting' || phase.kind === 'running') {
      phase.equipment.hooks.release();
      await withinMs(phase.equipment.journal.flushed(), LAST_WRITES_TIMEOUT_MS);
    }
    await this.#end(1);
  }

  // --- what the engine says ---

  #onConfigured({ generation, driver, scheduling }: Extract<EngineMessage, { type: 'configured' }>): void {
    const phase = this.#phase;
    if (phase.kind !== 'starting' && phase.kind !== 'running') return;
    const { proposed, equipment } = phase;
    if (proposed === undefined || generation !== equipment.memory.generation + 1) return;
    equipment.hooks.accept();
    equipment.memory.noteGeneration(generation);
    this.#alarms.clear('configuration-refused');
    const wasStarting = phase.kind === 'starting';
    const reloadWanted = phase.kind === 'running' && phase.reloadWanted;
    this.#enter({ kind: 'running', configuration: proposed, equipment, proposed: undefined, reloadWanted: false });
    if (wasStarting) {
      const { version } = this.#ports;
      this.#reporter.report('info', 'agent-started', { version, node: proposed.node, generation, driver, scheduling });
      void this.#openControl(proposed);
      void this.#reconcile(equipment);
    } else {
      this.#log.configure(proposed.log);
      this.#reporter.report('info', 'configuration-applied', { generation });
    }
    if (reloadWanted) this.reload();
  }

  #onRefused({ code, message, exitCode }: Extract<EngineMessage, { type: 'refused' }>): void {
    const phase = this.#phase;
    if (phase.kind === 'starting') {
      this.#ports.stderr.write(`baton: ${message} (${code})\n`);
      void this.#end(exitCode);
      return;
    }
    if (phase.kind !== 'running') return;
    phase.equipment.hooks.refuse();
    this.#enter({ ...phase, proposed: undefined, reloadWanted: false });
    this.#refuseReload(`${message} (${code})`);
    if (phase.reloadWanted) this.reload();
  }

  #onStateChanged({ router, change, steps, at }: Extract<EngineMessage, { type: 'state-changed' }>): void {
    const level = change.to === 'fault' ? 'error' : 'info';
    this.#reporter.report(level, 'state-changed', transitionFields(router, change, steps), { atMs: at });
    const phase = this.#phase;
    if (phase.kind !== 'starting' && phase.kind !== 'running') return;
    const { equipment } = phase;
    this.#routerAlarms.noteState(router, change.to, change.faults, equipment.hooks.parametersOf(router));
    equipment.hooks.stateChanged(router, change, at);
    equipment.memory.noteEpoch(router, change.epoch);
  }

  #onNotice(notice: Notice): void {
    this.#notices.take(notice);
    this.#routerAlarms.noteNotice(notice);
  }

  async #stop(): Promise<void> {
    const phase = this.#phase;
    if (phase.kind === 'stopping' || phase.kind === 'ended') return;
    this.#enter({ kind: 'stopping' });
    if (phase.kind === 'starting' || phase.kind === 'running') {
      const { hooks, journal, memory } = phase.equipment;
      hooks.stopAll();
      await hooks.finish(STOP_HOOKS_TIMEOUT_MS);
      this.#reporter.report('info', 'agent-stopped');
      await withinMs(Promise.all([journal.close(), memory.settled()]), LAST_WRITES_TIMEOUT_MS);
    }
    await this.#closeDown();
    // The engine ends this process when it hears this: it is the last word.
    this.#ports.transmit({ type: 'stopped' });
    this.#ports.end(0);
  }

  // --- how it is done ---

  #configure({ runtimeDirectory, routers, observe }: Configuration, { memory }: Equipment): void {
    this.#channel.send({
      type: 'configure', generation: memory.generation + 1, runtimeDirectory, observe,
      routers: routers.map((parameters) => ({ parameters, epochFloor: memory.epochOf(parameters.name) })),
    });
  }

  #equip(configuration: Configuration): Equipment {
    const { stateDirectory } = configuration;
    const journal = new Journal(stateDirectory, {
      unwritable: (detail) => { this.#setAlarm('journal-unwritable', detail); },
      writable: () => { this.#setAlarm('journal-unwritable', undefined); },
    });
    this.#reporter.keepIn(journal);
    const stateFile = new StateFile(stateDirectory, {
      unwritable: (detail) => { this.#setAlarm('state-unwritable', detail); },
      writable: () => { this.#setAlarm('state-unwritable', undefined); },
    });
    const memory = new AgentMemory(stateFile, this.#ports.engineLife);
    const hooks = new HookDelivery({
      startCommand: this.#ports.startCommand, reporter: this.#reporter, wallClockMs: this.#ports.wallClockMs,
      onDelivered: (router, delivered) => { memory.noteDelivered(router, delivered); },
    });
    return { journal, memory, hooks };
  }

  async #recall({ memory, hooks }: Equipment): Promise<void> {
    const result = await memory.recall();
    hooks.restore(memory.delivered);
    if (result.outcome !== 'broken') return;
    this.#reporter.report('warn', 'state-file-broken', { detail: result.detail, moved_to: result.movedTo });
  }

  async #reconcile({ hooks }: Equipment): Promise<void> {
    try {
      const { routers } = await this.#channel.snapshot();
      for (const { name, state, faults } of routers) {
        this.#routerAlarms.noteState(name, state, faults, hooks.parametersOf(name));
      }
      hooks.reconcile(routers);
    } catch (error) {
      this.#reporter.report('warn', 'reconcile-skipped', { detail: describeError(error) });
    }
  }

  async #openControl({ runtimeDirectory }: Configuration): Promise<void> {
    try {
      await this.#control.listen(runtimeDirectory);
      this.#alarms.clear('control-socket-unavailable');
    } catch (error) {
      this.#alarms.raise('control-socket-unavailable', describeError(error));
    }
  }

  async #status(): Promise<StatusReport> {
    const { routers, engine } = await this.#channel.snapshot();
    const { node, peers } = this.#phase.kind === 'running' ? this.#phase.configuration : { node: '', peers: [] };
    const { version, wallClockMs } = this.#ports;
    return buildStatus({ node, version, peers, routers, engine, alarms: this.#alarms.list(), nowMs: wallClockMs() });
  }

  #openEvents(follower?: (event: JournalEvent) => void): Promise<JournalView> {
    if (this.#phase.kind !== 'running') {
      return Promise.resolve({ events: noEvents, close: () => Promise.resolve() });
    }
    return this.#phase.equipment.journal.open(follower);
  }

  #refuseReload(detail: string): void {
    this.#reporter.report('error', 'configuration-refused', { detail });
    this.#alarms.raise('configuration-refused', detail);
  }

  #reportFindings(findings: readonly Finding[]): void {
    for (const finding of findings) {
      const { severity, code, file, line, column, key, message } = finding;
      const level = severity === 'error' ? 'error' : 'warn';
      const at = `${file}:${String(line)}:${String(column)}`;
      this.#reporter.report(level, 'configuration-finding', { at, key, code, message });
    }
  }

  #setAlarm(name: 'journal-unwritable' | 'state-unwritable' | 'log-file-unwritable', detail: string | undefined): void {
    if (detail === undefined) this.#alarms.clear(name);
    else this.#alarms.raise(name, detail);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
  }

  async #closeDown(): Promise<void> {
    this.#enter({ kind: 'ended' });
    this.#notices.close();
    this.#routerAlarms.close();
    await this.#control.close();
    await this.#log.flush(LAST_WRITES_TIMEOUT_MS);
  }

  async #end(exitCode: number): Promise<void> {
    await this.#closeDown();
    this.#ports.end(exitCode);
  }
}

/** The first key that must not change in a reload and did. */
function fixedDifference(before: Configuration, after: Configuration): string | undefined {
  if (before.stateDirectory !== after.stateDirectory) return 'state_directory';
  return before.runtimeDirectory === after.runtimeDirectory ? undefined : 'runtime_directory';
}

/** Waits for `work`, but not for ever. */
async function withinMs(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => { timer = setTimeout(resolve, timeoutMs); })]);
  clearTimeout(timer);
}

async function* noEvents(): AsyncGenerator<JournalEvent> {
  // The socket is open only while the agent runs: nothing can be asked earlier or later.
}

// The life of the agent: configuration to the engine, what the engine says to log, journal, hooks and status, and an
// orderly end. Decides the order of these; elections and addresses are the engine's, and go on without this process.
//
// An agent that is started again while its engine runs goes on with what that engine accepted when the file is invalid.
//
//   starting ── configured ─> running ── stopping ─> ended
//      └─ refused ─> ended       └─ engine lost ─> ended

import { assertNever, describeError, EXIT } from '@baton/base';
import { formatFinding, type Configuration } from '@baton/config';
import type { EngineMessage, RouterAuthentication } from '@baton/engine/messages';
import { keepAccepted, readAccepted } from './accepted-configuration.js';
import type { AlarmWatch } from './alarm-watch.js';
import { Answers, type RunningAgent } from './answers.js';
import type { ReloadMode } from './control/connection.js';
import type { RefusedConfiguration, ReloadReport } from './control/messages.js';
import { ControlPresence } from './control/presence.js';
import { ControlServer } from './control/server.js';
import { equip, type Equipment } from './equipment.js';
import { EngineChannel } from './engine-channel.js';
import { EngineWatch } from './engine-watch.js';
import { reportFindings, type EventReporter } from './events.js';
import { LastWills } from './last-wills.js';
import type { AgentLog } from './log.js';
import { PeerPresence } from './peers/presence.js';
import type { Phase } from './phase.js';
import type { AgentPorts } from './ports.js';
import { outlookOf, planOnly, ReloadRequests } from './reload-requests.js';
import { RouterNews } from './router-news.js';
import { fixedDifference, planStart, summarize } from './start-plan.js';
import { createVoice } from './voice.js';
import { withinMs } from './within.js';

/** How long the stop hooks of all routers may take together, ms. */
export const STOP_HOOKS_TIMEOUT_MS = 10_000;
/** How long handing over may hold up the end, ms: less than the engine waits. */
const LEAVING_TIMEOUT_MS = 2_500;
/** How long a disk or a reader of the log may hold up the end, ms. */
const LAST_WRITES_TIMEOUT_MS = 500;
/** Messages of the engine kept while the agent loads; the oldest are lost first, and counted. */
export const MAX_WAITING_MESSAGES = 1000;

/** One agent of one engine. */
export class Agent {
  readonly #ports: AgentPorts;
  readonly #log: AgentLog;
  readonly #reporter: EventReporter;
  readonly #alarms: AlarmWatch;
  readonly #channel: EngineChannel;
  readonly #control: ControlPresence;
  readonly #news: RouterNews;
  readonly #wills: LastWills;
  readonly #watch: EngineWatch;
  readonly #peers: PeerPresence;
  #phase: Phase = { kind: 'loading', waiting: [], reloadWanted: false };
  #missedMessages = 0;
  readonly #reloads = new ReloadRequests();
  #refused: RefusedConfiguration | null = null;

  constructor(ports: AgentPorts) {
    this.#ports = ports;
    const { clock, wallClockMs } = ports;
    this.#channel = new EngineChannel(ports.transmit);
    const { log, reporter, alarms } = createVoice(ports, this.#channel);
    this.#log = log;
    this.#reporter = reporter;
    this.#alarms = alarms;
    this.#news = new RouterNews({ reporter: this.#reporter, alarms: this.#alarms, clock });
    this.#wills = new LastWills(ports, this.#reporter, (notice) => { this.#news.noteNotice(notice); }, (routers) => {
      const epochOf = (router: string): number => this.#equipment()?.memory.epochOf(router) ?? 0;
      for (const router of routers) void this.#peers.handOvers.pass(router, epochOf(router));
    });
    this.#watch = new EngineWatch({
      clock, workOf: ports.engineWork, ask: () => { this.#channel.send({ type: 'heartbeat' }); },
      frozen: (patienceMs) => { this.#killFrozen(patienceMs); },
    });
    this.#peers = new PeerPresence({
      engine: this.#channel, reporter: this.#reporter, alarms: this.#alarms, clock, version: ports.version,
    });
    const answers = new Answers({
      channel: this.#channel, alarms: this.#alarms, news: this.#news, peers: this.#peers, version: ports.version,
      wallClockMs, running: () => this.#running(), refused: () => this.#refused,
      reload: (mode) => this.#answerReload(mode),
    });
    this.#control = new ControlPresence(new ControlServer(answers), {
      away: (detail) => { this.#alarms.set('control-socket-unavailable', detail); },
      present: () => { this.#alarms.set('control-socket-unavailable', undefined); },
    });
  }

  /** Loads the configuration and asks the engine to run it; ends when it is invalid. */
  async start(): Promise<void> {
    const { resumeFrom, version } = this.#ports;
    const accepted = resumeFrom === undefined ? undefined : readAccepted(resumeFrom, version);
    const plan = planStart(this.#ports.load(), accepted);
    if (!plan.ok) {
      for (const finding of plan.findings) this.#ports.stderr.write(`${formatFinding(finding)}\n`);
      this.#ports.transmit({ type: 'refuse-start', exitCode: EXIT.invalidConfiguration });
      await this.#end(EXIT.invalidConfiguration);
      return;
    }
    const { configuration, findings, refused, fallback } = plan;
    this.#log.configure(configuration.log);
    const equipment = equip(configuration, {
      ...this.#ports, reporter: this.#reporter, setAlarm: (name, detail) => { this.#alarms.set(name, detail); },
    });
    reportFindings(findings, this.#reporter);
    await this.#recall(equipment);
    equipment.hooks.propose(configuration);
    if (this.#phase.kind !== 'loading') return;
    const { waiting, reloadWanted } = this.#phase;
    if (this.#missedMessages > 0) this.#reporter.report('warn', 'messages-missed', { count: this.#missedMessages });
    this.#enter({ kind: 'starting', proposed: configuration, equipment, refused, fallback, reloadWanted });
    equipment.maintenance.restore();
    this.#configure(configuration, equipment);
    for (const message of waiting) this.receive(message);
  }

  /** Takes a message of the engine. */
  receive(message: EngineMessage): void {
    const phase = this.#phase;
    if (phase.kind === 'ended') return;
    this.#watch.heard();
    if (phase.kind === 'loading') {
      // What is missed of the routers, the first snapshot makes good.
      if (phase.waiting.push(message) <= MAX_WAITING_MESSAGES) return;
      phase.waiting.shift();
      this.#missedMessages += 1;
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
        this.#news.noteTransition(message, this.#equipment());
        this.#peers.noteChange(message);
        break;
      case 'notice':
        this.#news.noteNotice(message);
        break;
      case 'lower-priority-received':
        this.#news.noteLowerPriority(message);
        break;
      case 'take-over-answered':
        this.#peers.handOvers.noteTakeOver(message);
        break;
      case 'snapshot':
        this.#channel.takeSnapshot(message);
        break;
      case 'will':
        this.#wills.note(message);
        this.#watch.expect(this.#wills.longestIntervalMs);
        break;
      case 'heartbeat':
        break;
      case 'leaving':
        void this.#leave();
        break;
      case 'stopping':
        void this.#stop();
        break;
      default:
        assertNever(message);
    }
  }

  /** Reads the file again: now, or when the engine has answered what it was asked before. An invalid one changes
   *  nothing and is shown as an alarm. */
  reload(): void {
    const phase = this.#phase;
    if (phase.kind === 'stopping' || phase.kind === 'ended') return;
    if (phase.kind !== 'running' || phase.proposed !== undefined) {
      this.#enter({ ...phase, reloadWanted: true });
      return;
    }
    const loaded = this.#ports.load();
    this.#reloads.begin(outlookOf(loaded, phase));
    if (!loaded.ok) {
      reportFindings(loaded.findings, this.#reporter);
      this.#refuse(summarize(loaded.findings), phase.equipment, loaded.findings.map(formatFinding));
      this.#reloads.finish('invalid', null);
      return;
    }
    const fixed = fixedDifference(phase.configuration, loaded.configuration);
    if (fixed !== undefined) {
      this.#refuse(fixed, phase.equipment);
      this.#reloads.finish('refused', fixed);
      return;
    }
    reportFindings(loaded.warnings, this.#reporter);
    phase.equipment.hooks.propose(loaded.configuration);
    this.#enter({ ...phase, proposed: loaded.configuration, reloadWanted: false });
    this.#configure(loaded.configuration, phase.equipment);
  }

  /** The engine is gone. Its last will comes first; then hooks are told `stop` if that took anything off, and otherwise
   *  nothing is run any more: a daemon that was started meanwhile, or will be, tells what holds. */
  async engineLost(): Promise<void> {
    const phase = this.#phase;
    if (phase.kind === 'ended') return;
    this.#watch.close();
    const executed = this.#wills.execute((router) => this.#authenticationOf(router));
    this.#reporter.report('error', 'engine-lost');
    const tookOff = await executed;
    if (phase.kind === 'starting' || phase.kind === 'running') {
      const { hooks } = phase.equipment;
      if (tookOff) {
        this.#enter({ kind: 'stopping' });
        hooks.stopAll();
        await hooks.finish(STOP_HOOKS_TIMEOUT_MS);
      } else hooks.release();
      await withinMs(phase.equipment.journal.flushed(), LAST_WRITES_TIMEOUT_MS);
    }
    await this.#end(EXIT.failed);
  }

  // --- what the engine says ---

  #onConfigured({ generation, driver, scheduling }: Extract<EngineMessage, { type: 'configured' }>): void {
    const phase = this.#phase;
    if (phase.kind !== 'starting' && phase.kind !== 'running') return;
    const { proposed, equipment } = phase;
    if (proposed === undefined || generation !== equipment.memory.generation + 1) return;
    equipment.hooks.accept();
    this.#wills.prepare(proposed.runtimeDirectory);
    equipment.memory.noteGeneration(generation);
    this.#keepAccepted(proposed);
    const refused = phase.kind === 'starting' ? phase.refused : undefined;
    if (refused === undefined) {
      this.#alarms.set('configuration-refused', undefined);
      this.#refused = null;
    }
    const wasStarting = phase.kind === 'starting';
    const { reloadWanted } = phase;
    this.#enter({ kind: 'running', configuration: proposed, equipment, proposed: undefined, reloadWanted: false });
    if (wasStarting) {
      const { version } = this.#ports;
      this.#reporter.report('info', 'agent-started', { version, node: proposed.node, generation, driver, scheduling });
      if (refused !== undefined) this.#refuse(refused, equipment);
      void this.#control.keep(proposed.runtimeDirectory);
      this.#news.noteConfigured(proposed, equipment);
      void this.#reconcile(equipment);
    } else {
      this.#log.configure(proposed.log);
      this.#reporter.report('info', 'configuration-applied', { generation });
      this.#news.noteConfigured(proposed, equipment);
      this.#reloads.finish('applied', null);
    }
    this.#peers.noteConfigured(proposed);
    if (reloadWanted) this.reload();
  }

  #onRefused({ code, message, exitCode }: Extract<EngineMessage, { type: 'refused' }>): void {
    const phase = this.#phase;
    const detail = `${message} (${code})`;
    if (phase.kind === 'starting' && phase.fallback !== undefined) {
      const { equipment, fallback } = phase;
      equipment.hooks.refuse();
      equipment.hooks.propose(fallback);
      this.#log.configure(fallback.log);
      this.#enter({ ...phase, proposed: fallback, fallback: undefined, refused: detail });
      this.#configure(fallback, equipment);
      return;
    }
    if (phase.kind === 'starting') {
      this.#ports.stderr.write(`baton: ${detail}\n`);
      void this.#end(exitCode);
      return;
    }
    if (phase.kind !== 'running') return;
    phase.equipment.hooks.refuse();
    this.#enter({ ...phase, proposed: undefined, reloadWanted: false });
    this.#refuse(detail, phase.equipment);
    this.#reloads.finish('refused', detail);
    if (phase.reloadWanted) this.reload();
  }

  /** The engine is about to leave: who is connected and ready takes over before it does. */
  async #leave(): Promise<void> {
    if (this.#phase.kind === 'running' && this.#peers.isAnybodyThere) {
      await withinMs(this.#peers.handOvers.handOverAll({ withoutPeer: 'give-up' }), LEAVING_TIMEOUT_MS);
    }
    this.#ports.transmit({ type: 'leave' });
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
    this.#ports.end(EXIT.done);
  }

  // --- how it is done ---

  #configure({ runtimeDirectory, routers, syncGroups, observe }: Configuration, { memory }: Equipment): void {
    this.#channel.send({
      type: 'configure', generation: memory.generation + 1, runtimeDirectory, observe,
      routers: routers.map((router) => ({ ...router, epochFloor: memory.epochOf(router.name) })), syncGroups,
    });
  }

  async #recall({ memory, hooks }: Equipment): Promise<void> {
    const result = await memory.recall();
    hooks.restore();
    if (result.outcome !== 'broken') return;
    this.#reporter.report('warn', 'state-file-broken', { detail: result.detail, moved_to: result.movedTo });
  }

  async #reconcile(equipment: Equipment): Promise<void> {
    try {
      this.#news.reconcile(await this.#channel.snapshot(), equipment);
    } catch (error) {
      this.#reporter.report('warn', 'reconcile-skipped', { detail: describeError(error) });
    }
  }

  #equipment(): Equipment | undefined {
    const phase = this.#phase;
    return phase.kind === 'starting' || phase.kind === 'running' ? phase.equipment : undefined;
  }

  #running(): RunningAgent | undefined {
    const phase = this.#phase;
    if (phase.kind !== 'running') return undefined;
    const { configuration, equipment: { journal, maintenance } } = phase;
    return { configuration, journal, maintenance };
  }

  #keepAccepted(configuration: Configuration): void {
    try {
      keepAccepted(configuration, this.#ports.version);
    } catch (error) {
      this.#reporter.report('warn', 'configuration-not-kept', { detail: describeError(error) });
    }
  }

  /** So that it can never wake up and go on as the master that it was. Its end closes the channel. */
  #killFrozen(patienceMs: number): void {
    this.#ports.killEngine();
    this.#reporter.report('error', 'engine-frozen', { patience_ms: patienceMs });
  }

  #authenticationOf(router: string): RouterAuthentication | undefined {
    const phase = this.#phase;
    if (phase.kind !== 'starting' && phase.kind !== 'running') return undefined;
    const configuration = phase.kind === 'starting' ? phase.proposed : phase.configuration;
    return configuration.routers.find(({ name }) => name === router)?.authentication;
  }

  #refuse(detail: string, { memory }: Equipment, findings: readonly string[] = [detail]): void {
    const generation = memory.generation + 1;
    this.#reporter.report('error', 'configuration-refused', { generation, detail });
    this.#alarms.set('configuration-refused', detail);
    this.#refused = { generation, since: new Date(this.#ports.wallClockMs()).toISOString(), findings };
  }

  /** A reload for somebody who waits for what comes of it. The socket is open only while an agent runs. */
  #answerReload(mode: ReloadMode): Promise<ReloadReport> {
    const phase = this.#phase;
    if (mode === 'plan' && phase.kind === 'running') {
      return Promise.resolve(planOnly(this.#ports.load(), phase));
    }
    const report = this.#reloads.ask();
    this.reload();
    return report;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
  }

  async #closeDown(): Promise<void> {
    this.#enter({ kind: 'ended' });
    this.#watch.close();
    this.#wills.close();
    this.#peers.close();
    this.#alarms.close();
    await this.#control.close();
    await this.#log.flush(LAST_WRITES_TIMEOUT_MS);
  }

  async #end(exitCode: number): Promise<void> {
    await this.#closeDown();
    this.#ports.end(exitCode);
  }
}

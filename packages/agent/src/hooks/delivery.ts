// Decides which states hooks must be told: every transition of a router or sync group, the state that holds after the
// agent was restarted, and stop. Remembers for each what was told last and to which hooks, so that none is told a state
// twice in one life of the engine. Order and waiting: runner.ts.

import type { Configuration, HookConfiguration, HookEvent, RouterSettings } from '@baton/config';
import type { RouterSnapshot } from '@baton/engine/messages';
import type { StateChange, StateName } from '@baton/vrrp';
import type { EventReporter } from '../events.js';
import type { GroupChange, GroupState } from '../sync-groups.js';
import type { CommandResult, StartCommand } from './command.js';
import { hookAddresses, hookEvent, hooksFor, type HookOccurrence } from './events.js';
import type { FindLeftover, Leftover } from './leftover.js';
import type { HookProgress, ProgressStore } from './progress.js';
import { HookRunner, type HookCounters, type JobProgress } from './runner.js';
import { groupSubject, routerSubject, subjectField, subjectKey, type HookSubject } from './subject.js';

/** What the delivery needs. */
export interface HookDeliveryOptions {
  readonly startCommand: StartCommand;
  readonly findLeftover: FindLeftover;
  readonly store: ProgressStore;
  readonly reporter: EventReporter;
  readonly wallClockMs: () => number;
}

/** One state of a router or group, in one mastership or before the next one. */
interface ToldState {
  readonly state: HookEvent;
  readonly epoch: number;
}

/** What is known of a router or group between two transitions. */
interface Known {
  /** The last state in which it took part; stop is told where it came from. */
  readonly state: StateName;
  /** Effective priority, 0 for a group; undefined when only an earlier agent knew it. */
  readonly priority: number | undefined;
  readonly epoch: number;
  /** What hooks were last told, or will be when their turn comes. */
  readonly told: ToldState | undefined;
  /** The words of the hooks that an earlier agent should have told it too. */
  readonly untold: HookProgress['remaining'];
}

/** What a state is told as, without what the configuration says of its subject. */
type News = Pick<HookOccurrence, 'state' | 'previousState' | 'reason' | 'epoch' | 'priority' | 'atMs'>;

/** The hooks of one daemon. */
export class HookDelivery {
  readonly #options: HookDeliveryOptions;
  readonly #runner: HookRunner;
  readonly #known = new Map<string, Known>();
  #current: Configuration | undefined;
  #proposed: Configuration | undefined;

  constructor(options: HookDeliveryOptions) {
    this.#options = options;
    this.#runner = new HookRunner(options.startCommand, {
      progressed: (occurrence, progress) => { this.#keep(occurrence, progress); },
      finished: (hook, occurrence, result) => { this.#reportFinished(hook, occurrence, result); },
      superseded: (occurrence, by) => {
        this.#reportNotRun('hook-superseded', occurrence, { superseded_by: by.state });
      },
      abandoned: (occurrence) => { this.#reportNotRun('hook-abandoned', occurrence, {}); },
    });
  }

  get counters(): Readonly<HookCounters> {
    return this.#runner.counters;
  }

  /** Takes over from an earlier agent: what it told hooks in this life of the engine, and what it left running. */
  restore(): void {
    for (const { progress, ofThisLife } of this.#options.store.recall()) {
      const { subject, state, epoch, remaining, running } = progress;
      const leftover = running && this.#options.findLeftover(running);
      if (leftover !== undefined) this.#adopt(progress, leftover);
      else if (!ofThisLife) this.#options.store.forget(subject);
      if (!ofThisLife || state === 'stop') continue;
      const told = { state, epoch };
      this.#known.set(subjectKey(subject), { state, priority: undefined, epoch, told, untold: remaining });
    }
  }

  /** The engine has been asked for this configuration: transitions from now on may already belong to it. */
  propose(configuration: Configuration): void {
    this.#proposed = configuration;
  }

  /** The engine runs the proposed configuration. Routers and groups that are not in it any more have stopped. */
  accept(): void {
    const before = this.#current;
    const proposed = this.#proposed;
    if (proposed === undefined) return;
    const kept = new Set(subjectsOf(proposed).map(subjectKey));
    for (const subject of before === undefined ? [] : subjectsOf(before)) {
      if (kept.has(subjectKey(subject))) continue;
      this.#stop(subject);
      this.#known.delete(subjectKey(subject));
    }
    this.#current = proposed;
    this.#proposed = undefined;
  }

  /** The engine goes on with the configuration before. */
  refuse(): void {
    this.#proposed = undefined;
  }

  /** How a router is configured, by the configuration it runs under or is about to. */
  settingsOf(router: string): RouterSettings | undefined {
    return this.#configurationOf(routerSubject(router))?.routers.find(({ name }) => name === router);
  }

  /** A router changed its state. */
  stateChanged(router: string, { from, to, reason, epoch, priority }: StateChange, atMs: number): void {
    this.#changed(routerSubject(router), { from, to, reason, epoch, priority, atMs });
  }

  /** A sync group changed its state: to be told after what its members did. */
  groupChanged({ group, from, state, reason, epoch, atMs }: GroupChange): void {
    this.#changed(groupSubject(group), { from, to: state, reason, epoch, priority: 0, atMs });
  }

  /** Tells what holds now where it differs from what was told last: transitions may have been missed. */
  reconcile(routers: readonly RouterSnapshot[], groups: readonly GroupState[]): void {
    for (const { name, state, epoch, priority: { effective: priority }, reason, sinceMs: atMs } of routers) {
      this.#reconcile(routerSubject(name), { state, epoch, priority, reason, atMs });
    }
    for (const { group, state, epoch, reason, atMs } of groups) {
      this.#reconcile(groupSubject(group), { state, epoch, priority: 0, reason, atMs });
    }
  }

  /** Tells every hook that the daemon stops: of the routers first, then of the groups. */
  stopAll(): void {
    for (const subject of this.#current === undefined ? [] : subjectsOf(this.#current)) this.#stop(subject);
  }

  /** Resolves when every hook has ended, or after `timeoutMs`, when what still runs is killed. */
  async finish(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => { this.#runner.close(); }, timeoutMs);
    await this.#runner.idle();
    clearTimeout(timer);
  }

  /** Starts nothing more; what runs is left to itself. */
  release(): void {
    this.#runner.release();
  }

  #changed(
    subject: HookSubject,
    change: Omit<News, 'state' | 'previousState'> & { readonly from: StateName; readonly to: StateName },
  ): void {
    const { from, to, ...news } = change;
    const { told, untold = [] } = this.#known.get(subjectKey(subject)) ?? {};
    const { priority, epoch } = news;
    const takesPart = to === 'initialize' ? from : to;
    this.#known.set(subjectKey(subject), { state: takesPart, priority, epoch, told, untold });
    const state = hookEvent(to);
    if (state !== undefined) this.#tell(subject, { ...news, state, previousState: from });
  }

  #reconcile(
    subject: HookSubject, holds: Omit<News, 'state' | 'previousState'> & { readonly state: StateName },
  ): void {
    const { state: stateName, ...news } = holds;
    const state = hookEvent(stateName);
    if (state === undefined) return;
    const { priority, epoch } = news;
    const before = this.#known.get(subjectKey(subject));
    const { state: previousState = 'initialize', told, untold = [] } = before ?? {};
    this.#known.set(subjectKey(subject), { state, priority, epoch, told, untold });
    const isTold = told?.state === state && told.epoch === epoch;
    if (isTold && untold.length === 0) return;
    this.#tell(subject, { ...news, state, previousState }, isTold ? (hooks) => pickHooks(hooks, untold) : undefined);
  }

  #stop(subject: HookSubject): void {
    const before = this.#known.get(subjectKey(subject));
    const configured = subject.kind === 'router' ? this.settingsOf(subject.name)?.families[0].priority : undefined;
    this.#tell(subject, {
      state: 'stop', previousState: before?.state ?? 'initialize', reason: 'shutdown', epoch: before?.epoch ?? 0,
      priority: before?.priority ?? configured ?? 0, atMs: this.#options.wallClockMs(),
    });
  }

  /** @param pick of the hooks that want it, those that are told; all when absent */
  #tell(
    subject: HookSubject, news: News,
    pick = (hooks: readonly HookConfiguration[]): readonly HookConfiguration[] => hooks,
  ): void {
    const configuration = this.#configurationOf(subject);
    if (configuration === undefined) return;
    const { state, epoch } = news;
    const before = this.#known.get(subjectKey(subject));
    if (before !== undefined) {
      this.#known.set(subjectKey(subject), { ...before, told: { state, epoch }, untold: [] });
    }
    const members = configuration.syncGroups.find(({ name }) => name === subject.name)?.routers ?? [];
    const names = subject.kind === 'router' ? [subject.name] : members;
    const routers = configuration.routers.filter(({ name }) => names.includes(name));
    this.#runner.enqueue({
      hooks: pick(hooksFor(configuration.hooks, state, subject)),
      occurrence: {
        subject, members: subject.kind === 'router' ? [] : members, node: configuration.node,
        addresses: hookAddresses(routers), ...news,
      },
    });
  }

  #keep({ subject, state, epoch }: HookOccurrence, { remaining, running }: JobProgress): void {
    this.#options.store.keep({ subject, state, epoch, remaining: remaining.map(({ run }) => run), running });
  }

  #adopt({ subject, state, epoch, running }: HookProgress, leftover: Leftover): void {
    const { reporter } = this.#options;
    const fields = { ...subjectField(subject), state, epoch, pid: running?.pid };
    reporter.report('info', 'hook-adopted', fields);
    this.#runner.adopt(subject, leftover);
    void leftover.ended.then((outcome) => {
      reporter.report(outcome === 'ended' ? 'info' : 'error', 'adopted-hook-finished', { ...fields, outcome });
    });
  }

  #configurationOf(subject: HookSubject): Configuration | undefined {
    const key = subjectKey(subject);
    const candidates = [this.#proposed, this.#current];
    return candidates.find((configuration) =>
      configuration !== undefined && subjectsOf(configuration).some((known) => subjectKey(known) === key));
  }

  #reportFinished(hook: HookConfiguration, occurrence: HookOccurrence, result: CommandResult): void {
    const failed = result.outcome !== 'exited' || result.exitCode !== 0;
    this.#options.reporter.report(failed ? 'error' : 'info', 'hook-finished', {
      ...subjectField(occurrence.subject), state: occurrence.state, epoch: occurrence.epoch, run: hook.run[0],
      outcome: result.outcome, exit_code: result.exitCode ?? undefined, signal: result.signal ?? undefined,
      duration_ms: Math.round(result.durationMs), message: result.message,
    }, { evidence: { arguments: hook.run.slice(1), output: result.output, dropped_bytes: result.droppedBytes } });
  }

  #reportNotRun(event: string, occurrence: HookOccurrence, fields: { readonly superseded_by?: HookEvent }): void {
    // A state without hooks never waits for long enough to be worth a line.
    const { subject, state, epoch } = occurrence;
    this.#options.reporter.report('info', event, { ...subjectField(subject), state, epoch, ...fields });
  }
}

/** Routers first, then groups, both in the order of the file. */
function subjectsOf({ routers, syncGroups }: Configuration): readonly HookSubject[] {
  return [...routers.map(({ name }) => routerSubject(name)), ...syncGroups.map(groupSubject)];
}

/** The hooks with these words, as often as the words come. */
function pickHooks(
  hooks: readonly HookConfiguration[], wanted: HookProgress['remaining'],
): readonly HookConfiguration[] {
  const left = wanted.map((words) => JSON.stringify(words));
  return hooks.filter(({ run }) => {
    const index = left.indexOf(JSON.stringify(run));
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  });
}

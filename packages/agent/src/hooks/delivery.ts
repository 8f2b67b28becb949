// Decides which states hooks must be told: every transition of a router, the state that holds after the agent was
// restarted, and stop. Remembers per router what was told last and to which hooks, so that none is told a state twice
// in one life of the engine. Order and waiting: runner.ts.

import type { Configuration, HookConfiguration, HookEvent, RouterSettings } from '@baton/config';
import type { RouterSnapshot } from '@baton/engine/messages';
import type { StateChange, StateName } from '@baton/vrrp';
import type { EventReporter } from '../events.js';
import type { CommandResult, StartCommand } from './command.js';
import { hookAddresses, hookEvent, hooksFor, type HookOccurrence } from './events.js';
import type { FindLeftover, Leftover } from './leftover.js';
import type { HookProgress, ProgressStore } from './progress.js';
import { HookRunner, type HookCounters, type JobProgress } from './runner.js';

/** What the delivery needs. */
export interface HookDeliveryOptions {
  readonly startCommand: StartCommand;
  readonly findLeftover: FindLeftover;
  readonly store: ProgressStore;
  readonly reporter: EventReporter;
  readonly wallClockMs: () => number;
}

/** One state of a router, in one mastership or before the next one. */
interface ToldState {
  readonly state: HookEvent;
  readonly epoch: number;
}

/** What is known of a router between two transitions. */
interface Known {
  /** The last state in which the router took part; stop is told where it came from. */
  readonly state: StateName;
  /** Effective priority; undefined when only an earlier agent knew it. */
  readonly priority: number | undefined;
  readonly epoch: number;
  /** What hooks were last told, or will be when their turn comes. */
  readonly told: ToldState | undefined;
  /** The words of the hooks that an earlier agent should have told it too. */
  readonly untold: HookProgress['remaining'];
}

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
      const { router, state, epoch, remaining, running } = progress;
      const leftover = running && this.#options.findLeftover(running);
      if (leftover !== undefined) this.#adopt(progress, leftover);
      else if (!ofThisLife) this.#options.store.forget(router);
      if (!ofThisLife || state === 'stop') continue;
      this.#known.set(router, { state, priority: undefined, epoch, told: { state, epoch }, untold: remaining });
    }
  }

  /** The engine has been asked for this configuration: transitions from now on may already belong to it. */
  propose(configuration: Configuration): void {
    this.#proposed = configuration;
  }

  /** The engine runs the proposed configuration. Routers that are not in it any more have stopped. */
  accept(): void {
    const before = this.#current;
    const proposed = this.#proposed;
    if (proposed === undefined) return;
    const kept = new Set(proposed.routers.map(({ name }) => name));
    for (const router of before?.routers ?? []) {
      if (kept.has(router.name)) continue;
      this.#stop(router);
      this.#known.delete(router.name);
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
    return this.#configurationOf(router)?.routers.find(({ name }) => name === router);
  }

  /** A router changed its state. */
  stateChanged(router: string, change: StateChange, atMs: number): void {
    const { from, to, reason, epoch, priority } = change;
    const { told, untold = [] } = this.#known.get(router) ?? {};
    this.#known.set(router, { state: to === 'initialize' ? from : to, priority, epoch, told, untold });
    const state = hookEvent(to);
    if (state === undefined) return;
    this.#tell(router, { state, previousState: from, reason, epoch, priority, atMs });
  }

  /** Tells what holds now where it differs from what was told last: transitions may have been missed. */
  reconcile(routers: readonly RouterSnapshot[]): void {
    for (const { name, state: stateName, epoch, priority: { effective: priority }, reason, sinceMs } of routers) {
      const state = hookEvent(stateName);
      if (state === undefined) continue;
      const { state: previousState = 'initialize', told, untold = [] } = this.#known.get(name) ?? {};
      this.#known.set(name, { state, priority, epoch, told, untold });
      const isTold = told?.state === state && told.epoch === epoch;
      if (isTold && untold.length === 0) continue;
      const news = { state, previousState, reason, epoch, priority, atMs: sinceMs };
      this.#tell(name, news, isTold ? (hooks) => pickHooks(hooks, untold) : undefined);
    }
  }

  /** Tells every router's hooks that the daemon stops. */
  stopAll(): void {
    for (const router of this.#current?.routers ?? []) this.#stop(router);
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

  #stop({ name, families: [{ priority }] }: RouterSettings): void {
    const before = this.#known.get(name);
    this.#tell(name, {
      state: 'stop', previousState: before?.state ?? 'initialize', reason: 'shutdown', epoch: before?.epoch ?? 0,
      priority: before?.priority ?? priority, atMs: this.#options.wallClockMs(),
    });
  }

  /** @param pick of the hooks that want it, those that are told; all when absent */
  #tell(
    router: string, told: Omit<HookOccurrence, 'router' | 'node' | 'addresses'>,
    pick = (hooks: readonly HookConfiguration[]): readonly HookConfiguration[] => hooks,
  ): void {
    const configuration = this.#configurationOf(router);
    const settings = this.settingsOf(router);
    if (configuration === undefined || settings === undefined) return;
    const before = this.#known.get(router);
    const { state, epoch } = told;
    if (before !== undefined) this.#known.set(router, { ...before, told: { state, epoch }, untold: [] });
    this.#runner.enqueue({
      hooks: pick(hooksFor(configuration.hooks, state, router)),
      occurrence: { router, node: configuration.node, addresses: hookAddresses(settings), ...told },
    });
  }

  #keep({ router, state, epoch }: HookOccurrence, { remaining, running }: JobProgress): void {
    this.#options.store.keep({ router, state, epoch, remaining: remaining.map(({ run }) => run), running });
  }

  #adopt({ router, state, epoch, running }: HookProgress, leftover: Leftover): void {
    const { reporter } = this.#options;
    const fields = { router, state, epoch, pid: running?.pid };
    reporter.report('info', 'hook-adopted', fields);
    this.#runner.adopt(router, leftover);
    void leftover.ended.then((outcome) => {
      reporter.report(outcome === 'ended' ? 'info' : 'error', 'adopted-hook-finished', { ...fields, outcome });
    });
  }

  #configurationOf(router: string): Configuration | undefined {
    const candidates = [this.#proposed, this.#current];
    return candidates.find((configuration) => configuration?.routers.some(({ name }) => name === router));
  }

  #reportFinished(hook: HookConfiguration, occurrence: HookOccurrence, result: CommandResult): void {
    const failed = result.outcome !== 'exited' || result.exitCode !== 0;
    this.#options.reporter.report(failed ? 'error' : 'info', 'hook-finished', {
      router: occurrence.router, state: occurrence.state, epoch: occurrence.epoch, run: hook.run[0],
      outcome: result.outcome, exit_code: result.exitCode ?? undefined, signal: result.signal ?? undefined,
      duration_ms: Math.round(result.durationMs), message: result.message,
    }, { evidence: { arguments: hook.run.slice(1), output: result.output, dropped_bytes: result.droppedBytes } });
  }

  #reportNotRun(event: string, occurrence: HookOccurrence, fields: { readonly superseded_by?: HookEvent }): void {
    // A state without hooks never waits for long enough to be worth a line.
    const { router, state, epoch } = occurrence;
    this.#options.reporter.report('info', event, { router, state, epoch, ...fields });
  }
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

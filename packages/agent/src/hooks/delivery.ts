// Decides which states hooks must be told: every transition of a router, the state that holds after the agent was
// restarted, and stop. Remembers per router what was told last, so that no state is told twice in one life of the
// engine. Order and waiting: runner.ts.

import type { Configuration, HookConfiguration, HookEvent } from '@baton/config';
import type { RouterSnapshot } from '@baton/engine/messages';
import type { StateChange, StateName, VirtualRouterParameters } from '@baton/vrrp';
import type { EventReporter } from '../events.js';
import type { DeliveredState } from '../state-file.js';
import type { CommandResult, StartCommand } from './command.js';
import { hookAddresses, hookEvent, hooksFor, type HookOccurrence } from './events.js';
import { HookRunner, type HookCounters } from './runner.js';

/** What the delivery needs. */
export interface HookDeliveryOptions {
  readonly startCommand: StartCommand;
  readonly reporter: EventReporter;
  readonly wallClockMs: () => number;
  /** The hooks of this state have been started: from now on it needs no telling. */
  readonly onDelivered: (router: string, delivered: DeliveredState) => void;
}

/** What is known of a router between two transitions. */
interface Known {
  /** The last state in which the router took part; stop is told where it came from. */
  readonly state: StateName;
  /** Effective priority; undefined when only an earlier agent knew it. */
  readonly priority: number | undefined;
  readonly epoch: number;
  /** What hooks were last told, or will be when their turn comes. */
  readonly told: DeliveredState | undefined;
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
      delivered: ({ router, state, epoch }) => { options.onDelivered(router, { state, epoch }); },
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

  /** What an earlier agent delivered in this life of the engine. */
  restore(delivered: Readonly<Record<string, DeliveredState>>): void {
    for (const [router, told] of Object.entries(delivered)) {
      if (told.state === 'stop') continue;
      this.#known.set(router, { state: told.state, priority: undefined, epoch: told.epoch, told });
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
    const kept = new Set(proposed.routers.map((parameters) => parameters.name));
    for (const parameters of before?.routers ?? []) {
      if (kept.has(parameters.name)) continue;
      this.#stop(parameters);
      this.#known.delete(parameters.name);
    }
    this.#current = proposed;
    this.#proposed = undefined;
  }

  /** The engine goes on with the configuration before. */
  refuse(): void {
    this.#proposed = undefined;
  }

  /** How a router is configured, by the configuration it runs under or is about to. */
  parametersOf(router: string): VirtualRouterParameters | undefined {
    return this.#configurationOf(router)?.routers.find(({ name }) => name === router);
  }

  /** A router changed its state. */
  stateChanged(router: string, change: StateChange, atMs: number): void {
    const { from, to, reason, epoch, priority } = change;
    const told = this.#known.get(router)?.told;
    this.#known.set(router, { state: to === 'initialize' ? from : to, priority, epoch, told });
    const state = hookEvent(to);
    if (state === undefined) return;
    this.#tell(router, { state, previousState: from, reason, epoch, priority, atMs });
  }

  /** Tells what holds now where it differs from what was told last: transitions may have been missed. */
  reconcile(routers: readonly RouterSnapshot[]): void {
    for (const router of routers) {
      const state = hookEvent(router.state);
      const before = this.#known.get(router.name);
      if (state === undefined) continue;
      const epoch = router.epoch;
      const isTold = before?.told?.state === state && before.told.epoch === epoch;
      const priority = router.priority.effective;
      this.#known.set(router.name, { state, priority, epoch, told: before?.told });
      if (isTold) continue;
      const previousState = before?.state ?? 'initialize';
      this.#tell(router.name, { state, previousState, reason: router.reason, epoch, priority, atMs: router.sinceMs });
    }
  }

  /** Tells every router's hooks that the daemon stops. */
  stopAll(): void {
    for (const parameters of this.#current?.routers ?? []) this.#stop(parameters);
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

  #stop(parameters: VirtualRouterParameters): void {
    const before = this.#known.get(parameters.name);
    this.#tell(parameters.name, {
      state: 'stop', previousState: before?.state ?? 'initialize', reason: 'shutdown', epoch: before?.epoch ?? 0,
      priority: before?.priority ?? parameters.priority, atMs: this.#options.wallClockMs(),
    });
  }

  #tell(router: string, told: Omit<HookOccurrence, 'router' | 'node' | 'addresses'>): void {
    const configuration = this.#configurationOf(router);
    const parameters = this.parametersOf(router);
    if (configuration === undefined || parameters === undefined) return;
    const before = this.#known.get(router);
    if (before !== undefined) this.#known.set(router, { ...before, told: { state: told.state, epoch: told.epoch } });
    this.#runner.enqueue({
      hooks: hooksFor(configuration.hooks, told.state, router),
      occurrence: { router, node: configuration.node, addresses: hookAddresses(parameters), ...told },
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

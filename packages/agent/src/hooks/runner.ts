// Decides when hooks run: one at a time per router, in file order for one state, and the newest state wins over those
// that still wait. Starts them through a port; what a hook is told comes from events.ts.
//   enqueue(master) ─> running ──────────── finished ─> running (backup)
//   enqueue(fault)  ─> waiting ┐
//   enqueue(backup) ─> waiting ┴ superseded: fault is never run

import type { HookConfiguration } from '@baton/config';
import type { CommandResult, RunningCommand, StartCommand } from './command.js';
import { hookArguments, hookEnvironment, hookInput, type HookOccurrence } from './events.js';

/** A state to deliver and the hooks that want it, in order. May be empty: then it is delivered at once. */
export interface HookJob {
  readonly occurrence: HookOccurrence;
  readonly hooks: readonly HookConfiguration[];
}

/** What the runner reports. Called synchronously; must not throw. */
export interface HookListener {
  /** The last hook of the job has been started (or it had none): the state counts as delivered. */
  delivered(occurrence: HookOccurrence): void;
  finished(hook: HookConfiguration, occurrence: HookOccurrence, result: CommandResult): void;
  /** A newer state came before this one had its turn. */
  superseded(occurrence: HookOccurrence, by: HookOccurrence): void;
  /** The wait for the end was over before this one ran. */
  abandoned(occurrence: HookOccurrence): void;
}

/** What the runner has done since start. */
export interface HookCounters {
  started: number;
  superseded: number;
  /** Jobs that waited because MAX_CONCURRENT_HOOKS others ran. */
  deferred: number;
}

/** Hook processes at once, over all routers. */
export const MAX_CONCURRENT_HOOKS = 64;

interface Queue {
  running: HookOccurrence | undefined;
  waiting: HookJob | undefined;
}

/** The queues of all routers. */
export class HookRunner {
  readonly counters: HookCounters = { started: 0, superseded: 0, deferred: 0 };
  readonly #queues = new Map<string, Queue>();
  readonly #commands = new Set<RunningCommand>();
  readonly #idleWaiters: (() => void)[] = [];
  readonly #start: StartCommand;
  readonly #listener: HookListener;
  #runningCount = 0;
  #isClosed = false;

  constructor(start: StartCommand, listener: HookListener) {
    this.#start = start;
    this.#listener = listener;
  }

  /** Delivers a state: now, or when the hooks of the state before have ended. */
  enqueue(job: HookJob): void {
    if (this.#isClosed) {
      this.#listener.abandoned(job.occurrence);
      return;
    }
    const queue = this.#queueOf(job.occurrence.router);
    if (queue.waiting !== undefined) this.#supersede(queue.waiting.occurrence, job.occurrence);
    queue.waiting = undefined;
    if (queue.running !== undefined && isSame(queue.running, job.occurrence)) {
      // The world came back to what the running hook is being told.
      this.#supersede(job.occurrence, queue.running);
      return;
    }
    queue.waiting = job;
    if (queue.running === undefined && this.#runningCount >= MAX_CONCURRENT_HOOKS) this.counters.deferred += 1;
    this.#next();
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => { this.#idleWaiters.push(resolve); });
  }

  /** Forgets what waits and takes nothing more. What runs is left to itself. */
  release(): void {
    this.#isClosed = true;
    for (const queue of this.#queues.values()) {
      if (queue.waiting !== undefined) this.#listener.abandoned(queue.waiting.occurrence);
      queue.waiting = undefined;
    }
  }

  /** Like release, and kills what runs. */
  close(): void {
    this.release();
    for (const command of this.#commands) command.kill();
  }

  #next(): void {
    for (const [router, queue] of this.#queues) {
      if (queue.running !== undefined) continue;
      if (queue.waiting === undefined) {
        this.#queues.delete(router);
      } else if (this.#runningCount < MAX_CONCURRENT_HOOKS) {
        void this.#run(queue, queue.waiting);
      }
    }
    if (this.#isIdle()) this.#idleWaiters.splice(0).forEach((resolve) => { resolve(); });
  }

  async #run(queue: Queue, job: HookJob): Promise<void> {
    queue.running = job.occurrence;
    queue.waiting = undefined;
    this.#runningCount += 1;
    if (job.hooks.length === 0) this.#listener.delivered(job.occurrence);
    for (const [index, hook] of job.hooks.entries()) {
      if (this.#isClosed) break;
      const command = this.#start({
        words: hookArguments(hook, job.occurrence), environment: hookEnvironment(job.occurrence),
        input: hookInput(job.occurrence), timeoutMs: hook.timeoutMs,
      });
      this.counters.started += 1;
      if (index === job.hooks.length - 1) this.#listener.delivered(job.occurrence);
      this.#commands.add(command);
      const result = await command.result;
      this.#commands.delete(command);
      this.#listener.finished(hook, job.occurrence, result);
    }
    queue.running = undefined;
    this.#runningCount -= 1;
    this.#next();
  }

  #supersede(older: HookOccurrence, newer: HookOccurrence): void {
    this.counters.superseded += 1;
    this.#listener.superseded(older, newer);
  }

  #queueOf(router: string): Queue {
    const known = this.#queues.get(router);
    if (known !== undefined) return known;
    const queue: Queue = { running: undefined, waiting: undefined };
    this.#queues.set(router, queue);
    return queue;
  }

  #isIdle(): boolean {
    return [...this.#queues.values()].every((queue) => queue.running === undefined && queue.waiting === undefined);
  }
}

function isSame(a: HookOccurrence, b: HookOccurrence): boolean {
  return a.state === b.state && a.epoch === b.epoch;
}

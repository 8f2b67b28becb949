// Decides when hooks run: one at a time per router or sync group, in file order for one state, and the newest state
// wins over those that still wait. Starts them through a port; what a hook is told comes from events.ts.
//   enqueue(master) ─> running ──────────── finished ─> running (backup)
//   enqueue(fault)  ─> waiting ┐
//   enqueue(backup) ─> waiting ┴ superseded: fault is never run

import type { HookConfiguration } from '@baton/config';
import type { CommandProcess, CommandResult, StartCommand } from './command.js';
import { hookArguments, hookEnvironment, hookInput, type HookOccurrence } from './events.js';
import type { Leftover } from './leftover.js';
import { subjectKey, type HookSubject } from './subject.js';

/** A state to tell and the hooks that want it, in order. May be empty: then nothing runs. */
export interface HookJob {
  readonly occurrence: HookOccurrence;
  readonly hooks: readonly HookConfiguration[];
}

/** How far the hooks of one state have come. */
export interface JobProgress {
  /** Not started yet, in order; the one that is about to start is not among them. */
  readonly remaining: readonly HookConfiguration[];
  /** The one that has just been started; undefined before that, and when it could not be started. */
  readonly running: CommandProcess | undefined;
}

/** What the runner reports. Called synchronously; must not throw. */
export interface HookListener {
  /** Before a hook is started and again when it runs, and once for a state without hooks. */
  progressed(occurrence: HookOccurrence, progress: JobProgress): void;
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

/** Hook processes at once, over all routers and groups. */
export const MAX_CONCURRENT_HOOKS = 64;

/** What the hooks of a subject are busy with. A leftover tells a state that this process does not know. */
type Running = { readonly kind: 'job'; readonly occurrence: HookOccurrence } | { readonly kind: 'leftover' };

interface Queue {
  running: Running | undefined;
  waiting: HookJob | undefined;
}

/** The queues of all subjects. */
export class HookRunner {
  readonly counters: HookCounters = { started: 0, superseded: 0, deferred: 0 };
  readonly #queues = new Map<string, Queue>();
  readonly #commands = new Set<Pick<Leftover, 'kill'>>();
  readonly #idleWaiters: (() => void)[] = [];
  readonly #start: StartCommand;
  readonly #listener: HookListener;
  #runningCount = 0;
  #isClosed = false;

  constructor(start: StartCommand, listener: HookListener) {
    this.#start = start;
    this.#listener = listener;
  }

  /** A hook of an earlier agent still runs: the hooks of its subject wait for it. Called before the first enqueue. */
  adopt(subject: HookSubject, leftover: Leftover): void {
    void this.#occupy(this.#queueOf(subject), { kind: 'leftover' }, async () => {
      await this.#untilEnded(leftover, leftover.ended);
    });
  }

  /** Tells a state: now, or when the hooks of the state before have ended. */
  enqueue(job: HookJob): void {
    if (this.#isClosed) {
      this.#listener.abandoned(job.occurrence);
      return;
    }
    const queue = this.#queueOf(job.occurrence.subject);
    if (queue.waiting !== undefined) this.#supersede(queue.waiting.occurrence, job.occurrence);
    queue.waiting = undefined;
    if (queue.running?.kind === 'job' && isSame(queue.running.occurrence, job.occurrence)) {
      // The world came back to what the running hook is being told.
      this.#supersede(job.occurrence, queue.running.occurrence);
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
    for (const [key, queue] of this.#queues) {
      if (queue.running !== undefined) continue;
      if (queue.waiting === undefined) {
        this.#queues.delete(key);
      } else if (this.#runningCount < MAX_CONCURRENT_HOOKS) {
        const job = queue.waiting;
        queue.waiting = undefined;
        void this.#occupy(queue, { kind: 'job', occurrence: job.occurrence }, () => this.#run(job));
      }
    }
    if (this.#isIdle()) this.#idleWaiters.splice(0).forEach((resolve) => { resolve(); });
  }

  async #occupy(queue: Queue, running: Running, work: () => Promise<void>): Promise<void> {
    queue.running = running;
    this.#runningCount += 1;
    await work();
    queue.running = undefined;
    this.#runningCount -= 1;
    this.#next();
  }

  async #run({ occurrence, hooks }: HookJob): Promise<void> {
    if (hooks.length === 0) this.#listener.progressed(occurrence, { remaining: [], running: undefined });
    for (const [index, hook] of hooks.entries()) {
      if (this.#isClosed) break;
      const remaining = hooks.slice(index + 1);
      this.#listener.progressed(occurrence, { remaining, running: undefined });
      const command = this.#start({
        words: hookArguments(hook, occurrence), environment: hookEnvironment(occurrence),
        input: hookInput(occurrence), timeoutMs: hook.timeoutMs,
      });
      this.#listener.progressed(occurrence, { remaining, running: command.process });
      this.counters.started += 1;
      this.#listener.finished(hook, occurrence, await this.#untilEnded(command, command.result));
    }
  }

  /** Until then closing kills it. */
  async #untilEnded<Result>(command: Pick<Leftover, 'kill'>, ended: Promise<Result>): Promise<Result> {
    this.#commands.add(command);
    const result = await ended;
    this.#commands.delete(command);
    return result;
  }

  #supersede(older: HookOccurrence, newer: HookOccurrence): void {
    this.counters.superseded += 1;
    this.#listener.superseded(older, newer);
  }

  #queueOf(subject: HookSubject): Queue {
    const key = subjectKey(subject);
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const queue: Queue = { running: undefined, waiting: undefined };
    this.#queues.set(key, queue);
    return queue;
  }

  #isIdle(): boolean {
    return [...this.#queues.values()].every((queue) => queue.running === undefined && queue.waiting === undefined);
  }
}

function isSame(a: HookOccurrence, b: HookOccurrence): boolean {
  return a.state === b.state && a.epoch === b.epoch;
}

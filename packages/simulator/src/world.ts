// Virtual time: one queue of everything that will happen, in one total order. Events at the same instant run in the
// order in which they were planned. Knows no node, no LAN and no real clock.

import { assert, type Instant } from '@baton/base';

/** Something planned; cancelling it twice, or after it ran, is harmless. */
export interface PlannedEvent {
  cancel(): void;
}

interface QueuedEvent {
  readonly at: Instant;
  readonly sequence: number;
  run: (() => void) | undefined;
}

/** The world's clock and its queue. `now` is true time in ms from 0; what a node believes is in clock.ts. */
export class World {
  #now: Instant = 0;
  #sequence = 0;
  readonly #heap: QueuedEvent[] = [];

  get now(): Instant {
    return this.#now;
  }

  /** Plans `run` for an instant.
   *  @throws {InvariantError} when it is over already */
  plan(at: Instant, run: () => void): PlannedEvent {
    assert(at >= this.#now, 'nothing is planned for the past');
    this.#sequence += 1;
    const event: QueuedEvent = { at, sequence: this.#sequence, run };
    this.#push(event);
    return {
      cancel: () => {
        event.run = undefined;
      },
    };
  }

  /** Runs the next event that lies at or before `end`; without one, time goes on to `end`.
   *  @returns whether there was one */
  step(end: Instant): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > end) {
        this.#now = Math.max(this.#now, end);
        return false;
      }
      this.#pop();
      const { run } = first;
      if (run === undefined) continue;
      this.#now = first.at;
      first.run = undefined;
      run();
      return true;
    }
  }

  #push(event: QueuedEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const takesRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = takesRight ? right : left;
      if (child === undefined || isBefore(last, child)) break;
      heap[index] = child;
      index = 2 * index + (takesRight ? 2 : 1);
    }
    heap[index] = last;
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.at !== b.at ? a.at < b.at : a.sequence < b.sequence;
}

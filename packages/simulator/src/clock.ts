// What one node believes the time is: true time with an offset, running fast or slow, never backwards. It goes on while
// the process sleeps, as CLOCK_MONOTONIC does under SIGSTOP.

import type { Clock, Instant } from '@baton/base';
import type { World } from './world.js';

/** The monotonic clock of one node. */
export class DriftingClock implements Clock {
  readonly #world: World;
  readonly #offsetMs: number;
  readonly #rate: number;
  #floor: Instant;

  /** @param driftPpm how much faster than true time, in millionths; negative = slower */
  constructor(world: World, offsetMs: number, driftPpm: number) {
    this.#world = world;
    this.#offsetMs = offsetMs;
    this.#rate = 1 + driftPpm / 1e6;
    this.#floor = offsetMs;
  }

  now(): Instant {
    this.#floor = Math.max(this.#floor, this.#offsetMs + this.#world.now * this.#rate);
    return this.#floor;
  }

  /** True time at which this clock will show `local`; never in the past. */
  trueTimeOf(local: Instant): Instant {
    return Math.max(this.#world.now, (local - this.#offsetMs) / this.#rate);
  }

  /** A timer for `local` fires: rounding must not leave the clock a hair before it. */
  reach(local: Instant): void {
    this.#floor = Math.max(this.now(), local);
  }
}

// The engine's only timer on Node: fires at or after the instant, never before it, and within a millisecond of it on
// an idle host.

import type { Clock, Instant } from '@baton/base';
import type { DeadlineTimer } from './ports.js';

/** Longest single wait; setTimeout overflows beyond 2^31 ms. */
const LONGEST_WAIT_MS = 60_000;

/** setTimeout for the whole milliseconds, the event loop's check phase for the rest: Node's own clock has
 *  millisecond steps and fires early. */
export class NodeDeadlineTimer implements DeadlineTimer {
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** When the planned wake-up comes. */
  #at: Instant | undefined;
  /** The instant to fire at; the planned wake-up may be earlier. */
  #wanted: Instant | undefined;
  #fire: () => void = () => undefined;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  arm(at: Instant | undefined, fire: () => void): void {
    this.#fire = fire;
    // A wake-up that is already planned at or before the new instant finds nothing due and plans again: cheaper than
    // re-planning on every advert.
    const planned = this.#timeout !== undefined || this.#immediate !== undefined;
    const keep = planned && at !== undefined && this.#at !== undefined && at >= this.#at;
    if (keep) {
      this.#wanted = at;
      return;
    }
    this.#cancel();
    this.#at = at;
    this.#wanted = at;
    if (at !== undefined) this.#plan(at);
  }

  #plan(at: Instant): void {
    const waitMs = at - this.#clock.now();
    if (waitMs < 1)
      this.#immediate = setImmediate(() => {
        this.#wake();
      });
    else
      this.#timeout = setTimeout(
        () => {
          this.#wake();
        },
        Math.min(Math.floor(waitMs), LONGEST_WAIT_MS),
      );
  }

  #wake(): void {
    const wanted = this.#wanted;
    this.#cancel();
    if (wanted === undefined) return;
    if (this.#clock.now() >= wanted) {
      this.#at = undefined;
      this.#fire();
      return;
    }
    this.#at = wanted;
    this.#plan(wanted);
  }

  #cancel(): void {
    clearTimeout(this.#timeout);
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#timeout = undefined;
    this.#immediate = undefined;
  }
}

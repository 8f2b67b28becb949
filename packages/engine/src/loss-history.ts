// How often a master lost an address to somebody else lately, and when that is too often to go on putting it back.

import type { Instant } from '@baton/base';

/** So many losses within the window are put right in place; one more is a fault of the router. */
export const MAX_LOSSES = 3;
export const LOSS_WINDOW_MS = 10_000;

/** The recent losses of one router. */
export class LossHistory {
  #at: Instant[] = [];

  /** Takes note of one more loss.
   *  @returns whether it is one too many */
  isTooMany(now: Instant): boolean {
    this.#at = [...this.#at.filter((at) => now - at < LOSS_WINDOW_MS), now];
    if (this.#at.length <= MAX_LOSSES) return false;
    this.#at = [];
    return true;
  }
}

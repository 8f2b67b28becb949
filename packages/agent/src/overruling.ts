// Decides how often it is said that a master overrules another router: the engine tells it every second for as long as
// it lasts, an operator needs it once a minute. Pure: time is an argument.

import type { Instant } from '@baton/base';

/** One line for each router in this time, ms. */
export const OVERRULING_PERIOD_MS = 60_000;

/** What was said last, by router: as many as have been configured at most. */
export class Overruling {
  readonly #saidAt = new Map<string, Instant>();

  /** Whether it is worth a line now; counts as said when it is. */
  isNews(router: string, now: Instant): boolean {
    const saidAt = this.#saidAt.get(router);
    if (saidAt !== undefined && now < saidAt + OVERRULING_PERIOD_MS) return false;
    this.#saidAt.set(router, now);
    return true;
  }
}

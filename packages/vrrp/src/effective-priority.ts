// What priority a router advertises when trackers add to the configured one. Pure; knows no tracker.

import { assert } from '@baton/base';
import { OWNER_PRIORITY } from './parameters.js';

const LOWEST_PRIORITY = 1;
const HIGHEST_PRIORITY = 254;

/** What a router that is held takes part with: any other one is as good, and nobody resigned. */
export const HELD_PRIORITY = LOWEST_PRIORITY;

/** The priority a router takes part with: configured plus adjustment, kept within 1–254, because 0 means resigning
 *  and 255 means owning the addresses [RFC9568-5.2.4-1]. An owner's priority is never adjusted.
 *  @param configured 1–255
 *  @param adjustment sum of the trackers' weights, any integer */
export function effectivePriority(configured: number, adjustment: number): number {
  assert(Number.isInteger(adjustment), `priority adjustment ${String(adjustment)} is an integer`);
  if (configured === OWNER_PRIORITY) return OWNER_PRIORITY;
  return Math.min(Math.max(configured + adjustment, LOWEST_PRIORITY), HIGHEST_PRIORITY);
}

// The durations of RFC 9568 §6.1, for version 2 those of RFC 3768 §6.1, and the rule that keeps periodic deadlines on
// their grid. Milliseconds, fractional: every product is made before its division, so that nothing is lost at intervals
// of 10 ms and neighbouring priorities never wake together [RFC9568-8.3.2-1]. Pure arithmetic, no clock.

import { assert, type Instant } from '@baton/base';
import { isAdvertInterval, type ProtocolVersion } from './parameters.js';

const SECOND_MS = 1000;

/** Intervals that a lease lasts at least, from any advertisement of the master on. */
export const LEASE_INTERVALS = 4;

/** Shortest wait before a router tries again to install addresses that were refused, ms. */
const MIN_CLAIM_RETRY_MS = 5_000;
/** Longest wait before it tries again, ms. */
const MAX_CLAIM_RETRY_MS = 300_000;

/** Skew_Time, the head start of higher priorities: in version 3 ((256 − priority) × interval) / 256 [RFC9568-6.1-1], in
 *  version 2 (256 − priority) / 256 seconds whatever the interval [RFC3768-6.1-1].
 *  @param priority 1–255, the local effective one
 *  @param masterAdvertIntervalMs the interval of the master as learned, in the range of the version
 *  @returns ms, fractional, exact
 *  @throws {InvariantError} outside these ranges */
export function skewTimeMs(version: ProtocolVersion, priority: number, masterAdvertIntervalMs: number): number {
  assert(priority >= 1 && priority <= 255, `priority ${String(priority)} is 1–255`);
  assert(
    isAdvertInterval(version, masterAdvertIntervalMs),
    `${String(masterAdvertIntervalMs)} ms is no interval of version ${String(version)}`,
  );
  return ((256 - priority) * (version === 3 ? masterAdvertIntervalMs : SECOND_MS)) / 256;
}

/** Master_Down_Interval, how long a backup stays patient after an advertisement: 3 × interval + Skew_Time
 *  [RFC9568-6.1-2] [RFC3768-6.1-2].
 *  @param priority 1–255, the local effective one
 *  @param masterAdvertIntervalMs the interval of the master as learned, in the range of the version
 *  @returns ms, fractional, exact
 *  @throws {InvariantError} outside these ranges */
export function masterDownIntervalMs(
  version: ProtocolVersion, priority: number, masterAdvertIntervalMs: number,
): number {
  return 3 * masterAdvertIntervalMs + skewTimeMs(version, priority, masterAdvertIntervalMs);
}

/** How long a living master may let us wait for its next advertisement: interval + Skew_Time. Part of no RFC; sync
 *  groups ask for it.
 *  @param priority 1–255, the local effective one
 *  @param masterAdvertIntervalMs the interval of the master as learned, in the range of the version
 *  @returns ms, fractional, exact
 *  @throws {InvariantError} outside these ranges */
export function signOfLifeMs(version: ProtocolVersion, priority: number, masterAdvertIntervalMs: number): number {
  return masterAdvertIntervalMs + skewTimeMs(version, priority, masterAdvertIntervalMs);
}

/** The shortest lease of a virtual address in the kernel that outlives the takeover by a peer: what is left of it after
 *  any advertisement is at least 4 intervals, and a peer waits 3 and its Skew_Time, which is shorter than one. Part of
 *  no RFC.
 *  @param advertIntervalMs the master's own, in the range of the version
 *  @returns whole seconds, as the kernel counts, at least 1 */
export function shortestLeaseSeconds(advertIntervalMs: number): number {
  return Math.max(1, Math.ceil((LEASE_INTERVALS * advertIntervalMs) / SECOND_MS));
}

/** The next instant of a period that was due at `dueAt`: on the grid, so that lateness does not add up; when the next
 *  one has passed as well, a new grid begins at `now`, so that a sleeper does not catch up with a burst. */
export function nextOnGrid(dueAt: Instant, periodMs: number, now: Instant): Instant {
  const next = dueAt + periodMs;
  return next > now ? next : now + periodMs;
}

/** How long a router stays in fault after its addresses were refused: 3 × Master_Down_Interval, at least 5 s, doubled
 *  with every refusal in a row, at most 5 min. Each try costs the network a change of master and back, hence the
 *  patience.
 *  @param refusals how many in a row, at least 1 */
export function claimRetryMs(refusals: number, downIntervalMs: number): number {
  return Math.min(Math.max(MIN_CLAIM_RETRY_MS, 3 * downIntervalMs) * 2 ** (refusals - 1), MAX_CLAIM_RETRY_MS);
}

// Decides when a master tells the LAN again who holds its addresses: the second burst after takeover, the periodic
// refresh, the repair after a contest, and the burst when the lease of a dead master must have run out. The first burst
// belongs to the promotion itself. Pure; knows neither frames nor addresses.

import type { Instant } from '@baton/base';
import type { AnnounceParameters } from './parameters.js';
import { nextOnGrid } from './timers.js';

/** Least distance of two repairs, ms, and the delay of the second one. */
export const REPAIR_INTERVAL_MS = 1_000;

/** The announcements a master still owes. */
export interface AnnounceSchedule {
  /** The second burst after takeover. */
  readonly delayedAt: Instant | undefined;
  readonly refreshAt: Instant | undefined;
  /** The second repair after a contest. */
  readonly repairAt: Instant | undefined;
  /** When the kernel of a master that has died does not answer any more. */
  readonly inheritedAt: Instant | undefined;
  /** When the last repair was made. */
  readonly repairedAt: Instant | undefined;
}

/** What to announce now, in frames per address (0 = nothing), and what is owed afterwards. */
export interface DueAnnouncements {
  readonly count: number;
  readonly schedule: AnnounceSchedule;
}

/** The schedule of a router that has become master at `now`.
 *  @param leaseEndsAt when the kernel of a dead master stops answering; undefined when there is none. Until then both
 *    answer, and a neighbour may have believed the other one */
export function startAnnouncing(
  announce: AnnounceParameters, now: Instant, leaseEndsAt?: Instant,
): AnnounceSchedule {
  const delayed = announce.delayMs > 0 && announce.delayedCount > 0;
  return {
    delayedAt: delayed ? now + announce.delayMs : undefined,
    refreshAt: announce.refreshMs > 0 ? now + announce.refreshMs : undefined,
    repairAt: undefined,
    inheritedAt: announce.count > 0 && leaseEndsAt !== undefined && leaseEndsAt > now ? leaseEndsAt : undefined,
    repairedAt: undefined,
  };
}

/** The earliest instant at which something is owed, undefined when nothing is. */
export function nextAnnounceAt(schedule: AnnounceSchedule): Instant | undefined {
  const { delayedAt, refreshAt, repairAt, inheritedAt } = schedule;
  const instants = [delayedAt, refreshAt, repairAt, inheritedAt].filter((at) => at !== undefined);
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/** Takes everything that is due at `now` out of the schedule; what coincides is one burst, the largest. */
export function takeDue(schedule: AnnounceSchedule, announce: AnnounceParameters, now: Instant): DueAnnouncements {
  const { delayedAt, refreshAt, repairAt, inheritedAt, repairedAt } = schedule;
  const inheritedDue = isDue(inheritedAt, now);
  const delayedDue = isDue(delayedAt, now);
  const refreshDue = isDue(refreshAt, now);
  const repairDue = isDue(repairAt, now);
  return {
    count: Math.max(
      delayedDue ? announce.delayedCount : 0, inheritedDue ? announce.count : 0, refreshDue || repairDue ? 1 : 0,
    ),
    schedule: {
      delayedAt: delayedDue ? undefined : delayedAt,
      refreshAt: refreshDue ? nextRefreshAt(refreshAt, announce, now) : refreshAt,
      repairAt: repairDue ? undefined : repairAt,
      inheritedAt: inheritedDue ? undefined : inheritedAt,
      repairedAt: repairDue ? now : repairedAt,
    },
  };
}

/** A losing router has advertised itself: its gratuitous ARPs may have taken our addresses away in every cache.
 *  Repairs at once, but at most once a REPAIR_INTERVAL_MS, and once more that long after the last such advertisement,
 *  because the loser announces only after it has advertised and may so have the last word. No repairs where takeover
 *  is not announced either. */
export function contest(schedule: AnnounceSchedule, announce: AnnounceParameters, now: Instant): DueAnnouncements {
  if (announce.count === 0) return { count: 0, schedule };
  const tooSoon = schedule.repairedAt !== undefined && now - schedule.repairedAt < REPAIR_INTERVAL_MS;
  return {
    count: tooSoon ? 0 : 1,
    schedule: { ...schedule, repairAt: now + REPAIR_INTERVAL_MS, repairedAt: tooSoon ? schedule.repairedAt : now },
  };
}

/** Fits the schedule of a master to changed parameters: a changed refresh begins anew, an unwanted second burst is
 *  dropped. */
export function reschedule(
  schedule: AnnounceSchedule, before: AnnounceParameters, after: AnnounceParameters, now: Instant,
): AnnounceSchedule {
  return {
    ...schedule,
    delayedAt: after.delayedCount > 0 ? schedule.delayedAt : undefined,
    refreshAt: after.refreshMs === before.refreshMs ? schedule.refreshAt : startAnnouncing(after, now).refreshAt,
  };
}

function isDue(at: Instant | undefined, now: Instant): at is Instant {
  return at !== undefined && at <= now;
}

function nextRefreshAt(refreshAt: Instant, announce: AnnounceParameters, now: Instant): Instant {
  return nextOnGrid(refreshAt, announce.refreshMs, now);
}

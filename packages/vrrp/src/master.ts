// How a master goes on (RFC 9568 §6.4.3): the phase of its adverts, and what it owes its neighbours' caches. Pure steps
// from one mastership to the next; who wins against whom, and what is sent, is decided in virtual-router.ts.

import type { Instant } from '@baton/base';
import type { Advertisement } from './advertisement.js';
import { contest, reschedule, startAnnouncing, takeDue, type AnnounceSchedule } from './announce-schedule.js';
import type { StateName } from './outputs.js';
import type { VirtualRouterParameters } from './parameters.js';
import { nextOnGrid } from './timers.js';

/** Advertising and holding the addresses. */
export interface MasterState {
  readonly kind: 'master';
  /** Expiry of Adver_Timer. */
  readonly advertAt: Instant;
  readonly announcements: AnnounceSchedule;
  /** The state before, as long as nobody knows whether the claim of the addresses has succeeded; the next input
   *  tells. */
  readonly unprovenSince: StateName | undefined;
  /** When a following member of a sync group first heard the better master that it has not yielded to yet. */
  readonly contestedSince: Instant | undefined;
}

/** A contest is over when the better master was not heard for so many of its intervals. */
const FORGOTTEN_AFTER_ADVERTS = 3;

/** A router that turns master: it sends by its own interval, whatever it had learned [RFC9568-6.4.2-3].
 *  @param from the state before */
export function enterMaster(parameters: VirtualRouterParameters, from: StateName, now: Instant): MasterState {
  return {
    kind: 'master',
    advertAt: now + parameters.advertIntervalMs,
    announcements: startAnnouncing(parameters.announce, now),
    unprovenSince: from,
    contestedSince: undefined,
  };
}

/** Takes what is due at `now` [RFC9568-6.4.3-2].
 *  @returns the master afterwards, whether an advert is due, and frames to announce for each address (0 = none) */
export function continueMaster(
  state: MasterState, { advertIntervalMs, announce }: VirtualRouterParameters, now: Instant,
): { readonly state: MasterState; readonly advertDue: boolean; readonly announceCount: number } {
  const advertDue = now >= state.advertAt;
  const { count, schedule } = takeDue(state.announcements, announce, now);
  const advertAt = advertDue ? nextOnGrid(state.advertAt, advertIntervalMs, now) : state.advertAt;
  return { state: { ...state, advertAt, announcements: schedule }, advertDue, announceCount: count };
}

/** The master that has just answered a resignation: Adver_Timer begins anew [RFC9568-6.4.3-3]. Whoever contested it has
 *  left. */
export function restartAdverts(state: MasterState, parameters: VirtualRouterParameters, now: Instant): MasterState {
  return { ...state, advertAt: now + parameters.advertIntervalMs, contestedSince: undefined };
}

/** A following member of a sync group has heard a better master. Whether the group yields is up to its deciding member,
 *  which both sides hear at once; only if the better master is still there half an interval later, it is to be followed
 *  here as well.
 *  @returns the master that waits, or undefined when it has to yield */
export function contestMastership(state: MasterState, better: Advertisement, now: Instant): MasterState | undefined {
  const { contestedSince } = state;
  if (contestedSince === undefined || now - contestedSince > FORGOTTEN_AFTER_ADVERTS * better.advertIntervalMs) {
    return { ...state, contestedSince: now };
  }
  return now - contestedSince < better.advertIntervalMs / 2 ? state : undefined;
}

/** The master that has heard a losing advertisement: the phase of its adverts stays, caches are repaired.
 *  @returns the master afterwards, and frames to announce for each address (0 = none) */
export function overrule(
  state: MasterState, parameters: VirtualRouterParameters, now: Instant,
): { readonly state: MasterState; readonly announceCount: number } {
  const { count, schedule } = contest(state.announcements, parameters.announce, now);
  return { state: { ...state, announcements: schedule }, announceCount: count };
}

/** The same master with other parameters: the phase of its adverts stays unless the interval changed. */
export function reconfigureMaster(
  state: MasterState, before: VirtualRouterParameters, after: VirtualRouterParameters, now: Instant,
): MasterState {
  return {
    ...state,
    advertAt: after.advertIntervalMs === before.advertIntervalMs ? state.advertAt : now + after.advertIntervalMs,
    announcements: reschedule(state.announcements, before.announce, after.announce, now),
  };
}

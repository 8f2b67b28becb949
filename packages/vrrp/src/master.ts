// How a master goes on (RFC 9568 §6.4.3): the phase of its adverts, and what it owes its neighbours' caches. Pure steps
// from one mastership to the next; who wins against whom, and what is sent, is decided in virtual-router.ts.

import type { Instant, IpAddress } from '@baton/base';
import type { Advertisement } from './advertisement.js';
import { contest, reschedule, startAnnouncing, takeDue, type AnnounceSchedule } from './announce-schedule.js';
import type { PromotionReason } from './backup.js';
import type { StateName } from './outputs.js';
import { answersLosingAdverts, type VirtualRouterParameters } from './parameters.js';
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
  readonly since: Instant;
  /** Why it became master. */
  readonly reason: PromotionReason;
  /** Who was master before a hand-over; undefined without one, or when nobody was heard. */
  readonly predecessor: Predecessor | undefined;
  /** The last advert that answered another router. */
  readonly answer: Answer | undefined;
}

/** The master before a hand-over. */
export interface Predecessor {
  readonly address: IpAddress;
  /** What it said before it was held may still be under way until then. */
  readonly obeyedFrom: Instant;
}

/** An advert that is sent because of what another router has said. */
export interface Answer {
  readonly at: Instant;
  /** Whether one more is owed, because a resignation came too soon after this one. */
  readonly owed: boolean;
}

/** What a master does about another router. */
export interface Reply {
  readonly state: MasterState;
  /** Whether it advertises at once; if not, whether that was withheld because it has just answered somebody. */
  readonly answers: 'now' | 'withheld' | 'never';
  /** Frames to announce for each address, 0 = none. */
  readonly announceCount: number;
}

/** Least distance of two answers, ms: a flood costs the master no more than adverts at the shortest interval. */
export const ANSWER_INTERVAL_MS = 10;

/** A contest is over when the better master was not heard for so many of its intervals. */
const FORGOTTEN_AFTER_ADVERTS = 3;

/** How a router turns master. */
export interface Promotion {
  /** The state before. */
  readonly from: StateName;
  readonly reason: PromotionReason;
  /** When the kernel of a dead master stops answering; undefined when nobody has died. */
  readonly leaseEndsAt: Instant | undefined;
  /** Whose mastership was handed over. */
  readonly predecessor: Predecessor | undefined;
}

/** A router that turns master: it sends by its own interval, whatever it had learned [RFC9568-6.4.2-3]. */
export function enterMaster(
  parameters: VirtualRouterParameters, { from, reason, leaseEndsAt, predecessor }: Promotion, now: Instant,
): MasterState {
  return {
    kind: 'master',
    advertAt: now + parameters.advertIntervalMs,
    announcements: startAnnouncing(parameters.announce, now, leaseEndsAt),
    unprovenSince: from,
    contestedSince: undefined,
    since: now,
    reason,
    predecessor,
    answer: undefined,
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
  const answer = advertDue && state.answer?.owed === true ? { at: now, owed: false } : state.answer;
  return { state: { ...state, advertAt, announcements: schedule, answer }, advertDue, announceCount: count };
}

/** The master that hears a resignation: it advertises at once and Adver_Timer begins anew [RFC9568-6.4.3-3]; too soon
 *  after the last answer it does so as soon as it may, because other backups have heard the resignation too. Whoever
 *  resigns was master, so caches are repaired. Nobody contests it any more. */
export function answerResignation(state: MasterState, parameters: VirtualRouterParameters, now: Instant): Reply {
  const { count, schedule } = contest(state.announcements, parameters.announce, now);
  const next = { ...state, announcements: schedule, contestedSince: undefined };
  const mayAt = answersFrom(state);
  if (now >= mayAt) {
    const answered = { ...next, advertAt: now + parameters.advertIntervalMs, answer: { at: now, owed: false } };
    return { state: answered, answers: 'now', announceCount: count };
  }
  const answer = { at: mayAt - ANSWER_INTERVAL_MS, owed: true };
  const waiting = { ...next, advertAt: Math.min(state.advertAt, mayAt), answer };
  return { state: waiting, answers: 'withheld', announceCount: count };
}

/** The master that hears a losing advertisement: it advertises at once where that is the rule, the phase of its adverts
 *  stays, caches are repaired [RFC9568-6.4.3-5] [RFC3768-6.4.3-1]. */
export function overrule(state: MasterState, parameters: VirtualRouterParameters, now: Instant): Reply {
  const { count, schedule } = contest(state.announcements, parameters.announce, now);
  const next = { ...state, announcements: schedule };
  if (!answersLosingAdverts(parameters)) return { state: next, answers: 'never', announceCount: count };
  if (now < answersFrom(state)) return { state: next, answers: 'withheld', announceCount: count };
  return { state: { ...next, answer: { at: now, owed: false } }, answers: 'now', announceCount: count };
}

/** Whether a losing advertisement is worth telling: not the last word of a lower priority that this master has
 *  overruled less than an interval ago.
 *  @param isLower whether its priority is lower, and not only its address */
export function isNews(
  state: MasterState, isLower: boolean, { advertIntervalMs }: VirtualRouterParameters, now: Instant,
): boolean {
  return !replacesLiving(state.reason) || !isLower || now - state.since >= advertIntervalMs;
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

/** Whether a living master was overruled, or has handed over: its last word is expected. */
function replacesLiving(reason: PromotionReason): boolean {
  return reason === 'preempted-lower-priority' || reason === 'address-owner' || reason === 'handover';
}

/** From when on somebody is answered. */
function answersFrom({ answer }: MasterState): Instant {
  return answer === undefined ? -Infinity : answer.at + ANSWER_INTERVAL_MS;
}

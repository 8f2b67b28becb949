// How a backup waits for the master to fall silent (RFC 9568 §6.4.2): arming the timer, learning the master's
// interval, leaving a lower-priority master alone or overruling it. Pure steps from one waiting to the next; what
// happens when the wait is over is decided in virtual-router.ts.

import { assertNever, type Instant } from '@baton/base';
import type { Advertisement } from './advertisement.js';
import { RESIGN_PRIORITY, type ProtocolVersion, type VirtualRouterParameters } from './parameters.js';
import type { TransitionReason } from './reasons.js';
import { masterDownIntervalMs, shortestLeaseSeconds, signOfLifeMs, skewTimeMs } from './timers.js';

/** Waiting for the master to fall silent. */
export interface BackupState {
  readonly kind: 'backup';
  /** Expiry of Active_Down_Timer. */
  readonly masterDownAt: Instant;
  /** Active_Adver_Interval: the master's interval as learned, our own until then, ms. */
  readonly masterAdvertIntervalMs: number;
  /** When the timer was armed, and by what: our own entry into the state, what the master sent, or the resignation that
   *  another member of the sync group has heard. */
  readonly armedAt: Instant;
  readonly armedBy: 'entry' | 'advertisement' | 'resignation' | 'group-resignation';
  /** The reason that a promotion has when the timer expires. */
  readonly expiryReason: PromotionReason;
  /** When a lower-priority master has been left alone long enough; undefined when none is known. */
  readonly preemptAt: Instant | undefined;
  /** The timer has expired, and the router waits for its sync group. */
  readonly due: Due | undefined;
}

/** Why a router becomes master. */
export type PromotionReason = Extract<
  TransitionReason,
  'master-down-timer' | 'preempted-lower-priority' | 'priority-zero-received' | 'address-owner' | 'handover'
>;

/** How late the kernel may be when a lease ends, ms: 20–60 are measured for IPv4, up to 300 for IPv6. */
const LEASE_OVERRUN_MS = 350;

/** A member of a sync group that could be master if the others could. */
export interface Due {
  readonly since: Instant;
  /** When the group looks next whether it is split. */
  readonly checkAt: Instant;
  /** Whether it was told to be split. */
  readonly told: boolean;
}

/** What makes a backup more or less patient than others. */
export interface Patience {
  readonly version: ProtocolVersion;
  /** The effective one, 1–255. */
  readonly priority: number;
}

/** What a backup knows of itself while it listens. */
export interface BackupPolicy extends Patience {
  /** Preempt_Mode, always true for an owner (RFC 9568 §6.1). */
  readonly preempts: boolean;
  /** How long a lower-priority master is left alone, ms. */
  readonly preemptDelayMs: number;
}

/** A backup that has heard nobody yet: patient for Master_Down_Interval from now on, by its own interval
 *  [RFC9568-6.4.1-2]. */
export function enterBackup(patience: Patience, advertIntervalMs: number, now: Instant): BackupState {
  return arm('entry', advertIntervalMs, patience, now, undefined);
}

/** The backup after an advertisement, at its arrival (RFC 9568 §6.4.2). The tie-break is not made here: an equal
 *  priority is accepted whatever its address. */
export function hearMaster(state: BackupState, heard: Advertisement, policy: BackupPolicy, now: Instant): BackupState {
  if (heard.priority === RESIGN_PRIORITY) { // [RFC9568-6.4.2-4] whatever Preempt_Mode says
    return state.due !== undefined ? state : arm('resignation', state.masterAdvertIntervalMs, policy, now, undefined);
  }
  const overruled = policy.preempts && heard.priority < policy.priority;
  const preemptAt = overruled ? state.preemptAt ?? now + policy.preemptDelayMs : undefined;
  if (preemptAt !== undefined && now >= preemptAt) { // [RFC9568-6.4.2-6] discarded: the timer runs on
    return { ...state, preemptAt, expiryReason: 'preempted-lower-priority' };
  }
  return arm('advertisement', heard.advertIntervalMs, policy, now, preemptAt); // [RFC9568-6.4.2-5]
}

/** A master that turns backup because a better one was heard: it begins with that master's interval (RFC 9568
 *  §6.4.3). */
export function yieldTo(better: Advertisement, patience: Patience, now: Instant): BackupState {
  return arm('advertisement', better.advertIntervalMs, patience, now, undefined);
}

/** The same backup with other parameters: a lower-priority master is given its full delay again, and a wait that began
 *  with our own interval begins anew with the changed one. In version 2 our own interval is the only one there is
 *  [RFC3768-6.1-2].
 *  @param patience the one from now on */
export function reconfigureBackup(
  state: BackupState, patience: Patience, advertIntervalMs: number, now: Instant,
): BackupState {
  const ownCounts = state.armedBy === 'entry' || (patience.version === 2 && state.armedBy === 'advertisement');
  if (ownCounts && state.masterAdvertIntervalMs !== advertIntervalMs) {
    return enterBackup(patience, advertIntervalMs, now);
  }
  return { ...recompute(state, patience, now), preemptAt: undefined };
}

/** The same backup with another priority: what it still has to wait is counted from when the timer was armed. */
export function recompute(state: BackupState, patience: Patience, now: Instant): BackupState {
  const masterDownAt = state.armedAt + patienceMs(state.armedBy, patience, state.masterAdvertIntervalMs);
  return { ...state, masterDownAt, due: masterDownAt > now ? undefined : state.due };
}

/** The backup that leaves its master alone from now on, also one that it was about to overrule: patient again as if it
 *  had just heard that one. */
export function leaveAlone(state: BackupState, patience: Patience, now: Instant): BackupState {
  if (state.preemptAt === undefined) return state;
  return arm('advertisement', state.masterAdvertIntervalMs, patience, now, undefined);
}

/** The backup whose wait is over, in a sync group that is not ready yet; it hears on. */
export function becomeDue(
  state: BackupState, expiryReason: PromotionReason, patience: Patience, now: Instant,
): BackupState {
  const checkAt = now + masterDownIntervalMs(patience.version, patience.priority, state.masterAdvertIntervalMs);
  return { ...state, expiryReason, due: { since: state.due?.since ?? now, checkAt, told: state.due?.told ?? false } };
}

/** When the kernel of the master that is not heard any more has stopped answering: its lease began no later than its
 *  last advertisement, and it is taken to have the lease that we have. Part of no RFC.
 *  @returns undefined when the master is not known to be dead, or when addresses have no lease */
export function deadLeaseEndsAt(
  { expiryReason, armedAt, masterAdvertIntervalMs }: BackupState, { leaseSeconds }: VirtualRouterParameters,
): Instant | undefined {
  if (leaseSeconds === undefined || expiryReason !== 'master-down-timer') return undefined;
  return armedAt + 1000 * Math.max(leaseSeconds, shortestLeaseSeconds(masterAdvertIntervalMs)) + LEASE_OVERRUN_MS;
}

/** The backup after another member of its sync group has heard a resignation: a living master of its own is heard soon,
 *  or its wait is over. Never longer than before. */
export function hurry(state: BackupState, { version, priority }: Patience, now: Instant): BackupState {
  const masterDownAt = now + signOfLifeMs(version, priority, state.masterAdvertIntervalMs);
  if (masterDownAt >= state.masterDownAt) return state;
  return { ...state, masterDownAt, armedAt: now, armedBy: 'group-resignation', expiryReason: 'priority-zero-received' };
}

function arm(
  armedBy: BackupState['armedBy'], masterAdvertIntervalMs: number, patience: Patience, now: Instant,
  preemptAt: Instant | undefined,
): BackupState {
  return {
    kind: 'backup',
    masterDownAt: now + patienceMs(armedBy, patience, masterAdvertIntervalMs),
    masterAdvertIntervalMs,
    armedAt: now,
    armedBy,
    expiryReason: armedBy === 'resignation' ? 'priority-zero-received' : 'master-down-timer',
    preemptAt,
    due: undefined,
  };
}

/** Skew_Time after a resignation, more after another member's, else Master_Down_Interval. */
function patienceMs(
  armedBy: BackupState['armedBy'], { version, priority }: Patience, masterAdvertIntervalMs: number,
): number {
  switch (armedBy) {
    case 'resignation': return skewTimeMs(version, priority, masterAdvertIntervalMs);
    case 'group-resignation': return signOfLifeMs(version, priority, masterAdvertIntervalMs);
    case 'entry':
    case 'advertisement': return masterDownIntervalMs(version, priority, masterAdvertIntervalMs);
    default: return assertNever(armedBy);
  }
}

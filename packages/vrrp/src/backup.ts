// How a backup waits for the master to fall silent (RFC 9568 §6.4.2): arming the timer, learning the master's
// interval, leaving a lower-priority master alone or overruling it. Pure steps from one waiting to the next; what
// happens when the wait is over is decided in virtual-router.ts.

import type { Instant } from '@baton/base';
import type { Advertisement } from './advertisement.js';
import { RESIGN_PRIORITY, type ProtocolVersion } from './parameters.js';
import { masterDownIntervalMs, skewTimeMs } from './timers.js';

/** Waiting for the master to fall silent. */
export interface BackupState {
  readonly kind: 'backup';
  /** Expiry of Active_Down_Timer. */
  readonly masterDownAt: Instant;
  /** Active_Adver_Interval: the master's interval as learned, our own until then, ms. */
  readonly masterAdvertIntervalMs: number;
  /** When the timer was armed, and by what: our own entry into the state, or what the master sent. */
  readonly armedAt: Instant;
  readonly armedBy: 'entry' | 'advertisement' | 'resignation';
  /** The reason that a promotion has when the timer expires. */
  readonly expiryReason: 'master-down-timer' | 'preempted-lower-priority' | 'priority-zero-received';
  /** When a lower-priority master has been left alone long enough; undefined when none is known. */
  readonly preemptAt: Instant | undefined;
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
    return arm('resignation', state.masterAdvertIntervalMs, policy, now, undefined);
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
  return { ...recompute(state, patience), preemptAt: undefined };
}

/** The same backup with another priority: what it still has to wait is counted from when the timer was armed. */
export function recompute(state: BackupState, patience: Patience): BackupState {
  return { ...state, masterDownAt: state.armedAt + patienceMs(state.armedBy, patience, state.masterAdvertIntervalMs) };
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
  };
}

/** Skew_Time after a resignation, else Master_Down_Interval. */
function patienceMs(
  armedBy: BackupState['armedBy'], { version, priority }: Patience, masterAdvertIntervalMs: number,
): number {
  return armedBy === 'resignation'
    ? skewTimeMs(version, priority, masterAdvertIntervalMs)
    : masterDownIntervalMs(version, priority, masterAdvertIntervalMs);
}

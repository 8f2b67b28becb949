// What a transition rests on: the timer that ran, the advertisement heard last, the sleep or the refusal before it. Put
// together after the transition was performed, so that it costs the takeover nothing. Decides nothing.

import type { Instant } from '@baton/base';
import { skewTimeMs, type State, type TransitionReason } from '@baton/vrrp';
import type { FamilyRouter } from './hosted-router.js';
import type { TimerEvidence, TransitionEvidence } from './messages.js';

/** Gathers it for the transition that a family has just made.
 *  @param decidedAt the instant of the decision */
export function gatherEvidence(family: FamilyRouter, reason: TransitionReason, decidedAt: Instant): TransitionEvidence {
  const { router, refusal, stalledMs } = family;
  const timer = timerEvidence(family, router.left, decidedAt);
  const newest = family.heard.newest();
  return {
    family: family.family,
    interface: router.parameters.interface,
    ...(timer && { timer }),
    ...(newest && {
      heard: {
        address: newest.heard.address,
        priority: newest.heard.priority,
        advertIntervalMs: newest.heard.advertIntervalMs,
        agoMs: decidedAt - newest.at,
      },
    }),
    ...(reason === 'woke-from-stall' && stalledMs !== undefined && { stalledMs }),
    ...(reason === 'address-install-failed' && refusal && { refusal }),
  };
}

function timerEvidence(
  { router }: FamilyRouter,
  left: State | undefined,
  decidedAt: Instant,
): TimerEvidence | undefined {
  if (left?.kind !== 'backup') return undefined;
  const { armedBy, armedAt, masterDownAt, masterAdvertIntervalMs } = left;
  return {
    armedBy,
    armedAgoMs: decidedAt - armedAt,
    intervalMs: masterDownAt - armedAt,
    skewTimeMs: skewTimeMs(router.parameters.version, router.effectivePriority, masterAdvertIntervalMs),
    masterAdvertIntervalMs,
  };
}

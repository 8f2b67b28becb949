// What the reason of a transition means, in words that an operator reads. Loads nothing.

import type { TransitionReason } from '@baton/vrrp';

/** A sentence for each reason, about the node that tells it. */
const REASON_WORDS: Readonly<Record<TransitionReason, string>> = {
  maintenance: 'the operator has put this node into maintenance',
  'interface-missing': 'its interface does not exist',
  'socket-unavailable': 'no socket for advertisements could be opened on its interface',
  'link-down': 'its interface is down or has no carrier',
  'source-address-missing': 'the address that it is told to send from is not on its interface',
  'no-primary-address': 'its interface has no address to send from',
  'address-install-failed': 'the virtual addresses could not be installed, or somebody takes them off again and again',
  'tracker-failed': 'a tracker without a weight has failed',
  startup: 'it began to take part',
  'address-owner': 'it owns the addresses (priority 255) and waits for nobody',
  'master-down-timer': 'no master was heard for the master-down interval',
  'preempted-lower-priority': 'the master had a lower priority, and this router preempts',
  'priority-zero-received': 'the master said that it leaves (priority 0)',
  'higher-priority-advert': 'a better master was heard',
  handover: 'the mastership was handed over, as the agents of both nodes agreed',
  'fault-cleared': 'every fault has gone',
  'group-member-left': 'another member of its sync group is not master any more; all move together',
  'woke-from-stall': 'the process did not run for longer than its peers are patient',
  shutdown: 'it was told to leave',
};

/** What a reason means.
 *  @returns the token itself when this version does not know it */
export function explainReason(reason: string): string {
  return isKnown(reason) ? REASON_WORDS[reason] : reason;
}

function isKnown(reason: string): reason is TransitionReason {
  return Object.hasOwn(REASON_WORDS, reason);
}

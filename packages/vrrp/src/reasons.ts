// Why a router changed state: the tokens that log, event, metric, hook, CLI and page share.

/** Every fault reason, the one that explains most first. */
export const FAULT_REASONS = [
  /** The operator has put this node into maintenance. */
  'maintenance',
  /** The interface does not exist. */
  'interface-missing',
  /** The interface exists, but no socket could be opened on it. */
  'socket-unavailable',
  /** The interface is down or has no carrier. */
  'link-down',
  /** The address that the router is told to send from is not on its interface. */
  'source-address-missing',
  /** The interface has no address to send from. */
  'no-primary-address',
  /** The kernel refused the virtual addresses. */
  'address-install-failed',
  /** A tracker without a weight has failed. */
  'tracker-failed',
] as const;

/** What keeps a router out of the election. Several can hold at once. */
export type FaultReason = (typeof FAULT_REASONS)[number];

/** Why a virtual router changed its state. */
export type TransitionReason =
  | FaultReason
  /** The router began to take part. */
  | 'startup'
  /** It holds priority 255 and became master without waiting (RFC 9568 §6.4.1). */
  | 'address-owner'
  /** Nobody was heard for Master_Down_Interval (RFC 9568 §6.4.2). */
  | 'master-down-timer'
  /** A lower-priority master was heard and overruled (Preempt_Mode, RFC 9568 §6.1). */
  | 'preempted-lower-priority'
  /** The master said that it leaves (RFC 9568 §6.4.2). */
  | 'priority-zero-received'
  /** A better master was heard (RFC 9568 §6.4.3). */
  | 'higher-priority-advert'
  /** The agents hand the mastership over: who was told to take it, and who was told to let go. */
  | 'handover'
  /** Every fault has gone. */
  | 'fault-cleared'
  /** Another member of its sync group is not master any more, or cannot be: all members move together. */
  | 'group-member-left'
  /** This process slept longer than its peers are patient. */
  | 'woke-from-stall'
  /** It was told to leave. */
  | 'shutdown';

/** Whether a master that leaves for this reason says so with priority 0: not where nothing can be sent, not to a better
 *  master, and not after a sleep, when somebody else may be master long since. */
export function resigns(reason: TransitionReason): boolean {
  return reason === 'shutdown' || reason === 'tracker-failed' || reason === 'address-install-failed'
    || reason === 'group-member-left' || reason === 'maintenance';
}

// Why a router changed state: the tokens that log, event, metric, hook, CLI and page share.

/** Every fault reason, the one that explains most first. */
export const FAULT_REASONS = [
  'interface-missing', 'link-down', 'no-primary-address', 'address-install-failed', 'tracker-failed',
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
  /** Every fault has gone. */
  | 'fault-cleared'
  /** This process slept longer than its peers are patient. */
  | 'woke-from-stall'
  | 'shutdown';

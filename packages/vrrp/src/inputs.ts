// Everything that can happen to a virtual router. A closed union: a new event is a new member here and a new row of
// the state table.

import type { IpAddress } from '@baton/base';
import type { Advertisement } from './advertisement.js';
import type { FaultReason } from './reasons.js';
import type { VirtualRouterParameters } from './parameters.js';

export type VirtualRouterInput =
  /** Begin to take part (RFC 9568 §6.4.1). */
  | { readonly kind: 'startup' }
  /** Leave: resign if master (RFC 9568 §6.4.2, §6.4.3). The router can be started again. */
  | { readonly kind: 'shutdown' }
  /** A valid advertisement for this virtual router, heard from another router. */
  | { readonly kind: 'advertisement'; readonly advertisement: Advertisement; readonly source: IpAddress }
  /** The instant of `nextDeadline()` has come, or passed. Harmless when nothing is due. */
  | { readonly kind: 'timer' }
  /** The configuration changed; name, interface, VRID, version and family are the same. */
  | { readonly kind: 'parameters-changed'; readonly parameters: VirtualRouterParameters }
  /** The sum of the trackers' weights changed; the effective priority is clamped to 1–254 (an owner's is not
   *  touched). */
  | { readonly kind: 'priority-changed'; readonly adjustment: number }
  /** The primary address of the interface, or undefined when it has none. */
  | { readonly kind: 'address-changed'; readonly primaryAddress: IpAddress | undefined }
  /** A reason why the router cannot be master came (`active`) or went. */
  | { readonly kind: 'fault-changed'; readonly reason: FaultReason; readonly active: boolean }
  /** This process slept longer than the peers are patient: a master becomes backup (reason `woke-from-stall`, a full
   *  Master_Down_Interval from now), releases its addresses and sends nothing, not even a resignation; other states
   *  ignore it. */
  | { readonly kind: 'stalled' }
  /** The claim of the addresses was refused: the router must not be master (guarantee D10). */
  | { readonly kind: 'claim-failed' }
  /** The agent hands the mastership over, or has ended that: while a router is held it counts with priority 1. It is
   *  not held any more when it is promoted, when its master resigns, or when it leaves. */
  | { readonly kind: 'held-changed'; readonly held: boolean }
  /** The agents have agreed on it: a backup becomes master at once, in a sync group together with the others. Any other
   *  state ignores it. */
  | { readonly kind: 'takeover-requested' }
  /** The part that the router has in its sync group. Like the next two, only sync-group.ts feeds this. */
  | { readonly kind: 'group-joined'; readonly role: GroupRole }
  /** The group counts this adjustment for every member instead of its own. */
  | { readonly kind: 'group-adjusted'; readonly adjustment: number }
  | { readonly kind: 'group-decided'; readonly decision: GroupDecision };

/** alone: no group · deciding: a defeat of this member is the group's at once · following: it waits whether the
 *  deciding member loses as well. */
export type GroupRole = 'alone' | 'deciding' | 'following';

export type GroupDecision =
  /** All others are due or master: a due member becomes master, for the reason why it was due. */
  | 'promote'
  /** Another member is not master any more: a master resigns (reason `group-member-left`). */
  | 'yield'
  /** Another member's master has resigned: a backup waits no longer than a living master takes to be heard. */
  | 'hurry'
  /** A following member hears a better master: the deciding one advertises at once, so that both sides learn who
   *  wins. */
  | 'advertise'
  /** The claim of every member has succeeded. */
  | 'settle'
  /** A due member was told to be split from its group. */
  | 'report-split';

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
  | { readonly kind: 'claim-failed' };

// Everything a virtual router can ask for. The order in which handle() returns them is the contract: perform() keeps
// it.

import type { IpAddress } from '@baton/base';
import type { VirtualAddress } from './parameters.js';
import type { FaultReason, TransitionReason } from './reasons.js';

/** The names of the states, as operators read them. */
export type StateName = 'initialize' | 'backup' | 'master' | 'fault';

/** One transition, with what is needed to explain it. */
export interface StateChange {
  readonly from: StateName;
  readonly to: StateName;
  readonly reason: TransitionReason;
  /** Grows with every mastership of this router on this node; the fence against late hooks. */
  readonly epoch: number;
  /** Effective priority at the moment of the change. */
  readonly priority: number;
  /** The master after this change as far as it is known: its address and priority. */
  readonly master: { readonly address: IpAddress; readonly priority: number } | undefined;
  /** All reasons that hold while `to` is fault. */
  readonly faults: readonly FaultReason[];
}

export type VirtualRouterOutput =
  /** Send one advertisement built from the present parameters; `priority` is the effective one, or 0 to resign. */
  | { readonly kind: 'send-advertisement'; readonly priority: number }
  /** Hold exactly these addresses. When it fails, the rest of the list is void and `claim-failed` is the next input. */
  | { readonly kind: 'claim-addresses'; readonly addresses: readonly VirtualAddress[] }
  /** Hold none of them any more. */
  | { readonly kind: 'release-addresses'; readonly addresses: readonly VirtualAddress[] }
  /** Gratuitous ARP or unsolicited neighbour advertisement, `count` frames for each address. */
  | { readonly kind: 'announce-addresses'; readonly addresses: readonly VirtualAddress[]; readonly count: number }
  | { readonly kind: 'state-changed'; readonly change: StateChange }
  /** A member of a sync group is due since a Master_Down_Interval, while the members `following` (their keys) hear a
   *  master: its segment loses adverts, or the priorities contradict each other. Or that is over (not `active`). */
  | { readonly kind: 'sync-group-split'; readonly active: boolean; readonly following: readonly string[] }
  /** A master heard a lower-priority advertisement and overruled it (hook `master-received-lower-priority`). */
  | { readonly kind: 'lower-priority-received'; readonly source: IpAddress; readonly priority: number };

// A mastership that is handed over on the agents' word, so that the address is never without a holder. Part of no RFC:
// both nodes go on by RFC 9568 §6.4, one with the lowest priority, the other without waiting. What a held router does
// in each of its states; who takes over from whom is decided elsewhere.

import type { Instant } from '@baton/base';
import { leaveAlone } from './backup.js';
import type { Contender } from './election.js';
import type { MasterState, Predecessor } from './master.js';
import type { VirtualRouterOutput } from './outputs.js';
import type { Standing } from './standing.js';
import type { State } from './state.js';

/** Why a router is not held, or does not take over: it owns its addresses, or it takes no part in the election now. */
export type HandoverRefusal = 'address-owner' | 'initialize' | 'fault';

/** Begins or ends the hold of a router. A master tells its peers at once; a backup that is held stops preempting. An
 *  owner is never held [BATON-handover-4]. */
export function hold(standing: Standing, held: boolean, now: Instant): VirtualRouterOutput[] {
  if (held === standing.held || (held && standing.ownsAddresses)) return [];
  standing.held = held;
  const { state } = standing;
  if (state.kind === 'master') return [standing.advertise()]; // [BATON-handover-1]
  if (held && state.kind === 'backup') standing.assign(leaveAlone(state, standing.patience, now));
  return [];
}

/** Why a router in this state cannot take over. */
export function takeOverRefusal({ kind }: State): HandoverRefusal | undefined {
  return kind === 'initialize' || kind === 'fault' ? kind : undefined;
}

/** Whom a backup takes over from, as far as it has heard anybody. */
export function predecessorOf(standing: Standing, now: Instant): Predecessor | undefined {
  const { state, master } = standing;
  if (state.kind !== 'backup' || master === undefined) return undefined;
  return { address: master.address, obeyedFrom: now + state.masterAdvertIntervalMs };
}

/** Whether a better advertisement was probably sent before its sender was held: then it is not obeyed
 *  [BATON-handover-5]. For one interval only, so that two masters never persist. */
export function isOutdated({ predecessor }: MasterState, better: Contender, now: Instant): boolean {
  return predecessor !== undefined && better.address === predecessor.address && now < predecessor.obeyedFrom;
}

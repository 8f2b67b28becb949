// Decides which of two routers wins [RFC9568-6.4.3-4]. Pure. Knows nothing of sockets, timers or addresses owned.

import { compareAddresses, type IpAddress } from '@baton/base';

/** A router as an election sees it: what its advertisements carry. */
export interface Contender {
  /** 0–255. */
  readonly priority: number;
  /** The primary address of its interface, the source of its advertisements. */
  readonly address: IpAddress;
}

/** Whether `candidate` beats `incumbent`: the higher priority wins, and among equals the higher primary address,
 *  compared as an unsigned number in network order. False between a router and itself. */
export function isBetterMaster(candidate: Contender, incumbent: Contender): boolean {
  if (candidate.priority !== incumbent.priority) return candidate.priority > incumbent.priority;
  return compareAddresses(candidate.address, incumbent.address) > 0;
}

// Decides whom a router advertises to in unicast mode, and what from: what its key says, or else the addresses of the
// nodes.

import { addressFamily, type IpAddress } from '@baton/base';
import type { UnicastPeer } from '@baton/vrrp';
import { ofFamily } from './address-families.js';
import type { DraftRouter, NodeAddress } from './draft.js';

/** The peers of one family; empty without unicast.
 *  @param others the nodes of `peers` without this one */
export function unicastPeers(
  router: DraftRouter, others: readonly NodeAddress[], family: 4 | 6,
): readonly UnicastPeer[] {
  const unicast = router.unicast?.value ?? false;
  if (unicast === false) return [];
  const leastTtl = unicast === true ? 255 : unicast.min_ttl?.value ?? 255;
  const named = unicast === true ? undefined : unicast.peers?.value;
  const peers = named?.map(({ value: { address, minTtl } }) => ({ address, minTtl: minTtl ?? leastTtl }))
    ?? others.map(({ address }) => ({ address, minTtl: leastTtl }));
  return ofFamily(peers, family);
}

/** Whether the peers of a router in unicast mode are those of the whole file, by the addresses that stand there. */
export function usesNodeAddresses(router: DraftRouter): boolean {
  const unicast = router.unicast?.value ?? false;
  return unicast === true || (unicast !== false && unicast.peers?.value === undefined);
}

/** What a router advertises from; undefined is the primary address of its interface. Where the peers are those of the
 *  file, they send to this node's address there and expect to hear from it.
 *  @param own this node's address, when the file says it */
export function sourceAddress(router: DraftRouter, own: IpAddress | undefined, family: 4 | 6): IpAddress | undefined {
  const given = router.source_address?.value?.find(({ value }) => addressFamily(value) === family);
  if (given !== undefined) return given.value;
  const isNamed = own !== undefined && addressFamily(own) === family;
  return isNamed && usesNodeAddresses(router) ? own : undefined;
}

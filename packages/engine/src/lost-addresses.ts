// Sees that somebody else took a virtual address off a master.

import type { LinkState } from '@baton/net';
import type { VirtualAddress } from '@baton/vrrp';
import type { HostedRouter } from './hosted-router.js';

/** The addresses that a master should have on this interface and has not. */
export function findLostAddresses(hosted: HostedRouter, link: LinkState): readonly VirtualAddress[] {
  const { state, parameters } = hosted.router;
  if (state.kind !== 'master' || !link.exists) return [];
  const present = new Set(link.addresses.map((entry) => entry.address));
  return parameters.addresses.filter(
    (address) => hosted.placed(address).interface === link.interface && !present.has(address.address),
  );
}

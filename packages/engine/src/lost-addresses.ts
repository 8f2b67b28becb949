// Sees that somebody else took a virtual address off a master, and puts it back in place.

import { isBatonError, type Instant } from '@baton/base';
import { virtualLinkName, type LinkState } from '@baton/net';
import { heldAddresses, type VirtualAddress } from '@baton/vrrp';
import type { FamilyRouter } from './hosted-router.js';
import { performTurn, takeTurn, type TurnContext } from './turn.js';

/** The addresses that a master should have on this interface and has not. */
export function findLostAddresses(family: FamilyRouter, link: LinkState): readonly VirtualAddress[] {
  const { state, parameters } = family.router;
  // An interface takes its addresses along, and comes back to us by itself; a virtual link does not.
  if (state.kind !== 'master' || (!link.exists && link.interface !== family.virtualLink?.name)) return [];
  const present = new Set(link.addresses.map((entry) => entry.address));
  return heldAddresses(parameters).filter(
    (address) => family.placed(address).interface === link.interface && !present.has(address.address),
  );
}

/** A master whose address somebody took off gets it back in the same turn, until that has happened too often. */
export function reinstateLostAddresses(
  family: FamilyRouter,
  link: LinkState,
  now: Instant,
  context: TurnContext,
): void {
  const lost = findLostAddresses(family, link);
  if (lost.length === 0 || (!link.exists && !isOnPresentParent(family, link, context))) return;
  for (const address of lost) {
    const fields = { router: family.name, address: address.address, interface: link.interface };
    context.notices.say('warn', 'address-lost', fields);
  }
  if (family.losses.isTooMany(now)) {
    family.refusal = undefined;
    takeTurn(family, { kind: 'claim-failed' }, now, context);
    return;
  }
  const { count } = family.router.parameters.announce;
  performTurn(
    family,
    [
      { kind: 'claim-addresses', addresses: lost },
      { kind: 'announce-addresses', addresses: lost, count },
    ],
    now,
    context,
  );
}

/** Whether a virtual link can be made again where it was. What went with its parent is the news of that one. */
function isOnPresentParent(family: FamilyRouter, link: LinkState, { ports }: TurnContext): boolean {
  try {
    const { exists, index } = ports.linkMonitor.read(family.router.parameters.interface);
    return exists && virtualLinkName(family.router.parameters.vrid, family.family, index) === link.interface;
  } catch (error) {
    // A kernel that does not answer now tells again later.
    if (isBatonError(error)) return false;
    throw error;
  }
}

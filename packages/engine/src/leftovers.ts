// Addresses of a past life: what a node must take off its interfaces before it takes part. Runs once for each router
// that is new to the engine.

import { addressFamily } from '@baton/base';
import type { HeldAddress } from '@baton/net';
import type { FamilyRouter } from './hosted-router.js';
import type { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** Takes every virtual address of these routers off, wherever on this host it is found.
 *
 *  Left in place: what an address owner (priority 255) has of its own, and the last address that an interface has in a
 *  family, because a virtual address that is also the only address is a configuration error and deleting it would cut
 *  the host off.
 *  @param held what the kernel holds now, on all interfaces */
export function removeLeftovers(
  added: readonly FamilyRouter[],
  held: readonly HeldAddress[],
  ports: Pick<EnginePorts, 'addressOwner'>,
  notices: Notices,
): void {
  let left = held;
  for (const family of added) {
    const virtual = new Set(family.virtualAddresses());
    for (const address of left.filter((entry) => virtual.has(entry.address))) {
      const fields = { router: family.name, address: address.address, interface: address.interface };
      if (family.ownsAddresses() && !address.ours) {
        family.preexisting.add(address.address);
      } else if (isOnlyAddress(address, left)) {
        notices.say('error', 'virtual-address-is-the-hosts-only-address', fields);
      } else {
        const result = ports.addressOwner.release(address);
        if (result.ok) left = left.filter((entry) => entry !== address);
        if (result.ok && result.already) notices.say('warn', 'leftover-address-removed', fields);
        if (!result.ok) notices.say('error', 'leftover-address-not-removed', { ...fields, errno: result.errno });
      }
    }
  }
}

function isOnlyAddress(address: HeldAddress, held: readonly HeldAddress[]): boolean {
  if (address.ours) return false;
  const ipFamily = addressFamily(address.address);
  const onInterface = held.filter((entry) => entry.interface === address.interface);
  return onInterface.filter((entry) => addressFamily(entry.address) === ipFamily).length === 1;
}

// Addresses of a past life: what a node must take off its interfaces before it takes part. Runs once for each router
// that is new to the engine.

import { addressFamily, formatAddressPrefix } from '@baton/base';
import type { HeldAddress } from '@baton/net';
import type { AddressPlace } from './address-record.js';
import type { VirtualAddress } from '@baton/vrrp';
import type { FamilyRouter } from './hosted-router.js';
import type { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';
import { isSameDestination, routesOf } from './routes.js';

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

/** What a past life of this daemon may have put on the host and what is not configured any more. */
export interface Abandonment {
  /** What that life has kept of itself. */
  readonly kept: readonly AddressPlace[];
  readonly configured: readonly AddressPlace[];
  /** Whether the kernel keeps our mark: what does not carry it is then nobody's of ours. Where it keeps none, what was
   *  kept is believed. */
  readonly keepsMarks: boolean;
}

/** Takes off what is not configured any more, exactly where a past life of this daemon had it: what another daemon has
 *  is not touched.
 *  @throws {BatonError} when the kernel does not answer */
export function removeAbandoned(
  { kept, configured, keepsMarks }: Abandonment,
  ports: Pick<EnginePorts, 'addressOwner'>,
  notices: Notices,
): void {
  const wanted = new Set(configured.map(placeKey));
  const abandoned = new Set(kept.map(placeKey).filter((key) => !wanted.has(key)));
  if (abandoned.size === 0) return;
  const held = ports.addressOwner.list();
  for (const address of held) {
    if (!abandoned.has(placeKey(address)) || (keepsMarks ? !address.ours : isOnlyAddress(address, held))) continue;
    const result = ports.addressOwner.release(address);
    const fields = { address: address.address, interface: address.interface };
    if (result.ok) notices.say('warn', 'abandoned-address-removed', fields);
    else notices.say('error', 'leftover-address-not-removed', { ...fields, errno: result.errno });
  }
}

function placeKey({ interface: name, address, prefixLength }: AddressPlace): string {
  return `${name} ${address}/${String(prefixLength)}`;
}

/** Remembers which of these addresses are the host's own: a router that becomes their owner must not release them.
 *  @param held what the kernel holds now, on all interfaces */
export function notePreexisting(
  family: FamilyRouter,
  addresses: readonly VirtualAddress[],
  held: readonly HeldAddress[],
): void {
  const foreign = new Set(held.filter(({ ours }) => !ours).map(({ address }) => address));
  for (const { address } of addresses) if (foreign.has(address)) family.preexisting.add(address);
}

function isOnlyAddress(address: HeldAddress, held: readonly HeldAddress[]): boolean {
  if (address.ours) return false;
  const ipFamily = addressFamily(address.address);
  const onInterface = held.filter((entry) => entry.interface === address.interface);
  return onInterface.filter((entry) => addressFamily(entry.address) === ipFamily).length === 1;
}

/** Takes off what else of a past life is still there, before a node that begins does anything: the links of virtual
 *  MACs, with the addresses on them, and routes to where these routers lead as masters.
 *  @throws {BatonError} when the kernel does not answer */
export function removeLeftoverLinksAndRoutes(
  added: readonly FamilyRouter[],
  ports: Pick<EnginePorts, 'virtualLinks' | 'routeOwner'>,
  notices: Notices,
): void {
  const wanted = added.flatMap((family) => routesOf(family));
  const stale = wanted.length === 0 ? [] : ports.routeOwner.list();
  for (const route of stale.filter((each) => wanted.some((other) => isSameDestination(each, other)))) {
    ports.routeOwner.release(route);
    notices.say('warn', 'leftover-route-removed', { to: formatAddressPrefix(route.to), table: route.table });
  }
  for (const link of ports.virtualLinks.list()) {
    const result = ports.virtualLinks.remove(link);
    const fields = { interface: link.parent, link: link.name, mac: link.mac };
    if (result.ok) notices.say('warn', 'leftover-link-removed', fields);
    else notices.say('error', 'virtual-link-not-removed', { ...fields, errno: result.errno });
  }
}

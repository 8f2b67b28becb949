// Decides what one list of virtual addresses means to each address family: which of them an advertisement carries, in
// which order, and which link-local address an IPv6 virtual router has that was given none (RFC 9568 §5.2.9).

import { addressFamily, type IpAddress } from '@baton/base';
import { isLinkLocal, type VirtualAddress } from '@baton/vrrp';

const FAMILIES = [4, 6] as const;

/** The families of these addresses, IPv4 first. */
export function familiesOf(addresses: readonly { readonly address: IpAddress }[]): readonly (4 | 6)[] {
  return FAMILIES.filter((family) => addresses.some(({ address }) => addressFamily(address) === family));
}

/** The addresses of one family. */
export function ofFamily<T extends { readonly address: IpAddress }>(addresses: readonly T[], family: 4 | 6): T[] {
  return addresses.filter(({ address }) => addressFamily(address) === family);
}

/** What an advertisement of one family carries: the addresses as configured, but link-local ones first, and that of
 *  the virtual router where none is configured. */
export function advertisedAddresses(
  addresses: readonly VirtualAddress[], family: 4 | 6, vrid: number,
): readonly VirtualAddress[] {
  const own = ofFamily(addresses, family);
  if (family === 4) return own;
  const linkLocal = own.filter(({ address }) => isLinkLocal(address));
  const others = own.filter(({ address }) => !isLinkLocal(address));
  const first = linkLocal.length > 0 ? linkLocal : [{ address: virtualLinkLocal(vrid), prefixLength: 64 }];
  return [...first, ...others];
}

/** The link-local address that an interface with the virtual MAC of an IPv6 virtual router has by itself: the modified
 *  EUI-64 of 00:00:5e:00:02:VRID (RFC 9568 §7.3 and §7.4, RFC 4291 appendix A). All nodes derive the same one, and no
 *  other virtual router on the link has it.
 *  @param vrid 1–255 */
export function virtualLinkLocal(vrid: number): IpAddress {
  return `fe80::200:5eff:fe00:2${vrid.toString(16).padStart(2, '0')}`;
}

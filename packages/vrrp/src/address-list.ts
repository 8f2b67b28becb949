// The list of virtual addresses as advertisements carry it (RFC 9568 §5.2.9): how many fit, what comes first, and how
// two lists compare. Knows no message.

import type { IpAddress } from '@baton/base';

/** Size of an IP datagram that every Ethernet carries, bytes. */
const MTU_BYTES = 1500;
const VRRP_HEADER_BYTES = 8;
/** The count is one byte. */
const MAX_COUNT = 255;

/** How many addresses one advertisement carries unfragmented: 255 for IPv4, 90 for IPv6.
 *  @param trailerBytes what follows the message, 0 or the size of an authentication trailer: 89 for IPv6 then */
export function maxAddressCount(family: 4 | 6, trailerBytes = 0): number {
  const [ipHeaderBytes, addressBytes] = family === 4 ? [20, 4] : [40, 16];
  return Math.min(Math.floor((MTU_BYTES - ipHeaderBytes - VRRP_HEADER_BYTES - trailerBytes) / addressBytes), MAX_COUNT);
}

/** Whether an address is in fe80::/10. */
export function isLinkLocal(address: IpAddress): boolean {
  return /^fe[89ab][0-9a-f]:/u.test(address);
}

/** The same addresses, link-local ones first, otherwise in the same order [RFC9568-5.2.9-1] [RFC9568-5.2.9-2]. */
export function linkLocalFirst(addresses: readonly IpAddress[]): IpAddress[] {
  return [...addresses.filter(isLinkLocal), ...addresses.filter((address) => !isLinkLocal(address))];
}

/** How the addresses of an advertisement compare to ours, as sets: the order is a debugging aid (RFC 9568 §5.2.9). */
export function compareLists(
  theirs: readonly IpAddress[], ours: readonly IpAddress[],
): 'same' | 'overlapping' | 'disjoint' {
  const [left, right] = [new Set(theirs), new Set(ours)];
  const shared = [...right].filter((address) => left.has(address)).length;
  if (shared === left.size && shared === right.size) return 'same';
  return shared === 0 ? 'disjoint' : 'overlapping';
}

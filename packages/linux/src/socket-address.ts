// Socket addresses and membership requests as the kernel reads them, byte by byte. Pure. Knows no socket.

import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX } from './constants.js';

/** struct sockaddr_in <netinet/in.h>, 16 bytes; the port is 0.
 *  @param address 4 bytes in network order */
export function encodeInternetAddress(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint16(0, AF_INET, true);
  bytes.set(address.subarray(0, 4), 4);
  return bytes;
}

/** The size of struct sockaddr_in6. */
export const INTERNET6_ADDRESS_BYTES = 28;

/** struct sockaddr_in6 <netinet/in.h>; port and flow information are 0.
 *  @param address 16 bytes in network order
 *  @param scope the index of the interface on which a link-local address is meant; 0 for any other */
export function encodeInternet6Address(address: Uint8Array, scope: number): Uint8Array {
  const bytes = new Uint8Array(INTERNET6_ADDRESS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true);
  bytes.set(address.subarray(0, 16), 8);
  view.setUint32(24, scope, true);
  return bytes;
}

/** The address in a struct sockaddr_in6, 16 bytes that share its memory. */
export function decodeInternet6Address(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(8, 24);
}

/** struct sockaddr_ll <linux/if_packet.h>, 20 bytes: a frame that already has its Ethernet header goes out of interface
 *  `index`. */
export function encodeLinkAddress(index: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setInt32(4, index, true);
  return bytes;
}

/** struct sockaddr_nl <linux/netlink.h>, 12 bytes: the kernel chooses the port; groups are joined one by one. */
export function encodeNetlinkAddress(): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint16(0, AF_NETLINK, true);
  return bytes;
}

/** struct sockaddr_un <sys/un.h>: a path with its final zero, or an abstract name when it begins with `@`.
 *  @returns undefined when the name is empty or longer than the 107 bytes the structure has */
export function encodeUnixAddress(name: string): Uint8Array | undefined {
  const text = new TextEncoder().encode(name);
  if (text.length === 0 || text.length > 107) return undefined;
  const abstract = name.startsWith('@');
  const bytes = new Uint8Array(2 + text.length + (abstract ? 0 : 1));
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(text, 2);
  if (abstract) bytes[2] = 0;
  return bytes;
}

/** struct ip_mreqn <linux/in.h>, 12 bytes: group and local address in network order, interface by index. */
export function encodeMulticastRequest(group: Uint8Array, local: Uint8Array, index: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(group.subarray(0, 4), 0);
  bytes.set(local.subarray(0, 4), 4);
  new DataView(bytes.buffer).setInt32(8, index, true);
  return bytes;
}

/** struct ipv6_mreq <linux/in6.h>, 20 bytes: group in network order, interface by index. */
export function encodeMulticastRequest6(group: Uint8Array, index: number): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(group.subarray(0, 16), 0);
  new DataView(bytes.buffer).setInt32(16, index, true);
  return bytes;
}

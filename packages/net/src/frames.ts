// Ethernet frames as bytes: gratuitous ARP (RFC 5227, RFC 9568 §6.4.1) and unsolicited neighbour advertisements (RFC
// 4861 §7.2.6), which tell a LAN who holds an address, and IP datagrams to a group from a MAC that is not the
// interface's (RFC 9568 §7.2). Pure. Knows no socket and does not decide when to send.

import { type IpAddress, addressBytes, addressFamily } from '@baton/base';

/** TTL and hop limit of what must not have passed a router: advertisements (RFC 9568 §5.1.1.3, §5.1.2.3) and neighbour
 *  advertisements (RFC 4861 §7.1.2). */
export const HOP_LIMIT = 255;

/** Type of service and traffic class of advertisements: class selector 6, network control, with which every VRRP
 *  implementation marks them. */
export const CLASS_SELECTOR_6 = 0xc0;

/** A gratuitous ARP, 42 bytes: sender and target are the address itself. Receivers ignore the target hardware address
 *  of a request, so it is all ones as in keepalived's; in a reply it is the sender's (RFC 5944 §4.6).
 *  @param mac 6 bytes: who answers for the address from now on
 *  @param address IPv4
 *  @param form `request` is operation 1, `reply` operation 2 */
export function encodeGratuitousArp(
  mac: Uint8Array, address: IpAddress, form: 'request' | 'reply' = 'request',
): Uint8Array {
  const frame = new Uint8Array(42);
  const protocolAddress = addressBytes(address);
  frame.fill(0xff, 0, 6);
  frame.set(mac, 6);
  frame.set([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, form === 'request' ? 1 : 2], 12);
  frame.set(mac, 22);
  frame.set(protocolAddress, 28);
  if (form === 'request') frame.fill(0xff, 32, 38);
  else frame.set(mac, 32);
  frame.set(protocolAddress, 38);
  return frame;
}

/** An unsolicited neighbour advertisement to all nodes, 86 bytes, with the flags router and override (`a0000000`):
 *  RFC 9568 §6.4.2 asks for the router flag always, where keepalived sets it only on hosts that forward.
 *  @param mac 6 bytes: who answers for the address from now on
 *  @param address IPv6 */
export function encodeNeighbourAdvertisement(mac: Uint8Array, address: IpAddress): Uint8Array {
  const frame = new Uint8Array(86);
  const target = addressBytes(address);
  frame.set([0x33, 0x33, 0x00, 0x00, 0x00, 0x01], 0);
  frame.set(mac, 6);
  frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, ADVERTISEMENT_BYTES, ICMPV6_PROTOCOL, HOP_LIMIT], 12);
  frame.set(target, 22);
  frame.set(addressBytes('ff02::1'), 38);
  frame.set([136, 0, 0, 0, 0xa0, 0, 0, 0], 54);
  frame.set(target, 62);
  frame.set([2, 1], 78);
  frame.set(mac, 80);
  new DataView(frame.buffer).setUint16(56, icmpChecksum(frame));
  return frame;
}

/** A whole frame that carries one datagram of protocol 112 to a group, its type of service and TTL as above.
 *  @param sourceMac 6 bytes: the virtual MAC
 *  @param source 4 or 16 bytes
 *  @param destination a group, as long as the source
 *  @param payload what the IP header carries */
export function encodeAdvertisementFrame(
  sourceMac: Uint8Array, source: Uint8Array, destination: Uint8Array, payload: Uint8Array,
): Uint8Array {
  const header = source.length === 4
    ? encodeIpv4Header(source, destination, payload.length) : encodeIpv6Header(source, destination, payload.length);
  const frame = new Uint8Array(ETHERNET_HEADER_BYTES + header.length + payload.length);
  frame.set(groupMac(destination), 0);
  frame.set(sourceMac, 6);
  frame.set(source.length === 4 ? [0x08, 0x00] : [0x86, 0xdd], 12);
  frame.set(header, ETHERNET_HEADER_BYTES);
  frame.set(payload, ETHERNET_HEADER_BYTES + header.length);
  return frame;
}

/** Whether an address is a multicast group. */
export function isGroup(address: IpAddress): boolean {
  const [first = 0] = addressBytes(address);
  return addressFamily(address) === 4 ? first >= 224 && first <= 239 : first === 0xff;
}

/** The 6 bytes of a MAC as formatMac writes it. */
export function parseMac(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** A MAC as text, `02:00:00:00:00:01`. */
export function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

const ETHERNET_HEADER_BYTES = 14;
const ADVERTISEMENT_PROTOCOL = 112;
const ICMPV6_PROTOCOL = 58;
const ADVERTISEMENT_BYTES = 32;

/** Identification 0 and "may be fragmented", as keepalived sends it: nobody fragments what may not be forwarded. */
function encodeIpv4Header(source: Uint8Array, destination: Uint8Array, payloadBytes: number): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  header.set([0x45, CLASS_SELECTOR_6], 0);
  view.setUint16(2, header.length + payloadBytes);
  header.set([HOP_LIMIT, ADVERTISEMENT_PROTOCOL], 8);
  header.set(source, 12);
  header.set(destination, 16);
  view.setUint16(10, onesComplementChecksum(header, 0));
  return header;
}

/** Flow label 0. */
function encodeIpv6Header(source: Uint8Array, destination: Uint8Array, payloadBytes: number): Uint8Array {
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  view.setUint32(0, (6 << 28) | (CLASS_SELECTOR_6 << 20));
  view.setUint16(4, payloadBytes);
  header.set([ADVERTISEMENT_PROTOCOL, HOP_LIMIT], 6);
  header.set(source, 8);
  header.set(destination, 24);
  return header;
}

/** The MAC of a group: RFC 1112 §6.4 for IPv4, RFC 2464 §7 for IPv6. */
function groupMac(group: Uint8Array): Uint8Array {
  if (group.length === 16) return Uint8Array.of(0x33, 0x33, ...group.subarray(12));
  const [, second = 0, third = 0, fourth = 0] = group;
  return Uint8Array.of(0x01, 0x00, 0x5e, second & 0x7f, third, fourth);
}

/** The checksum over the pseudo-header of RFC 8200 §8.1 and the ICMPv6 message of a frame whose checksum field is 0. */
function icmpChecksum(frame: Uint8Array): number {
  return onesComplementChecksum(frame.subarray(22), ICMPV6_PROTOCOL + ADVERTISEMENT_BYTES);
}

/** The ones-complement checksum of RFC 1071 over an even number of bytes.
 *  @param start a sum of what is not among the bytes */
function onesComplementChecksum(bytes: Uint8Array, start: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = start;
  for (let offset = 0; offset < bytes.length; offset += 2) sum += view.getUint16(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

// Ethernet frames that tell a LAN who holds an address: gratuitous ARP (RFC 5227, RFC 9568 §6.4.1) and unsolicited
// neighbour advertisements (RFC 4861 §7.2.6). Pure bytes. Knows no socket and does not decide when to send.

import { type IpAddress, addressBytes } from '@baton/base';

/** A gratuitous ARP in request form, 42 bytes: sender and target are the address itself. Receivers ignore the target
 *  hardware address of a request, so it is all ones as in keepalived's.
 *  @param mac 6 bytes: who answers for the address from now on
 *  @param address IPv4 */
export function encodeGratuitousArp(mac: Uint8Array, address: IpAddress): Uint8Array {
  const frame = new Uint8Array(42);
  const protocolAddress = addressBytes(address);
  frame.fill(0xff, 0, 6);
  frame.set(mac, 6);
  frame.set([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01], 12);
  frame.set(mac, 22);
  frame.set(protocolAddress, 28);
  frame.fill(0xff, 32, 38);
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
  frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, ADVERTISEMENT_BYTES, ICMPV6_PROTOCOL, 255], 12);
  frame.set(target, 22);
  frame.set(addressBytes('ff02::1'), 38);
  frame.set([136, 0, 0, 0, 0xa0, 0, 0, 0], 54);
  frame.set(target, 62);
  frame.set([2, 1], 78);
  frame.set(mac, 80);
  new DataView(frame.buffer).setUint16(56, icmpChecksum(frame));
  return frame;
}

/** A MAC as text, `02:00:00:00:00:01`. */
export function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

const ICMPV6_PROTOCOL = 58;
const ADVERTISEMENT_BYTES = 32;

/** The ones-complement checksum over the pseudo-header of RFC 8200 §8.1 and the ICMPv6 message of a frame whose
 *  checksum field is 0. */
function icmpChecksum(frame: Uint8Array): number {
  const view = new DataView(frame.buffer);
  let sum = ICMPV6_PROTOCOL + ADVERTISEMENT_BYTES;
  for (let offset = 22; offset < frame.length; offset += 2) sum += view.getUint16(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

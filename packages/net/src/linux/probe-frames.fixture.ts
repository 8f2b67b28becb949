// Frames that the live tests ask with, and what they read in the frames that come back.

import { addressBytes, addressFamily, formatAddress } from '@baton/base';

import { formatMac, parseMac } from '../frames.js';

/** An ARP request to everybody: who has `target`, tell `sender`. */
export function encodeArpRequest(senderMac: string, sender: string, target: string): Uint8Array {
  const frame = new Uint8Array(42).fill(0xff, 0, 6);
  const mac = parseMac(senderMac);
  frame.set(mac, 6);
  frame.set([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01], 12);
  frame.set(mac, 22);
  frame.set(addressBytes(sender), 28);
  frame.set(addressBytes(target), 38);
  return frame;
}

/** An Ethernet frame around an IPv4 packet without options and with an empty payload of some protocol. */
export function encodeIpv4Frame(
  macs: { readonly from: string; readonly to: string }, source: string, destination: string, protocol: number,
): Uint8Array {
  const frame = new Uint8Array(60);
  frame.set(parseMac(macs.to), 0);
  frame.set(parseMac(macs.from), 6);
  frame.set([0x08, 0x00, 0x45, 0, 0, 20, 0, 0, 0, 0, 255, protocol], 12);
  frame.set(addressBytes(source), 26);
  frame.set(addressBytes(destination), 30);
  const view = new DataView(frame.buffer);
  let sum = 0;
  for (let offset = 14; offset < 34; offset += 2) sum += view.getUint16(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  return frame;
}

/** A packet of a protocol that nobody speaks, of the family of its addresses. */
export function encodeProbe(
  macs: { readonly from: string; readonly to: string }, source: string, destination: string,
): Uint8Array {
  if (addressFamily(source) === 4) return encodeIpv4Frame(macs, source, destination, UNUSED_PROTOCOL);
  const frame = new Uint8Array(60);
  frame.set(parseMac(macs.to), 0);
  frame.set(parseMac(macs.from), 6);
  frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, UNUSED_PROTOCOL, 255], 12);
  frame.set(addressBytes(source), 22);
  frame.set(addressBytes(destination), 38);
  return frame;
}

/** Whether a frame carries what encodeProbe made, forwarded or not. */
export function isProbe(frame: Uint8Array): boolean {
  const etherType = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  return (etherType === 0x0800 ? frame[23] : etherType === 0x86dd ? frame[20] : undefined) === UNUSED_PROTOCOL;
}

// For experiments and tests: RFC 3692.
const UNUSED_PROTOCOL = 253;

/** What an ARP frame says. */
export interface ArpMessage {
  readonly operation: 'request' | 'reply';
  readonly etherSource: string;
  readonly senderMac: string;
  readonly sender: string;
  readonly target: string;
}

/** The ARP messages among frames. */
export function readArp(frames: readonly Uint8Array[]): ArpMessage[] {
  return frames.filter((frame) => frame[12] === 8 && frame[13] === 6).map((frame) => ({
    operation: frame[21] === 1 ? 'request' : 'reply',
    etherSource: formatMac(frame.subarray(6, 12)),
    senderMac: formatMac(frame.subarray(22, 28)),
    sender: formatAddress(frame.subarray(28, 32)),
    target: formatAddress(frame.subarray(38, 42)),
  }));
}

/** The frames that a MAC has sent. */
export function sentBy(mac: string, frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.filter((frame) => formatMac(frame.subarray(6, 12)) === mac);
}

/** A neighbour solicitation, to the solicited-node group of `target` unless to somebody by MAC and address. */
export function encodeNeighbourSolicitation(
  senderMac: string, sender: string, target: string, to?: { readonly mac: string; readonly address: string },
): Uint8Array {
  const address = addressBytes(target);
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...address.subarray(13));
  const message = Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0, ...address, 1, 1, ...parseMac(senderMac));
  const frame = encodeIcmpv6Frame(
    senderMac, addressBytes(sender), to === undefined ? group : addressBytes(to.address), message);
  if (to !== undefined) frame.set(parseMac(to.mac), 0);
  return frame;
}

/** A router advertisement to all nodes with one prefix of 64 bits for autonomous addresses. */
export function encodeRouterAdvertisement(senderMac: string, sender: string, prefix: string): Uint8Array {
  const router = [134, 0, 0, 0, 64, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0];
  const option = [3, 4, 64, 0xc0, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 0, 0, ...addressBytes(prefix)];
  const message = Uint8Array.from([...router, ...option]);
  return encodeIcmpv6Frame(senderMac, addressBytes(sender), addressBytes('ff02::1'), message);
}

/** What a neighbour advertisement says. */
export interface NeighbourAdvertisement {
  readonly etherDestination: string;
  readonly etherSource: string;
  readonly source: string;
  readonly target: string;
  /** Of the option "target link-layer address". */
  readonly linkAddress: string;
  /** 0x80 router, 0x40 solicited, 0x20 override. */
  readonly flags: number;
}

/** The neighbour advertisements among frames. */
export function readNeighbourAdvertisements(frames: readonly Uint8Array[]): NeighbourAdvertisement[] {
  const advertisements = frames.filter((frame) =>
    frame[12] === 0x86 && frame[13] === 0xdd && frame[20] === 58 && frame[54] === 136);
  return advertisements.map((frame) => ({
    etherDestination: formatMac(frame.subarray(0, 6)),
    etherSource: formatMac(frame.subarray(6, 12)),
    source: formatAddress(frame.subarray(22, 38)),
    target: formatAddress(frame.subarray(62, 78)),
    linkAddress: formatMac(frame.subarray(80, 86)),
    flags: frame[58] ?? 0,
  }));
}

/** @param message ICMPv6 with checksum 0 */
function encodeIcmpv6Frame(
  senderMac: string, source: Uint8Array, destination: Uint8Array, message: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(54 + message.length);
  frame.set([0x33, 0x33, ...destination.subarray(12)], 0);
  frame.set(parseMac(senderMac), 6);
  frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, message.length, 58, 255], 12);
  frame.set(source, 22);
  frame.set(destination, 38);
  frame.set(message, 54);
  const view = new DataView(frame.buffer);
  let sum = 58 + message.length;
  for (let offset = 22; offset < frame.length; offset += 2) sum += view.getUint16(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(56, ~sum & 0xffff);
  return frame;
}

// Reads a captured Ethernet frame as evidence about other hosts. Pure. Knows no capture library and no process.

import { type IpAddress, formatAddress } from '@baton/base';

import { formatMac } from '../frames.js';
import { decodeIpv4Datagram } from '../ipv4-datagram.js';
import type { Evidence } from './observer-messages.js';

/** What a frame proves, or undefined when it is our own, too short, or neither ARP of a watched address nor
 *  IP protocol 112.
 *  @param frame from the destination MAC on, without VLAN tag; evidence shares no memory with it
 *  @param watched IPv4 addresses that only we should claim
 *  @param ownMacs MACs of this host as text */
export function readEvidence(
  interfaceName: string, frame: Uint8Array, watched: ReadonlySet<IpAddress>, ownMacs: ReadonlySet<string>,
): Evidence | undefined {
  if (frame.length < ETHER_HEADER_BYTES) return undefined;
  const etherType = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  if (etherType === 0x0806) return readArp(interfaceName, frame, watched, ownMacs);
  const mac = formatMac(frame.subarray(6, 12));
  if (etherType !== 0x0800 || ownMacs.has(mac) || frame[ETHER_HEADER_BYTES + 9] !== 112) return undefined;
  const { source, ttl, payload } = decodeIpv4Datagram(interfaceName, frame.slice(ETHER_HEADER_BYTES));
  return { kind: 'router-heard', interface: interfaceName, source, mac, ttl, payload };
}

const ETHER_HEADER_BYTES = 14;
// Ethernet and IPv4: RFC 826 with hardware type 1, protocol 0x0800, lengths 6 and 4.
const ARP_HEADER = [0, 1, 8, 0, 6, 4];

function readArp(
  interfaceName: string, frame: Uint8Array, watched: ReadonlySet<IpAddress>, ownMacs: ReadonlySet<string>,
): Evidence | undefined {
  const arp = frame.subarray(ETHER_HEADER_BYTES, ETHER_HEADER_BYTES + 28);
  if (arp.length < 28 || ARP_HEADER.some((byte, index) => arp[index] !== byte)) return undefined;
  const mac = formatMac(arp.subarray(8, 14));
  const address = formatAddress(arp.subarray(14, 18));
  if (!watched.has(address) || ownMacs.has(mac)) return undefined;
  return { kind: 'foreign-claim', interface: interfaceName, address, mac };
}

// What the lab's observer can tell from a frame on the LAN: an advertisement, or an ARP packet. Pure.
// Reads the bytes itself instead of asking the code under test: an instrument must not share its subject's mistakes.

import { formatAddress, type Instant, type IpAddress } from '@baton/base';

/** Something the observer saw, and when. */
export type Sighting = AdvertisementSighting | ArpSighting;

/** A VRRP advertisement for IPv4. */
export interface AdvertisementSighting {
  readonly kind: 'advertisement';
  readonly at: Instant;
  readonly source: IpAddress;
  /** Address of the network card that sent it, `02:00:00:00:00:01`. */
  readonly mac: string;
  readonly ttl: number;
  readonly version: number;
  readonly vrid: number;
  /** 0 = the master resigns. */
  readonly priority: number;
}

/** An ARP packet for IPv4 over Ethernet. */
export interface ArpSighting {
  readonly kind: 'arp';
  readonly at: Instant;
  readonly operation: 'request' | 'reply';
  /** What the sender says of itself. */
  readonly sender: IpAddress;
  readonly senderMac: string;
  readonly target: IpAddress;
  /** Sender and target are the same address: the sender announces that it holds it. */
  readonly gratuitous: boolean;
}

const ETHERNET_BYTES = 14;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const PROTOCOL_VRRP = 112;
const SHORTEST_VRRP_BYTES = 8;
const ARP_BYTES = 28;

/** Reads one Ethernet frame.
 *  @returns undefined when it is neither of the two, or too short to be */
export function readSighting(frame: Uint8Array, at: Instant): Sighting | undefined {
  if (frame.length < ETHERNET_BYTES) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  switch (view.getUint16(12)) {
    case ETHERTYPE_IPV4: return readAdvertisement(frame, at);
    case ETHERTYPE_ARP: return readArp(frame, view, at);
    default: return undefined;
  }
}

/** An ARP request "who has `target`?" as a whole Ethernet frame, broadcast. */
export function encodeArpRequest(senderMac: string, sender: Uint8Array, target: Uint8Array): Uint8Array {
  const mac = Uint8Array.from(senderMac.split(':'), (part) => parseInt(part, 16));
  const frame = new Uint8Array(ETHERNET_BYTES + ARP_BYTES);
  frame.fill(0xff, 0, 6);
  frame.set(mac, 6);
  frame.set([0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1], 12);
  frame.set(mac, 22);
  frame.set(sender, 28);
  frame.set(target, 38);
  return frame;
}

function readAdvertisement(frame: Uint8Array, at: Instant): AdvertisementSighting | undefined {
  const headerBytes = ((frame[ETHERNET_BYTES] ?? 0) & 0x0f) * 4;
  const payload = frame.subarray(ETHERNET_BYTES + headerBytes);
  if (frame[ETHERNET_BYTES + 9] !== PROTOCOL_VRRP || payload.length < SHORTEST_VRRP_BYTES) return undefined;
  return {
    kind: 'advertisement', at, source: formatAddress(frame.subarray(26, 30)), mac: formatMac(frame.subarray(6, 12)),
    ttl: frame[22] ?? 0, version: (payload[0] ?? 0) >> 4, vrid: payload[1] ?? 0, priority: payload[2] ?? 0,
  };
}

function readArp(frame: Uint8Array, view: DataView, at: Instant): ArpSighting | undefined {
  if (frame.length < ETHERNET_BYTES + ARP_BYTES) return undefined;
  const sender = formatAddress(frame.subarray(28, 32));
  const target = formatAddress(frame.subarray(38, 42));
  const operation = view.getUint16(20) === 1 ? 'request' : 'reply';
  const senderMac = formatMac(frame.subarray(22, 28));
  return { kind: 'arp', at, operation, sender, senderMac, target, gratuitous: sender === target };
}

function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

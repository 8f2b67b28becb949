// Writes and reads the frames of the tests: Ethernet, IPv4, IPv6, VRRP of both versions, ARP and neighbour
// advertisements, byte by byte from the RFCs. On purpose not Baton's own codec: a mistake made there must not be
// confirmed by itself. Judges nothing.

/** What a test wants to see on the wire in an advertisement; every field can be made wrong. */
export interface AdvertFields {
  readonly source: string;
  readonly sourceMac: string;
  readonly vrid: number;
  readonly priority: number;
  /** Max Advertise Interval, centiseconds. */
  readonly intervalCs: number;
  readonly addresses: readonly string[];
  /** Default 3. */
  readonly version?: number;
  /** Default 1. */
  readonly type?: number;
  /** Default 255. */
  readonly ttl?: number;
  /** Default 224.0.0.18. */
  readonly destination?: string;
  /** Destination MAC; default that of the group. */
  readonly destinationMac?: string;
  /** Count as written; default the number of addresses. */
  readonly addressCount?: number;
  /** Added to the right checksum; default 0. */
  readonly checksumError?: number;
  /** Bytes of the VRRP message to leave out at its end, before the IP length is written. */
  readonly cutBytes?: number;
  /** Bytes to append to the VRRP message, counted by the IP length. */
  readonly extraBytes?: number;
}

/** An advertisement as it was seen. */
export interface SeenAdvert {
  readonly kind: 'advert';
  readonly atMs: number;
  readonly family: 4 | 6;
  readonly sourceMac: string;
  readonly source: string;
  readonly destination: string;
  /** Hop limit in IPv6. */
  readonly ttl: number;
  readonly version: number;
  readonly vrid: number;
  readonly priority: number;
  /** Centiseconds; a version 2 advert's seconds are turned into them. */
  readonly intervalCs: number;
  readonly addresses: readonly string[];
}

/** An ARP packet as it was seen. */
export interface SeenArp {
  readonly kind: 'arp';
  readonly atMs: number;
  /** 1 = request, 2 = reply. */
  readonly operation: number;
  readonly senderMac: string;
  readonly sender: string;
  readonly target: string;
}

/** A neighbour advertisement as it was seen. */
export interface SeenNeighbour {
  readonly kind: 'neighbour';
  readonly atMs: number;
  readonly sourceMac: string;
  readonly source: string;
  readonly destination: string;
  /** The address that it speaks for. */
  readonly target: string;
  readonly isRouter: boolean;
  readonly isSolicited: boolean;
  readonly isOverride: boolean;
  /** Target link-layer address, when the option is the first one. */
  readonly targetMac: string | undefined;
}

export type SeenFrame = SeenAdvert | SeenArp | SeenNeighbour;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV6 = 0x86dd;
const PROTOCOL_VRRP = 112;
const PROTOCOL_ICMPV6 = 58;
const NEIGHBOUR_ADVERTISEMENT = 136;
const GROUP = '224.0.0.18';
const GROUP_MAC = '01:00:5e:00:00:12';
const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
const ETHERNET_BYTES = 14;
const IP_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

/** Writes one advertisement as an Ethernet frame. */
export function writeAdvert(fields: AdvertFields): Buffer {
  const { source, destination = GROUP, addresses, cutBytes = 0, extraBytes = 0 } = fields;
  const message = Buffer.concat([
    Buffer.from([
      ((fields.version ?? 3) << 4) | (fields.type ?? 1),
      fields.vrid,
      fields.priority,
      fields.addressCount ?? addresses.length,
      fields.intervalCs >> 8,
      fields.intervalCs & 0xff,
      0,
      0,
    ]),
    ...addresses.map(ipBytes),
    Buffer.alloc(extraBytes),
  ]);
  const whole = message.subarray(0, message.length - cutBytes);
  const pseudoHeader = Buffer.from([
    ...ipBytes(source),
    ...ipBytes(destination),
    0,
    PROTOCOL_VRRP,
    whole.length >> 8,
    whole.length & 0xff,
  ]);
  const checksum = (internetChecksum(Buffer.concat([pseudoHeader, whole])) + (fields.checksumError ?? 0)) & 0xffff;
  if (whole.length >= 8) whole.writeUInt16BE(checksum, 6);
  const header = Buffer.from([
    0x45,
    0xc0,
    0,
    0,
    0,
    0,
    0,
    0,
    fields.ttl ?? 255,
    PROTOCOL_VRRP,
    0,
    0,
    ...ipBytes(source),
    ...ipBytes(destination),
  ]);
  header.writeUInt16BE(IP_HEADER_BYTES + whole.length, 2);
  header.writeUInt16BE(internetChecksum(header), 10);
  const ethernet = ethernetHeader(fields.destinationMac ?? GROUP_MAC, fields.sourceMac, ETHERTYPE_IPV4);
  return Buffer.concat([ethernet, header, whole]);
}

/** Writes the question who has an address, as an Ethernet frame to everybody. */
export function writeArpRequest(senderMac: string, sender: string, target: string): Buffer {
  return Buffer.concat([
    ethernetHeader(BROADCAST_MAC, senderMac, ETHERTYPE_ARP),
    Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]),
    macBytes(senderMac),
    ipBytes(sender),
    Buffer.alloc(6),
    ipBytes(target),
  ]);
}

/** Reads a frame.
 *  @returns undefined when it is neither a whole VRRP message, nor ARP, nor a neighbour advertisement */
export function readFrame(frame: Buffer, atMs: number): SeenFrame | undefined {
  if (frame.length < ETHERNET_BYTES) return undefined;
  const packet = frame.subarray(ETHERNET_BYTES);
  const sourceMac = macText(frame.subarray(6, 12));
  switch (frame.readUInt16BE(12)) {
    case ETHERTYPE_ARP:
      return packet.length < 28 ? undefined : readArp(packet, atMs);
    case ETHERTYPE_IPV4:
      return packet[9] === PROTOCOL_VRRP ? readAdvert(readIpv4(packet), sourceMac, atMs) : undefined;
    case ETHERTYPE_IPV6:
      if (packet[6] === PROTOCOL_VRRP) return readAdvert(readIpv6(packet), sourceMac, atMs);
      return packet[6] === PROTOCOL_ICMPV6 ? readNeighbour(readIpv6(packet), sourceMac, atMs) : undefined;
    default:
      return undefined;
  }
}

/** An IP packet taken apart. */
interface Datagram {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly payload: Buffer;
}

function readIpv4(packet: Buffer): Datagram {
  const headerBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  return {
    family: 4,
    source: ipText(packet.subarray(12, 16)),
    destination: ipText(packet.subarray(16, 20)),
    ttl: packet[8] ?? 0,
    payload: packet.subarray(headerBytes, packet.readUInt16BE(2)),
  };
}

function readIpv6(packet: Buffer): Datagram {
  return {
    family: 6,
    source: ipText(packet.subarray(8, 24)),
    destination: ipText(packet.subarray(24, 40)),
    ttl: packet[7] ?? 0,
    payload: packet.subarray(IPV6_HEADER_BYTES, IPV6_HEADER_BYTES + packet.readUInt16BE(4)),
  };
}

function readAdvert(datagram: Datagram, sourceMac: string, atMs: number): SeenAdvert | undefined {
  const { payload: message, ...envelope } = datagram;
  const version = (message[0] ?? 0) >> 4;
  const count = message[3] ?? 0;
  const addressBytes = datagram.family === 4 ? 4 : 16;
  if ((version !== 2 && version !== 3) || message.length < 8 + addressBytes * count) return undefined;
  return {
    kind: 'advert',
    atMs,
    sourceMac,
    ...envelope,
    version,
    vrid: message[1] ?? 0,
    priority: message[2] ?? 0,
    intervalCs: version === 2 ? (message[5] ?? 0) * 100 : message.readUInt16BE(4) & 0x0fff,
    addresses: Array.from({ length: count }, (_, index) =>
      ipText(message.subarray(8 + addressBytes * index, 8 + addressBytes * (index + 1))),
    ),
  };
}

function readNeighbour(datagram: Datagram, sourceMac: string, atMs: number): SeenNeighbour | undefined {
  const { payload: message, source, destination } = datagram;
  if (message[0] !== NEIGHBOUR_ADVERTISEMENT || message.length < 24) return undefined;
  const flags = message[4] ?? 0;
  const hasTargetMac = message.length >= 32 && message[24] === 2;
  return {
    kind: 'neighbour',
    atMs,
    sourceMac,
    source,
    destination,
    target: ipText(message.subarray(8, 24)),
    isRouter: (flags & 0x80) !== 0,
    isSolicited: (flags & 0x40) !== 0,
    isOverride: (flags & 0x20) !== 0,
    targetMac: hasTargetMac ? macText(message.subarray(26, 32)) : undefined,
  };
}

function readArp(packet: Buffer, atMs: number): SeenArp {
  return {
    kind: 'arp',
    atMs,
    operation: packet.readUInt16BE(6),
    senderMac: macText(packet.subarray(8, 14)),
    sender: ipText(packet.subarray(14, 18)),
    target: ipText(packet.subarray(24, 28)),
  };
}

/** The ones-complement sum of RFC 1071. */
function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function ethernetHeader(destinationMac: string, sourceMac: string, etherType: number): Buffer {
  return Buffer.from([...macBytes(destinationMac), ...macBytes(sourceMac), etherType >> 8, etherType & 0xff]);
}

function ipBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function ipText(bytes: Buffer): string {
  return bytes.length === 4 ? bytes.join('.') : ipv6Text(bytes);
}

/** RFC 5952: the longest run of zero groups, two or more, becomes `::`. */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':');
  const runs = [...groups.matchAll(/\b0(?::0)+\b/gu)];
  const [longest] = runs.sort((one, other) => other[0].length - one[0].length);
  if (longest === undefined) return groups;
  const before = groups.slice(0, longest.index).replace(/:$/u, '');
  const after = groups.slice(longest.index + longest[0].length).replace(/^:/u, '');
  return `${before}::${after}`;
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function macText(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

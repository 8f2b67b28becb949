// Writes and reads the frames of the tests: Ethernet, IPv4, VRRP version 3 and ARP, byte by byte from the RFCs.
// On purpose not Baton's own codec: a mistake made there must not be confirmed by itself. Judges nothing.

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
  readonly sourceMac: string;
  readonly source: string;
  readonly ttl: number;
  readonly vrid: number;
  readonly priority: number;
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

export type SeenFrame = SeenAdvert | SeenArp;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const PROTOCOL_VRRP = 112;
const GROUP = '224.0.0.18';
const GROUP_MAC = '01:00:5e:00:00:12';
const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
const ETHERNET_BYTES = 14;
const IP_HEADER_BYTES = 20;

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
 *  @returns undefined when it is neither a whole VRRP version 3 message nor ARP */
export function readFrame(frame: Buffer, atMs: number): SeenFrame | undefined {
  if (frame.length < ETHERNET_BYTES) return undefined;
  const etherType = frame.readUInt16BE(12);
  const packet = frame.subarray(ETHERNET_BYTES);
  if (etherType === ETHERTYPE_ARP && packet.length >= 28) return readArp(packet, atMs);
  if (etherType !== ETHERTYPE_IPV4 || packet[9] !== PROTOCOL_VRRP) return undefined;
  const headerBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  const message = packet.subarray(headerBytes, packet.readUInt16BE(2));
  const count = message[3] ?? 0;
  if ((message[0] ?? 0) >> 4 !== 3 || message.length < 8 + 4 * count) return undefined;
  return {
    kind: 'advert',
    atMs,
    sourceMac: macText(frame.subarray(6, 12)),
    source: ipText(packet.subarray(12, 16)),
    ttl: packet[8] ?? 0,
    vrid: message[1] ?? 0,
    priority: message[2] ?? 0,
    intervalCs: message.readUInt16BE(4) & 0x0fff,
    addresses: Array.from({ length: count }, (_, index) => ipText(message.subarray(8 + 4 * index, 12 + 4 * index))),
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
  return bytes.join('.');
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function macText(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

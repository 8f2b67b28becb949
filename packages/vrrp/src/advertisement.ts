// The VRRP version 3 message on the wire (RFC 9568 §5.2): fields to bytes and back. Centiseconds exist only here.
// Does not judge a message against a configuration: receive-checks.ts does.

import { addressBytes, addressFamily, assert, formatAddress, type IpAddress } from '@baton/base';
import { computeChecksum, type ChecksumForm } from './checksum.js';
import type { VirtualRouterParameters } from './parameters.js';

/** One VRRP version 3 advertisement (RFC 9568 §5.2). */
export interface Advertisement {
  readonly version: 3;
  readonly vrid: number;
  /** 0 = the master leaves, 255 = address owner. */
  readonly priority: number;
  /** Max Advertise Interval, ms, 0–40 950 on the wire in steps of 10. */
  readonly advertIntervalMs: number;
  /** In the sender's order. */
  readonly addresses: readonly IpAddress[];
}

/** What the checksum of a message depends on besides the message. */
export interface AdvertisementEnvelope {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly checksumForm: ChecksumForm;
}

/** The fixed part of any VRRP message, unjudged (RFC 9568 §5.2). */
export interface AdvertisementHeader {
  /** 0–15. */
  readonly version: number;
  /** 0–15; 1 = advertisement. */
  readonly type: number;
  readonly vrid: number;
  readonly priority: number;
  /** Number of addresses that the sender announces to follow. */
  readonly addressCount: number;
  /** Max Advertise Interval, ms; the four reserved bits in front of it are masked [RFC9568-5.2.6-2]. */
  readonly advertIntervalMs: number;
}

/** The multicast group of VRRP over IPv4 (RFC 9568 §5.1.1.2). */
export const VRRP_GROUP_IPV4: IpAddress = '224.0.0.18';
/** Type of the only message there is (RFC 9568 §5.2.2). */
export const ADVERTISEMENT_TYPE = 1;

/** Bytes in front of the first address. */
const HEADER_BYTES = 8;
const ADDRESS_BYTES = 4;
const CHECKSUM_OFFSET = 6;
const CENTISECOND_MS = 10;
const MAX_INTERVAL_CENTISECONDS = 0x0fff;

/** The advertisement that a router with these parameters sends now [RFC9568-7.2-1] [RFC9568-5.2.9-1].
 *  @param priority the effective one, or 0 to resign */
export function advertisementOf(parameters: VirtualRouterParameters, priority: number): Advertisement {
  const { version, vrid, advertIntervalMs } = parameters;
  const addresses = parameters.addresses.map((virtual) => virtual.address);
  return { version, vrid, priority, advertIntervalMs, addresses };
}

/** Writes an advertisement, checksum included (RFC 9568 §5.2).
 *  @returns 8 + 4 × addresses bytes, fresh at every call
 *  @throws {InvariantError} when a field is outside its range: configurations are validated long before */
export function encodeAdvertisement(advertisement: Advertisement, envelope: AdvertisementEnvelope): Uint8Array {
  const { version, vrid, priority, addresses } = advertisement;
  const centiseconds = advertisement.advertIntervalMs / CENTISECOND_MS;
  assert(isByte(vrid) && vrid > 0, `VRID ${String(vrid)} is 1–255`);
  assert(isByte(priority), `priority ${String(priority)} is 0–255`);
  assert(addresses.length >= 1 && addresses.length <= 255, 'an advertisement carries 1–255 addresses');
  assert(addresses.every((address) => addressFamily(address) === 4), 'the addresses of an IPv4 advertisement are IPv4');
  assert(
    Number.isInteger(centiseconds) && centiseconds >= 1 && centiseconds <= MAX_INTERVAL_CENTISECONDS,
    `interval ${String(advertisement.advertIntervalMs)} ms is 10–40950 in steps of 10`,
  );
  const message = new Uint8Array(HEADER_BYTES + ADDRESS_BYTES * addresses.length);
  const view = new DataView(message.buffer);
  view.setUint8(0, (version << 4) | ADVERTISEMENT_TYPE);
  view.setUint8(1, vrid);
  view.setUint8(2, priority);
  view.setUint8(3, addresses.length);
  view.setUint16(4, centiseconds); // [RFC9568-5.2.6-1] [RFC9568-5.2.7-1]
  for (const [index, address] of addresses.entries()) {
    message.set(addressBytes(address), HEADER_BYTES + ADDRESS_BYTES * index);
  }
  const { checksumForm, source, destination } = envelope;
  view.setUint16(CHECKSUM_OFFSET, computeChecksum(message, checksumForm, source, destination));
  return message;
}

/** Reads the fixed part of a message of any version.
 *  @returns undefined when there are fewer than 8 bytes */
export function decodeHeader(payload: Uint8Array): AdvertisementHeader | undefined {
  if (payload.length < HEADER_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    version: view.getUint8(0) >> 4,
    type: view.getUint8(0) & 0x0f,
    vrid: view.getUint8(1),
    priority: view.getUint8(2),
    addressCount: view.getUint8(3),
    advertIntervalMs: (view.getUint16(4) & MAX_INTERVAL_CENTISECONDS) * CENTISECOND_MS,
  };
}

/** Reads a version 3 advertisement carried by IPv4. The checksum is not looked at.
 *  @returns undefined unless it is version 3, type 1, with at least one address and exactly the length its count
 *  states */
export function decodeAdvertisement(payload: Uint8Array): Advertisement | undefined {
  const header = decodeHeader(payload);
  if (header?.version !== 3 || header.type !== ADVERTISEMENT_TYPE) return undefined;
  if (!hasStatedLength(header, payload.length)) return undefined;
  const { version, vrid, priority, advertIntervalMs } = header;
  const addresses: IpAddress[] = [];
  for (let offset = HEADER_BYTES; offset < payload.length; offset += ADDRESS_BYTES) {
    addresses.push(formatAddress(payload.subarray(offset, offset + ADDRESS_BYTES)));
  }
  return { version, vrid, priority, advertIntervalMs, addresses };
}

/** Whether a payload is as long as its count of IPv4 addresses demands, and the count is not zero (RFC 9568 §5.2.5,
 *  §7.1). */
function hasStatedLength(header: AdvertisementHeader, lengthBytes: number): boolean {
  return header.addressCount >= 1 && lengthBytes === HEADER_BYTES + ADDRESS_BYTES * header.addressCount;
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}

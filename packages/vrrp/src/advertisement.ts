// The VRRP message on the wire, version 3 over IPv4 and IPv6 (RFC 9568 §5.2) and version 2 (RFC 3768 §5.3): fields to
// bytes and back. Does not judge a message against a configuration: receive-checks.ts does.

import { addressBytes, addressFamily, assert, formatAddress, type IpAddress } from '@baton/base';
import { isLinkLocal, linkLocalFirst, maxAddressCount } from './address-list.js';
import {
  NO_AUTHENTICATION_TYPE, PASSWORD_BYTES, passwordData, SIMPLE_PASSWORD_TYPE, TRAILER_BYTES, type Proof,
} from './authentication.js';
import { computeChecksum, type ChecksumForm } from './checksum.js';
import { INTERVAL_UNITS, isAdvertInterval, type ProtocolVersion, type VirtualRouterParameters } from './parameters.js';

/** One advertisement. What carries it, IPv4 or IPv6, is not part of it (RFC 9568 §5.2, RFC 3768 §5.3). */
export interface Advertisement {
  readonly version: ProtocolVersion;
  readonly vrid: number;
  /** 0 = the master leaves, 255 = address owner. */
  readonly priority: number;
  /** Version 3: Max Advertise Interval, 0–40 950 ms on the wire in steps of 10. Version 2: Adver Int, 0–255 000 ms in
   *  steps of 1000. */
  readonly advertIntervalMs: number;
  /** In the sender's order. */
  readonly addresses: readonly IpAddress[];
}

/** What the bytes of a message depend on besides its fields. */
export interface AdvertisementEnvelope {
  readonly source: IpAddress;
  /** Of the same family as the source. */
  readonly destination: IpAddress;
  readonly checksumForm: ChecksumForm;
  /** Absent: nothing is proven. */
  readonly proof?: Proof;
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
  /** ms. In version 2 whole seconds; in every other one centiseconds, the four reserved bits in front of them masked
   *  [RFC9568-5.2.6-2]. */
  readonly advertIntervalMs: number;
}

/** The multicast group of VRRP over IPv4 (RFC 9568 §5.1.1.2). */
export const VRRP_GROUP_IPV4: IpAddress = '224.0.0.18';
/** The multicast group of VRRP over IPv6 (RFC 9568 §5.1.2.2). */
export const VRRP_GROUP_IPV6: IpAddress = 'ff02::12';
/** Type of the only message there is (RFC 9568 §5.2.2). */
export const ADVERTISEMENT_TYPE = 1;

/** Bytes in front of the first address. */
const HEADER_BYTES = 8;
const ADDRESS_BYTES = { 4: 4, 6: 16 } as const;
const CHECKSUM_OFFSET = 6;
const MAX_CENTISECONDS = 0x0fff;

/** The advertisement that a router with these parameters sends now [RFC9568-7.2-1], its link-local addresses first,
 *  otherwise in the configured order [RFC9568-5.2.9-1] [RFC9568-5.2.9-2].
 *  @param priority the effective one, or 0 to resign */
export function advertisementOf(parameters: VirtualRouterParameters, priority: number): Advertisement {
  const { version, vrid, advertIntervalMs } = parameters;
  const addresses = linkLocalFirst(parameters.addresses.map((virtual) => virtual.address));
  return { version, vrid, priority, advertIntervalMs, addresses };
}

/** Writes an advertisement, checksum and proof included (RFC 9568 §5.2, RFC 3768 §5.3). The family is the source's.
 *  @returns 8 bytes, the addresses, in version 2 8 bytes more, and the trailer if the proof is one; fresh at every call
 *  @throws {InvariantError} when a field is outside its range: configurations are validated long before */
export function encodeAdvertisement(advertisement: Advertisement, envelope: AdvertisementEnvelope): Uint8Array {
  const { source, destination, checksumForm, proof } = envelope;
  const family = addressFamily(source);
  assertEncodable(advertisement, envelope);
  const message = encodeMessage(advertisement, family, proof);
  const packet = proof?.kind === 'trailer'
    ? concatenate(message, proof.authenticator.trailer({ message, source }, proof.sequence)) : message;
  // The kernel sums IPv6 payloads to their end, so that there a trailer is covered.
  const summed = family === 6 ? packet : packet.subarray(0, message.length);
  const checksum = computeChecksum(summed, checksumForm, source, destination);
  packet.set([checksum >> 8, checksum & 0xff], CHECKSUM_OFFSET);
  return packet;
}

/** Reads the fixed part of a message of any version.
 *  @returns undefined when there are fewer than 8 bytes */
export function decodeHeader(payload: Uint8Array): AdvertisementHeader | undefined {
  if (payload.length < HEADER_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const version = view.getUint8(0) >> 4;
  return {
    version,
    type: view.getUint8(0) & 0x0f,
    vrid: view.getUint8(1),
    priority: view.getUint8(2),
    addressCount: view.getUint8(3),
    advertIntervalMs: version === 2
      ? view.getUint8(5) * INTERVAL_UNITS[2].unitMs
      : (view.getUint16(4) & MAX_CENTISECONDS) * INTERVAL_UNITS[3].unitMs,
  };
}

/** Reads an advertisement. The checksum is not looked at.
 *  @param family of the packet that carried it: the message does not tell
 *  @returns undefined unless it is version 3, or 2 over IPv4, type 1, with at least one address and exactly the length
 *  its count states */
export function decodeAdvertisement(payload: Uint8Array, family: 4 | 6): Advertisement | undefined {
  const header = decodeHeader(payload);
  if (header?.type !== ADVERTISEMENT_TYPE || payload.length !== statedBytes(header, family)) return undefined;
  const { version, vrid, priority, advertIntervalMs, addressCount } = header;
  if (version !== 3 && (version !== 2 || family !== 4)) return undefined;
  const addresses = Array.from({ length: addressCount }, (_, index) => {
    const start = HEADER_BYTES + index * ADDRESS_BYTES[family];
    return formatAddress(payload.subarray(start, start + ADDRESS_BYTES[family]));
  });
  return { version, vrid, priority, advertIntervalMs, addresses };
}

/** How long a message says it is, without a trailer (RFC 9568 §5.2.5, §7.1; RFC 3768 §7.1).
 *  @returns bytes; undefined when it has no address, which no version allows */
export function statedBytes(header: AdvertisementHeader, family: 4 | 6): number | undefined {
  if (header.addressCount === 0) return undefined;
  return HEADER_BYTES + ADDRESS_BYTES[family] * header.addressCount + (header.version === 2 ? PASSWORD_BYTES : 0);
}

/** The authentication type and data of a version 2 message (RFC 3768 §5.3.6, §5.3.10).
 *  @param message a whole one */
export function decodePassword(message: Uint8Array): { readonly type: number; readonly data: Uint8Array } {
  return { type: message[4] ?? 0, data: message.subarray(message.length - PASSWORD_BYTES) };
}

/** The message without checksum and trailer. */
function encodeMessage(advertisement: Advertisement, family: 4 | 6, proof: Proof | undefined): Uint8Array {
  const { version, vrid, priority, advertIntervalMs, addresses } = advertisement;
  const units = advertIntervalMs / INTERVAL_UNITS[version].unitMs;
  const listBytes = ADDRESS_BYTES[family] * addresses.length;
  const message = new Uint8Array(HEADER_BYTES + listBytes + (version === 2 ? PASSWORD_BYTES : 0));
  const view = new DataView(message.buffer);
  view.setUint8(0, (version << 4) | ADVERTISEMENT_TYPE);
  view.setUint8(1, vrid);
  view.setUint8(2, priority);
  view.setUint8(3, addresses.length);
  view.setUint16(4, units); // [RFC9568-5.2.6-1] [RFC9568-5.2.7-1] [RFC3768-5.3.7-1]
  for (const [index, address] of addresses.entries()) {
    message.set(addressBytes(address), HEADER_BYTES + ADDRESS_BYTES[family] * index);
  }
  if (version === 2) { // [RFC3768-5.3.6-1] [RFC3768-5.3.10-1]
    const password = proof?.kind === 'simple-password' ? proof.password : undefined;
    view.setUint8(4, password === undefined ? NO_AUTHENTICATION_TYPE : SIMPLE_PASSWORD_TYPE);
    if (password !== undefined) message.set(passwordData(password), HEADER_BYTES + listBytes);
  }
  return message;
}

function assertEncodable(advertisement: Advertisement, { source, destination, proof }: AdvertisementEnvelope): void {
  const { version, vrid, priority, advertIntervalMs, addresses } = advertisement;
  const family = addressFamily(source);
  const limit = maxAddressCount(family, proof?.kind === 'trailer' ? TRAILER_BYTES : 0);
  assert(addressFamily(destination) === family, 'source and destination are of one family');
  assert(version === 3 || family === 4, 'version 2 speaks IPv4 only');
  assert(version === 2 || proof?.kind !== 'simple-password', 'only version 2 carries a password');
  assert(isByte(vrid) && vrid > 0, `VRID ${String(vrid)} is 1–255`);
  assert(isByte(priority), `priority ${String(priority)} is 0–255`);
  assert(
    addresses.length >= 1 && addresses.length <= limit, `an advertisement carries 1–${String(limit)} addresses here`,
  );
  assert(addresses.every((address) => addressFamily(address) === family), 'addresses are of the family of the packet');
  assert(family === 4 || isLinkLocal(addresses[0] ?? ''), 'an IPv6 list begins with a link-local address');
  assert(isAdvertInterval(version, advertIntervalMs), `${String(advertIntervalMs)} ms is no interval of the version`);
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}

// Takes an IPv4 datagram, as a raw socket delivers it, apart into what the receive checks need. Pure. Knows no VRRP.

import { formatAddress } from '@baton/base';

import type { ReceivedDatagram } from './index.js';

/** Reads the header. A header that contradicts itself or the bytes makes `headerValid` false: what can be read of it is
 *  still told, addresses that are not there are `0.0.0.0`, and the payload is everything behind the shortest header.
 *  @param bytes the datagram from its first header byte; the payload shares its memory */
export function decodeIpv4Datagram(interfaceName: string, bytes: Uint8Array): ReceivedDatagram {
  const headerSize = ((bytes[0] ?? 0) & 0x0f) * 4;
  const totalSize = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  const headerValid = bytes.length >= MINIMUM_HEADER_BYTES && (bytes[0] ?? 0) >> 4 === 4
    && headerSize >= MINIMUM_HEADER_BYTES && headerSize <= totalSize && totalSize <= bytes.length;
  return {
    interface: interfaceName,
    source: addressAt(bytes, 12),
    destination: addressAt(bytes, 16),
    ttl: bytes[8] ?? 0,
    payload: headerValid ? bytes.subarray(headerSize, totalSize) : bytes.subarray(MINIMUM_HEADER_BYTES),
    headerValid,
  };
}

const MINIMUM_HEADER_BYTES = 20;

function addressAt(bytes: Uint8Array, offset: number): string {
  return bytes.length < offset + 4 ? '0.0.0.0' : formatAddress(bytes.subarray(offset, offset + 4));
}

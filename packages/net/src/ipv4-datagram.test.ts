import { describe, expect, test } from '@jest/globals';

import { decodeIpv4Datagram } from './ipv4-datagram.js';

/** A header of 20 bytes from 192.0.2.1 to 224.0.0.18 with the given first byte and total length, then a payload. */
function datagram(first: number, totalLength: number, payload: readonly number[]): Uint8Array {
  return Uint8Array.of(
    first, 0xc0, totalLength >> 8, totalLength & 0xff, 0, 0, 0x40, 0, 254, 112, 0, 0, 192, 0, 2, 1, 224, 0, 0, 18,
    ...payload);
}

const envelope = { interface: 'eth0', source: '192.0.2.1', destination: '224.0.0.18', ttl: 254 };

test('addresses and TTL come from the header, the payload is what follows it', () => {
  expect(decodeIpv4Datagram('eth0', datagram(0x45, 23, [1, 2, 3]))).toEqual(
    { ...envelope, payload: Uint8Array.of(1, 2, 3), headerValid: true });
});

test('options are part of the header', () => {
  expect(decodeIpv4Datagram('eth0', datagram(0x46, 26, [0x94, 4, 0, 0, 1, 2]))).toEqual(
    { ...envelope, payload: Uint8Array.of(1, 2), headerValid: true });
});

test('what lies behind the total length is padding, not payload', () => {
  expect(decodeIpv4Datagram('eth0', datagram(0x45, 22, [1, 2, 0, 0]))).toEqual(
    { ...envelope, payload: Uint8Array.of(1, 2), headerValid: true });
});

describe('a header that contradicts itself is told, with what was there', () => {
  test.each([
    ['a total length beyond the bytes', 0x45, 24],
    ['a total length below the header', 0x45, 19],
    ['a header below the minimum', 0x44, 23],
    ['a header beyond the total length', 0x4f, 23],
    ['another version', 0x65, 23],
  ])('%s', (_, first, totalLength) => {
    expect(decodeIpv4Datagram('eth0', datagram(first, totalLength, [1, 2, 3]))).toEqual(
      { ...envelope, payload: Uint8Array.of(1, 2, 3), headerValid: false });
  });

  test('fewer bytes than a header', () => {
    expect(decodeIpv4Datagram('eth0', Uint8Array.of(0x45, 0, 0, 3))).toEqual({
      interface: 'eth0', source: '0.0.0.0', destination: '0.0.0.0', ttl: 0, payload: new Uint8Array(),
      headerValid: false,
    });
    expect(decodeIpv4Datagram('eth0', new Uint8Array()).headerValid).toBe(false);
  });
});

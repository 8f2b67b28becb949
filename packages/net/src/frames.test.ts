import { describe, expect, test } from '@jest/globals';
import { addressBytes } from '@baton/base';

import { capturedFrame } from './captured-frames.fixture.js';
import {
  encodeAdvertisementFrame, encodeGratuitousArp, encodeNeighbourAdvertisement, formatMac, isGroup, parseMac,
} from './frames.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const virtualMac4 = parseMac('00:00:5e:00:01:07');
const virtualMac6 = parseMac('00:00:5e:00:02:07');
const mac = parseMac('02:00:00:00:00:01');

describe('a gratuitous ARP', () => {
  test('is byte for byte the one captured from keepalived with the MAC of its interface', () => {
    expect(hex(encodeGratuitousArp(mac, '10.9.0.100'))).toBe(hex(capturedFrame('K10')));
  });

  test('is byte for byte the one captured from keepalived and FRR with a virtual MAC [A19]', () => {
    expect(hex(encodeGratuitousArp(virtualMac4, '10.9.0.100'))).toBe(hex(capturedFrame('K11')));
  });

  test('in reply form is operation 2 to everybody, and the target too is the virtual MAC [A19]', () => {
    expect(hex(encodeGratuitousArp(virtualMac4, '10.9.0.100', 'reply'))).toBe(
      'ffffffffffff00005e0001070806000108000604000200005e0001070a09006400005e0001070a090064');
  });
});

describe('a neighbour advertisement', () => {
  test.each([
    ['K12', virtualMac6, 'fe80::100'], ['K13', virtualMac6, 'fd09::100'], ['K14', mac, 'fd09::100'],
  ] as const)('is byte for byte the one captured as %s: router and override set, not solicited [A20, H01]',
    (id, from, address) => {
      expect(hex(encodeNeighbourAdvertisement(from, address))).toBe(hex(capturedFrame(id)));
    });
});

describe('an advertisement in a frame from a virtual MAC', () => {
  /** The frame that carries the payload of a captured one, from its MAC and addresses. */
  function rebuild(captured: Uint8Array): Uint8Array {
    const [addressesAt, addressSize] = captured[12] === 0x08 ? [26, 4] as const : [22, 16] as const;
    const destinationAt = addressesAt + addressSize;
    return encodeAdvertisementFrame(
      captured.subarray(6, 12), captured.subarray(addressesAt, destinationAt),
      captured.subarray(destinationAt, destinationAt + addressSize), captured.subarray(destinationAt + addressSize));
  }

  /** Without what senders choose freely: identification and fragmentation with the checksum over them, flow label. */
  function withoutChoices(frame: Uint8Array): Uint8Array {
    const kept = frame.slice();
    if (kept[12] === 0x08) kept.fill(0, 18, 22).fill(0, 24, 26);
    else kept.fill(0, 16, 18)[15] = (kept[15] ?? 0) & 0xf0;
    return kept;
  }

  test.each(['K1', 'K2', 'K3', 'K4', 'K5', 'K6', 'R1', 'R2', 'R3', 'R4'])(
    'is the captured %s except for what senders choose freely [A15]', (id) => {
      const captured = capturedFrame(id);
      expect(hex(withoutChoices(rebuild(captured)))).toBe(hex(withoutChoices(captured)));
    });

  test.each(['K8', 'K9', 'R5', 'R6', 'R7'])('is the captured %s except for its flow label [A16]', (id) => {
    const captured = capturedFrame(id);
    expect(hex(withoutChoices(rebuild(captured)))).toBe(hex(withoutChoices(captured)));
    expect(Array.from(rebuild(captured).subarray(14, 18))).toEqual([0x6c, 0, 0, 0]);
  });

  test('IPv4: identification 0, not marked as unfragmentable, and a header checksum that fits', () => {
    const frame = encodeAdvertisementFrame(
      virtualMac4, addressBytes('10.9.0.1'), addressBytes('224.0.0.18'), Uint8Array.of(0x31, 7));
    expect(hex(frame)).toBe(
      '01005e00001200005e0001070800' + '45c0001600000000ff70d09b' + '0a090001e0000012' + '3107');
    // K4 has identification 1 and 10 bytes more: its checksum is lower by both.
    expect(0xd09b - 1 - 10).toBe(0xd090);
  });

  test('the MAC of another group follows from its address', () => {
    const station = (source: string, group: string): string => formatMac(encodeAdvertisementFrame(
      mac, addressBytes(source), addressBytes(group), new Uint8Array()).subarray(0, 6));
    expect(station('10.9.0.1', '239.255.1.2')).toBe('01:00:5e:7f:01:02');
    expect(station('fe80::1', 'ff02::1:ff00:1')).toBe('33:33:ff:00:00:01');
  });
});

test('a MAC is written with colons, and read', () => {
  expect(formatMac(virtualMac6)).toBe('00:00:5e:00:02:07');
  expect(Array.from(virtualMac6)).toEqual([0, 0, 0x5e, 0, 2, 7]);
});

test.each([
  ['224.0.0.18', true], ['239.1.2.3', true], ['240.0.0.1', false], ['10.9.0.2', false], ['ff02::12', true],
  ['fe80::1', false],
])('%s is a group: %s', (address, expected) => {
  expect(isGroup(address)).toBe(expected);
});

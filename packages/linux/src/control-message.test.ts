import { describe, expect, test } from '@jest/globals';

import { decodeArrival, encodeIpv4Source, encodeIpv6Source } from './control-message.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const linkLocal = bytesOf('fe800000000000000000000000000001');

describe('control messages are laid out as the kernel headers say', () => {
  test('in_pktinfo on 64 bits: length 28, level IP, type 8, interface, source, no destination, padding', () => {
    expect(hex(encodeIpv4Source(0x0102, Uint8Array.of(192, 0, 2, 1), 8))).toBe(
      '1c00000000000000' + '00000000' + '08000000' + '02010000' + 'c0000201' + '00000000' + '00000000');
  });

  test('in_pktinfo on 32 bits: length 24, and nothing to pad', () => {
    expect(hex(encodeIpv4Source(0x0102, Uint8Array.of(192, 0, 2, 1), 4))).toBe(
      '18000000' + '00000000' + '08000000' + '02010000' + 'c0000201' + '00000000');
  });

  test('in6_pktinfo on 64 bits: length 36, level IPv6, type 50, source, interface, padding', () => {
    expect(hex(encodeIpv6Source(7, linkLocal, 8))).toBe(
      '2400000000000000' + '29000000' + '32000000' + hex(linkLocal) + '07000000' + '00000000');
  });

  test('in6_pktinfo on 32 bits: length 32', () => {
    expect(hex(encodeIpv6Source(7, linkLocal, 4))).toBe(
      '20000000' + '29000000' + '32000000' + hex(linkLocal) + '07000000');
  });
});

describe('what the kernel tells of an arrival', () => {
  const packetInfo = '2400000000000000' + '29000000' + '32000000' + hex(linkLocal) + '07000000' + '00000000';
  const hopLimit = '1400000000000000' + '29000000' + '34000000' + 'fe000000' + '00000000';
  const timestamp = '2000000000000000' + '01000000' + '1d000000' + '0102030405060708090a0b0c0d0e0f10';

  test('destination and hop limit are found in any order, among others', () => {
    const expected = { destination: linkLocal, hopLimit: 254 };
    expect(decodeArrival(bytesOf(packetInfo + hopLimit), 8)).toEqual(expected);
    expect(decodeArrival(bytesOf(timestamp + hopLimit + packetInfo), 8)).toEqual(expected);
  });

  test('on 32 bits too', () => {
    const packed = '20000000' + '29000000' + '32000000' + hex(linkLocal) + '07000000'
      + '10000000' + '29000000' + '34000000' + 'ff000000';
    expect(decodeArrival(bytesOf(packed), 4)).toEqual({ destination: linkLocal, hopLimit: 255 });
  });

  test('the destination has memory of its own', () => {
    const bytes = bytesOf(packetInfo);
    const { destination } = decodeArrival(bytes, 8);
    bytes.fill(0);
    expect(destination).toEqual(linkLocal);
  });

  test.each([
    ['nothing', ''],
    ['messages of another level', packetInfo.replace('29000000', '00000000')],
    ['a message that is cut off', packetInfo.slice(0, 40)],
    ['a length below the header', `0800000000000000${packetInfo.slice(16)}`],
    ['a message without its data', '1000000000000000' + '29000000' + '34000000'],
  ])('%s tells nothing', (_, text) => {
    expect(decodeArrival(bytesOf(text), 8)).toEqual({ destination: undefined, hopLimit: undefined });
  });
});

import { describe, expect, test } from '@jest/globals';

import { readEvidence } from './evidence.js';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const read = (frame: string, own: string[] = ['02:00:00:00:00:02']): unknown =>
  readEvidence('eth0', bytes(frame), new Set(['10.9.0.100']), new Set(own));

const gratuitousArp = 'ffffffffffff020000000001080600010800060400010200000000010a090064ffffffffffff0a090064';
const advertisement = '01005e00001202000000000108004'
  + '5c0002800010000ff70d0880a090001e00000122107c80100010c890a0900640000000000000000';

describe('ARP', () => {
  test('somebody else\'s claim of a watched address is evidence, as request or reply', () => {
    const claim = { kind: 'foreign-claim', interface: 'eth0', address: '10.9.0.100', mac: '02:00:00:00:00:01' };
    expect(read(gratuitousArp)).toEqual(claim);
    expect(read(gratuitousArp.replace('06040001', '06040002'))).toEqual(claim);
  });

  test('ours is none, nor is another address, a probe, another protocol, or half a frame', () => {
    expect(read(gratuitousArp, ['02:00:00:00:00:01'])).toBeUndefined();
    expect(read(gratuitousArp.replaceAll('0a090064', '0a090063'))).toBeUndefined();
    expect(read(gratuitousArp.replace('0a090064', '00000000'))).toBeUndefined();
    expect(read(gratuitousArp.replace('08060001', '08060006'))).toBeUndefined();
    expect(read(gratuitousArp.slice(0, 80))).toBeUndefined();
    expect(read('')).toBeUndefined();
  });
});

describe('protocol 112', () => {
  test('somebody else\'s datagram is evidence, whatever its TTL', () => {
    expect(read(advertisement)).toEqual({
      kind: 'router-heard', interface: 'eth0', source: '10.9.0.1', mac: '02:00:00:00:00:01', ttl: 255,
      payload: bytes('2107c80100010c890a0900640000000000000000'),
    });
  });

  test('ours is none, nor is another protocol', () => {
    expect(read(advertisement, ['02:00:00:00:00:01'])).toBeUndefined();
    expect(read(advertisement.replace('ff70', 'ff11'))).toBeUndefined();
  });
});

import { InvariantError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  advertisementOf, decodeAdvertisement, decodeHeader, encodeAdvertisement, type Advertisement,
  type AdvertisementEnvelope,
} from './advertisement.js';
import { adv, capturedDatagram, f3, fromHex, toHex, VIP, VIP_2 } from './fixtures.js';

const MULTICAST: AdvertisementEnvelope = {
  source: '10.9.0.1', destination: '224.0.0.18', checksumForm: 'pseudo-header',
};
const RFC9568: AdvertisementEnvelope = { ...MULTICAST, checksumForm: 'message-only' };
const BOTH_VIPS = [VIP.address, VIP_2.address];

/** The advertisement of frame K4. */
const K4 = adv(200, { advertIntervalMs: 100 });

describe('encoding', () => {
  test.each([
    ['A03', 'K4', K4, MULTICAST],
    ['A03', 'K5', { ...K4, priority: 0 }, MULTICAST],
    ['A05', 'K6', { ...K4, addresses: BOTH_VIPS }, MULTICAST],
    ['A05', 'R3', { ...K4, addresses: BOTH_VIPS }, MULTICAST],
    ['A06', 'R4', { ...K4, priority: 0, addresses: BOTH_VIPS }, MULTICAST],
    ['A17', 'K7', { ...K4, priority: 150, advertIntervalMs: 250 }, { ...MULTICAST, destination: '10.9.0.2' }],
  ] as const)('%s: gives the bytes that another daemon sent in frame %s', (_case, id, advertisement, envelope) => {
    expect(toHex(encodeAdvertisement(advertisement, envelope))).toBe(toHex(capturedDatagram(id).payload));
  });

  test.each([
    ['A04', K4, '3107c801000afc7f0a090064'],
    ['A05', { ...K4, addresses: BOTH_VIPS }, '3107c802000af2100a0900640a090065'],
    ['A06', { ...K4, priority: 0, addresses: BOTH_VIPS }, '31070002000aba110a0900640a090065'],
  ])('%s: leaves the pseudo-header out of the checksum when RFC 9568 is followed', (_case, advertisement, bytes) => {
    expect(toHex(encodeAdvertisement(advertisement, RFC9568))).toBe(bytes);
  });

  test('A05: keeps the configured order of the addresses [RFC9568-5.2.9-1]', () => {
    const bytes = encodeAdvertisement(adv(200, { addresses: [VIP_2.address, VIP.address] }), RFC9568);
    expect(toHex(bytes.subarray(8))).toBe('0a0900650a090064');
  });

  test('A11, A13: an interval fills 12 bits, the reserved ones stay zero [RFC9568-5.2.6-1] [RFC9568-5.2.7-1]', () => {
    expect(toHex(encodeAdvertisement(adv(1, { advertIntervalMs: 40_950 }), RFC9568).subarray(4, 6))).toBe('0fff');
    expect(toHex(encodeAdvertisement(adv(1, { advertIntervalMs: 10 }), RFC9568).subarray(4, 6))).toBe('0001');
  });

  test('A18: carries 255 addresses', () => {
    const addresses = Array.from({ length: 255 }, (_, index) => `10.9.1.${String(index)}`);
    const bytes = encodeAdvertisement(adv(100, { addresses }), RFC9568);
    expect([bytes.length, bytes[3]]).toEqual([8 + 255 * 4, 255]);
    expect(decodeAdvertisement(bytes)?.addresses).toEqual(addresses);
  });

  test.each<[string, Partial<Advertisement>]>([
    ['A12: interval 0', { advertIntervalMs: 0 }],
    ['A12: interval 40 960 ms', { advertIntervalMs: 40_960 }],
    ['A12: half a centisecond', { advertIntervalMs: 15 }],
    ['VRID 0', { vrid: 0 }],
    ['VRID 256', { vrid: 256 }],
    ['priority -1', { priority: -1 }],
    ['priority 256', { priority: 256 }],
    ['priority 1.5', { priority: 1.5 }],
    ['no address', { addresses: [] }],
    ['256 addresses', { addresses: Array.from({ length: 256 }, () => '10.9.0.1') }],
    ['an IPv6 address', { addresses: ['fe80::100'] }],
  ])('refuses what no configuration may contain: %s', (_what, wrong) => {
    expect(() => encodeAdvertisement(adv(100, wrong), RFC9568)).toThrow(InvariantError);
  });

  test('says what the parameters say now [RFC9568-7.2-1]', () => {
    expect(advertisementOf(f3({ addresses: [VIP_2, VIP], advertIntervalMs: 250 }), 42)).toEqual({
      version: 3, vrid: 7, priority: 42, advertIntervalMs: 250, addresses: ['10.9.0.101', '10.9.0.100'],
    });
  });
});

describe('decoding', () => {
  test.each([
    ['K4', K4],
    ['K5', { ...K4, priority: 0 }],
    ['K6', { ...K4, addresses: BOTH_VIPS }],
    ['K7', { ...K4, priority: 150, advertIntervalMs: 250 }],
    ['R3', { ...K4, addresses: BOTH_VIPS }],
    ['R4', { ...K4, priority: 0, addresses: BOTH_VIPS }],
  ])('B01: reads frame %s of another daemon', (id, advertisement) => {
    expect(decodeAdvertisement(capturedDatagram(id).payload)).toEqual(advertisement);
  });

  test('B28: ignores the reserved bits in front of the interval [RFC9568-5.2.6-2]', () => {
    expect(decodeAdvertisement(fromHex('3107c801f06400000a090064'))?.advertIntervalMs).toBe(1000);
  });

  test('reads from the middle of a larger buffer', () => {
    const payload = fromHex('ffff 3107c801000a11e70a090064 ffff').subarray(2, 14);
    expect(decodeAdvertisement(payload)).toEqual(K4);
  });

  test.each([
    ['version 2', '2107c801000a11e70a090064'],
    ['type 2', '3207c801000a11e70a090064'],
    ['7 bytes', '3107c801000a11'],
    ['no address', '3107c800000a11e7'],
    ['an address missing', '3107c802000a11e70a090064'],
    ['an address too many', '3107c801000a11e70a0900640a090065'],
  ])('gives nothing for %s', (_what, bytes) => {
    expect(decodeAdvertisement(fromHex(bytes))).toBeUndefined();
  });

  test('the header of any version is readable from 8 bytes on', () => {
    expect(decodeHeader(fromHex('2f07c801f00a11'))).toBeUndefined();
    expect(decodeHeader(fromHex('2f07c805f00a11e7'))).toEqual({
      version: 2, type: 15, vrid: 7, priority: 200, addressCount: 5, advertIntervalMs: 100,
    });
  });
});

describe('property', () => {
  const address = fc.ipV4();
  const advertisement = fc.record({
    version: fc.constant(3 as const),
    vrid: fc.integer({ min: 1, max: 255 }),
    priority: fc.integer({ min: 0, max: 255 }),
    advertIntervalMs: fc.integer({ min: 1, max: 4095 }).map((centiseconds) => centiseconds * 10),
    addresses: fc.array(address, { minLength: 1, maxLength: 255 }),
  });
  const envelope = fc.record({
    source: address, destination: address,
    checksumForm: fc.constantFrom('pseudo-header' as const, 'message-only' as const),
  });

  test('what is encoded decodes to itself', () => {
    fc.assert(fc.property(advertisement, envelope, (original, around) => {
      expect(decodeAdvertisement(encodeAdvertisement(original, around))).toEqual(original);
    }));
  });
});

import { addressFamily, formatAddress, InvariantError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  advertisementOf, decodeAdvertisement, decodeHeader, decodePassword, encodeAdvertisement, type Advertisement,
  type AdvertisementEnvelope,
} from './advertisement.js';
import { verifyChecksum } from './checksum.js';
import {
  adv, adv2, adv6, capturedDatagram, f3, f6, fromHex, GLOBAL6, OWN6, toHex, VIP, VIP6, VIP_2,
} from './fixtures.js';

const MULTICAST: AdvertisementEnvelope = {
  source: '10.9.0.1', destination: '224.0.0.18', checksumForm: 'pseudo-header',
};
const RFC9568: AdvertisementEnvelope = { ...MULTICAST, checksumForm: 'message-only' };
const MULTICAST6: AdvertisementEnvelope = { ...MULTICAST, source: OWN6, destination: 'ff02::12' };
const SECRET12 = Uint8Array.from('secret12', (letter) => letter.charCodeAt(0));
const BOTH_VIPS = [VIP.address, VIP_2.address];

/** The advertisement of frame K4. */
const K4 = adv(200, { advertIntervalMs: 100 });
/** The advertisement of frame K8. */
const K8 = adv6(200, { advertIntervalMs: 100 });

describe('encoding', () => {
  test.each([
    ['A03', 'K4', K4, MULTICAST],
    ['A03', 'K5', { ...K4, priority: 0 }, MULTICAST],
    ['A05', 'K6', { ...K4, addresses: BOTH_VIPS }, MULTICAST],
    ['A05', 'R3', { ...K4, addresses: BOTH_VIPS }, MULTICAST],
    ['A06', 'R4', { ...K4, priority: 0, addresses: BOTH_VIPS }, MULTICAST],
    ['A17', 'K7', { ...K4, priority: 150, advertIntervalMs: 250 }, { ...MULTICAST, destination: '10.9.0.2' }],
    ['A01', 'K1', adv2(200), RFC9568],
    ['A01', 'R1', adv2(200), RFC9568],
    ['A02', 'K2', adv2(0), RFC9568],
    ['A02', 'R2', adv2(0), RFC9568],
    ['A01', 'K3', adv2(100), { ...RFC9568, proof: { kind: 'simple-password', password: SECRET12 } }],
    ['A07', 'K8', K8, MULTICAST6],
    ['A08', 'K9', { ...K8, priority: 0 }, MULTICAST6],
    ['A07', 'R6', K8, { ...MULTICAST6, source: 'fe80::655:bdd4:dc85:f442' }],
    ['A08', 'R7', { ...K8, priority: 0 }, { ...MULTICAST6, source: 'fe80::655:bdd4:dc85:f442' }],
  ] as [string, string, Advertisement, AdvertisementEnvelope][])('%s: gives the bytes of frame %s of another daemon', (
    _case, id, advertisement, envelope,
  ) => {
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
    expect(decodeAdvertisement(bytes, 4)?.addresses).toEqual(addresses);
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
    ['A12: interval 0 in version 2', { version: 2, advertIntervalMs: 0 }],
    ['A12: half a second in version 2', { version: 2, advertIntervalMs: 500 }],
    ['A12: 256 s in version 2', { version: 2, advertIntervalMs: 256_000 }],
  ])('refuses what no configuration may contain: %s', (_what, wrong) => {
    expect(() => encodeAdvertisement(adv(100, wrong), RFC9568)).toThrow(InvariantError);
  });

  test.each<[string, Partial<Advertisement>, Partial<AdvertisementEnvelope>]>([
    ['A09: a global address first [RFC9568-5.2.9-2]', { addresses: [GLOBAL6.address, VIP6.address] }, {}],
    ['A10: no link-local address [RFC9568-5.2.9-2]', { addresses: [GLOBAL6.address] }, {}],
    ['A18: 91 addresses', { addresses: Array.from({ length: 91 }, (_, index) => `fe80::${String(index)}`) }, {}],
    ['an IPv4 address', { addresses: [VIP6.address, VIP.address] }, {}],
    ['version 2', { version: 2 }, {}],
    ['a destination of the other family', {}, { destination: '224.0.0.18' }],
    ['a password', {}, { proof: { kind: 'simple-password', password: SECRET12 } }],
  ])('refuses over IPv6: %s', (_what, wrong, around) => {
    expect(() => encodeAdvertisement(adv6(100, wrong), { ...MULTICAST6, ...around })).toThrow(InvariantError);
  });

  test('refuses a password of no or more than 8 bytes', () => {
    for (const length of [0, 9]) {
      const proof = { kind: 'simple-password', password: new Uint8Array(length) } as const;
      expect(() => encodeAdvertisement(adv2(100), { ...RFC9568, proof })).toThrow(InvariantError);
    }
  });

  test('A14: version 2 ends in type 0 and 8 zero bytes [RFC3768-5.3.6-1] [RFC3768-5.3.10-1] [RFC3768-5.3.7-1]', () => {
    const bytes = encodeAdvertisement(adv2(200, { addresses: BOTH_VIPS, advertIntervalMs: 255_000 }), RFC9568);
    expect([bytes.length, bytes[4], bytes[5]]).toEqual([8 + 2 * 4 + 8, 0, 255]);
    expect(toHex(bytes.subarray(16))).toBe('0000000000000000');
  });

  test('a password shorter than 8 bytes is filled up with zeros', () => {
    const proof = { kind: 'simple-password', password: SECRET12.subarray(0, 3) } as const;
    const bytes = encodeAdvertisement(adv2(200), { ...RFC9568, proof });
    expect([bytes[4], toHex(bytes.subarray(12))]).toEqual([1, '7365630000000000']);
    expect(decodePassword(bytes)).toEqual({ type: 1, data: fromHex('7365630000000000') });
  });

  test('A18: carries 90 addresses over IPv6', () => {
    const addresses = Array.from({ length: 90 }, (_, index) => `fe80::${(index + 1).toString(16)}`);
    const bytes = encodeAdvertisement(adv6(100, { addresses }), MULTICAST6);
    expect([bytes.length, bytes[3]]).toEqual([8 + 90 * 16, 90]);
    expect(decodeAdvertisement(bytes, 6)?.addresses).toEqual(addresses);
  });

  test('A09: says link-local addresses first, the others as configured [RFC9568-5.2.9-1] [RFC9568-5.2.9-2]', () => {
    const other = { address: 'fd09::1', prefixLength: 64 };
    expect(advertisementOf(f6({ addresses: [GLOBAL6, VIP6, other] }), 42).addresses)
      .toEqual(['fe80::100', 'fd09::100', 'fd09::1']);
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
    ['K1', adv2(200)],
    ['K2', adv2(0)],
    ['K3', adv2(100)],
    ['R1', adv2(200)],
    ['R2', adv2(0)],
    ['K8', K8],
    ['K9', { ...K8, priority: 0 }],
    ['R5', { ...K8, addresses: [GLOBAL6.address] }],
    ['R6', K8],
    ['R7', { ...K8, priority: 0 }],
  ])('B01: reads frame %s of another daemon', (id, advertisement) => {
    const { payload, source } = capturedDatagram(id);
    expect(decodeAdvertisement(payload, addressFamily(source))).toEqual(advertisement);
  });

  test('B17: 255 IPv6 addresses, which nobody can send unfragmented, are read all the same', () => {
    const payload = new Uint8Array(8 + 255 * 16);
    payload.set(fromHex('3107c8ff00640000'));
    expect(decodeAdvertisement(payload, 6)?.addresses).toEqual(Array.from({ length: 255 }, () => '::'));
  });

  test('B28: ignores the reserved bits in front of the interval [RFC9568-5.2.6-2]', () => {
    expect(decodeAdvertisement(fromHex('3107c801f06400000a090064'), 4)?.advertIntervalMs).toBe(1000);
  });

  test('reads from the middle of a larger buffer', () => {
    const payload = fromHex('ffff 3107c801000a11e70a090064 ffff').subarray(2, 14);
    expect(decodeAdvertisement(payload, 4)).toEqual(K4);
  });

  test.each([
    ['version 2 without its authentication data', '2107c801000a11e70a090064'],
    ['version 4', '4107c801000a11e70a090064'],
    ['type 2', '3207c801000a11e70a090064'],
    ['7 bytes', '3107c801000a11'],
    ['no address', '3107c800000a11e7'],
    ['an address missing', '3107c802000a11e70a090064'],
    ['an address too many', '3107c801000a11e70a0900640a090065'],
  ])('gives nothing for %s', (_what, bytes) => {
    expect(decodeAdvertisement(fromHex(bytes), 4)).toBeUndefined();
  });

  test('gives nothing for a message of the other family', () => {
    expect(decodeAdvertisement(capturedDatagram('K4').payload, 6)).toBeUndefined();
    expect(decodeAdvertisement(capturedDatagram('K8').payload, 4)).toBeUndefined();
    const version2 = fromHex(`2107c80100010c89${'00'.repeat(16)}${'00'.repeat(8)}`);
    expect(decodeAdvertisement(version2, 6)).toBeUndefined();
  });

  test('the header of any version is readable from 8 bytes on', () => {
    expect(decodeHeader(fromHex('2f07c801f00a11'))).toBeUndefined();
    const common = { type: 15, vrid: 7, priority: 200, addressCount: 5 };
    expect(decodeHeader(fromHex('4f07c805f00a11e7'))).toEqual({ ...common, version: 4, advertIntervalMs: 100 });
    expect(decodeHeader(fromHex('2f07c805f00a11e7'))).toEqual({ ...common, version: 2, advertIntervalMs: 10_000 });
  });
});

describe('property', () => {
  const ipv4 = fc.ipV4();
  const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatAddress);
  const linkLocal = fc.uint8Array({ minLength: 8, maxLength: 8 })
    .map((bytes) => formatAddress(Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...bytes])));
  const common = { vrid: fc.integer({ min: 1, max: 255 }), priority: fc.integer({ min: 0, max: 255 }) };
  const centiseconds = fc.integer({ min: 1, max: 4095 }).map((count) => count * 10);
  const seconds = fc.integer({ min: 1, max: 255 }).map((count) => count * 1000);
  const ipv4List = fc.array(ipv4, { minLength: 1, maxLength: 255 });
  const ipv6List = fc.tuple(linkLocal, fc.array(ipv6, { maxLength: 89 })).map(([first, rest]) => [first, ...rest]);
  const version3 = fc.constant(3 as const);
  const version2 = fc.constant(2 as const);
  const checksumForm = fc.constantFrom('pseudo-header' as const, 'message-only' as const);
  const aroundIpv4 = fc.record({ source: ipv4, destination: ipv4, checksumForm });
  const aroundIpv6 = fc.record({ source: ipv6, destination: ipv6, checksumForm });

  test.each([
    ['version 3 over IPv4', 4 as const, aroundIpv4,
      fc.record({ version: version3, ...common, advertIntervalMs: centiseconds, addresses: ipv4List })],
    ['version 3 over IPv6', 6 as const, aroundIpv6,
      fc.record({ version: version3, ...common, advertIntervalMs: centiseconds, addresses: ipv6List })],
    ['version 2', 4 as const, aroundIpv4,
      fc.record({ version: version2, ...common, advertIntervalMs: seconds, addresses: ipv4List })],
  ])('what is encoded decodes to itself, and its checksum fits: %s', (_what, family, around, advertisement) => {
    fc.assert(fc.property(advertisement, around, (original, envelope) => {
      const bytes = encodeAdvertisement(original, envelope);
      expect(decodeAdvertisement(bytes, family)).toEqual(original);
      const { source, destination, checksumForm: form } = envelope;
      expect(verifyChecksum(bytes, [form], source, destination)).toBe(form);
    }));
  });
});

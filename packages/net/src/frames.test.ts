import { expect, test } from '@jest/globals';

import { encodeGratuitousArp, encodeNeighbourAdvertisement, formatMac } from './frames.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const virtualMac = Uint8Array.of(0x00, 0x00, 0x5e, 0x00, 0x02, 0x07);
const mac = Uint8Array.of(0x02, 0, 0, 0, 0, 0x01);

test('a gratuitous ARP is byte for byte the one captured from keepalived', () => {
  expect(hex(encodeGratuitousArp(mac, '10.9.0.100'))).toBe(
    'ffffffffffff020000000001080600010800060400010200000000010a090064ffffffffffff0a090064');
});

test('a neighbour advertisement is byte for byte the one captured from FRR and keepalived', () => {
  expect(hex(encodeNeighbourAdvertisement(virtualMac, 'fd09::100'))).toBe(
    '33330000000100005e00020786dd6000000000203afffd090000000000000000000000000100ff020000000000000000000000000001'
    + '88007a84a0000000fd090000000000000000000000000100020100005e000207');
});

test('from the MAC of an interface too', () => {
  const captured = '33330000000102000000000186dd6000000000203afffd090000000000000000000000000100'
    + 'ff0200000000000000000000000000018800d88aa0000000fd0900000000000000000000000001000201020000000001';

  expect(hex(encodeNeighbourAdvertisement(mac, 'fd09::100'))).toBe(captured);
});

test('a MAC is written with colons', () => {
  expect(formatMac(virtualMac)).toBe('00:00:5e:00:02:07');
});

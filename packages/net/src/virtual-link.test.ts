import { expect, test } from '@jest/globals';

import { virtualLinkName, virtualMac } from './virtual-link.js';

test.each([
  [1, 4, '00:00:5e:00:01:01'], [255, 4, '00:00:5e:00:01:ff'], [51, 6, '00:00:5e:00:02:33'],
] as const)('the virtual MAC of VRID %i, IPv%i is %s', (vrid, family, mac) => {
  expect(virtualMac(vrid, family)).toBe(mac);
});

test('the name of a virtual link tells family, VRID and parent, and always fits into 15 characters', () => {
  expect(virtualLinkName(51, 4, 12)).toBe('vr4.51.12');
  expect(virtualLinkName(255, 6, 9_999_999)).toBe('vr6.255.9999999');
  expect(virtualLinkName(255, 6, 10_000_000)).toBe('vr6.255.x5yc1s');
  expect(virtualLinkName(255, 6, 0x7fffffff)).toBe('vr6.255.xzik0zj');
});

import { describe, expect, test } from '@jest/globals';
import { advertisesSame, changeAddresses } from './address-change.js';
import { VIP, VIP_2, VIP_3 } from './fixtures.js';

describe('a changed list of addresses', () => {
  test('gives up, claims the whole set, announces what is new, in this order', () => {
    expect(changeAddresses([VIP, VIP_2], [VIP_3, VIP_2], 5)).toEqual([
      { kind: 'release-addresses', addresses: [VIP] },
      { kind: 'claim-addresses', addresses: [VIP_3, VIP_2] },
      { kind: 'announce-addresses', addresses: [VIP_3], count: 5 },
    ]);
  });

  test('releases nothing when it only grew, and announces nothing when it only shrank', () => {
    expect(changeAddresses([VIP], [VIP, VIP_2], 5).map(({ kind }) => kind))
      .toEqual(['claim-addresses', 'announce-addresses']);
    expect(changeAddresses([VIP, VIP_2], [VIP], 5).map(({ kind }) => kind))
      .toEqual(['release-addresses', 'claim-addresses']);
  });

  test('asks for nothing when only the order changed', () => {
    expect(changeAddresses([VIP, VIP_2], [VIP_2, VIP], 5)).toEqual([]);
  });

  test('announces nothing where takeover is not announced', () => {
    expect(changeAddresses([VIP], [VIP, VIP_2], 0)).toEqual([{ kind: 'claim-addresses', addresses: [VIP, VIP_2] }]);
  });

  test.each([
    ['prefix length', { ...VIP, prefixLength: 32 }], ['interface', { ...VIP, interface: 'eth1' }],
    ['label', { ...VIP, label: 'eth0:web' }],
  ])('another %s is another address', (_what, changed) => {
    expect(changeAddresses([VIP], [changed], 1)).toEqual([
      { kind: 'release-addresses', addresses: [VIP] },
      { kind: 'claim-addresses', addresses: [changed] },
      { kind: 'announce-addresses', addresses: [changed], count: 1 },
    ]);
  });
});

test('an advertisement shows addresses and their order, nothing else', () => {
  expect(advertisesSame([VIP, VIP_2], [VIP, { ...VIP_2, label: 'eth0:web' }])).toBe(true);
  expect(advertisesSame([VIP, VIP_2], [VIP_2, VIP])).toBe(false);
  expect(advertisesSame([VIP], [VIP, VIP_2])).toBe(false);
  expect(advertisesSame([VIP, VIP_2], [VIP])).toBe(false);
});

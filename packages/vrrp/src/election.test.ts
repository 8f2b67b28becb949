import { formatAddress } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isBetterMaster } from './election.js';

describe('the better master [RFC9568-6.4.3-4]', () => {
  test.each([
    ['a higher priority wins from a lower address', 101, '10.9.0.1', 100, '10.9.0.2', true],
    ['a lower priority loses from a higher address', 99, '10.9.0.2', 100, '10.9.0.1', false],
    ['F05: the higher address wins a tie', 100, '10.9.0.2', 100, '10.9.0.1', true],
    ['F04: the lower address loses a tie', 100, '10.9.0.0', 100, '10.9.0.1', false],
    ['addresses compare as unsigned numbers', 100, '200.0.0.1', 100, '100.0.0.1', true],
    ['addresses compare as numbers, not as text', 100, '10.9.0.10', 100, '10.9.0.9', true],
    ['the first byte weighs most', 100, '11.0.0.0', 100, '10.255.255.255', true],
    ['nobody is better than itself', 100, '10.9.0.1', 100, '10.9.0.1', false],
  ])('%s', (_name, priority, address, otherPriority, otherAddress, better) => {
    expect(isBetterMaster({ priority, address }, { priority: otherPriority, address: otherAddress })).toBe(better);
  });

  const linkLocal = fc.uint8Array({ minLength: 8, maxLength: 8 })
    .map((bytes) => formatAddress(Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...bytes])));

  test.each([
    ['IPv4', fc.ipV4()], ['IPv6', linkLocal],
  ])('of two different routers over %s exactly one is better (property)', (_family, addresses) => {
    const contender = fc.record({ priority: fc.integer({ min: 1, max: 3 }), address: addresses });
    fc.assert(fc.property(contender, contender, (a, b) => {
      const same = a.priority === b.priority && a.address === b.address;
      expect(Number(isBetterMaster(a, b)) + Number(isBetterMaster(b, a))).toBe(same ? 0 : 1);
    }));
  });
});

import { expect, test } from '@jest/globals';

import { openPacketIo } from './transport.js';

test('the native driver can be demanded', () => {
  expect(openPacketIo('native').driver).toBe('native');
});

test('a driver of another name is refused', () => {
  expect(() => openPacketIo('pigeon')).toThrow(expect.objectContaining({ code: 'ERR_NET_DRIVER_UNAVAILABLE' }));
});

test.each([4, 6] as const)('a missing interface is told before any socket of IPv%i is opened', (family) => {
  expect(() => openPacketIo('native').open('no-such-link', family, () => undefined)).toThrow(
    expect.objectContaining({ code: 'ERR_NET_INTERFACE_MISSING', details: { interface: 'no-such-link' } }));
});

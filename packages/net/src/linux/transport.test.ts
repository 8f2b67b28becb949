import { expect, test } from '@jest/globals';

import { openPacketIo } from './transport.js';

test('the native driver can be demanded', () => {
  expect(openPacketIo('native').driver).toBe('native');
});

test('a driver of another name is refused', () => {
  expect(() => openPacketIo('pigeon')).toThrow(expect.objectContaining({ code: 'ERR_NET_DRIVER_UNAVAILABLE' }));
});

test('a missing interface is told before any socket is opened', () => {
  expect(() => openPacketIo('native').open('no-such-link', () => undefined)).toThrow(
    expect.objectContaining({ code: 'ERR_NET_INTERFACE_MISSING', details: { interface: 'no-such-link' } }));
});

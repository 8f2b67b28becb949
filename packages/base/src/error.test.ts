import { expect, test } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { assert, assertNever, InvariantError } from './assert.js';
import { BatonError, describeError } from './error.js';

test('an operating error keeps its code, its cause and its place, and tells what to do in one line', () => {
  const cause = new Error('EPERM');
  const error = new BatonError('ERR_NET_RAW_SOCKET_DENIED', 'cannot open raw socket on eth0', {
    cause,
    details: { interface: 'eth0' },
    hint: 'grant CAP_NET_RAW to the service',
  });
  expect(error.code).toBe('ERR_NET_RAW_SOCKET_DENIED');
  expect(error.cause).toBe(cause);
  expect(error.details).toEqual({ interface: 'eth0' });
  expect(describeError(error)).toBe('cannot open raw socket on eth0; grant CAP_NET_RAW to the service');
});

test('anything thrown can be described', () => {
  expect(describeError(new Error('plain'))).toBe('plain');
  expect(describeError('text')).toBe('text');
  expect(describeError(undefined)).toBe('undefined');
  expect(describeError({ code: 7 })).toBe('[object Object]');
  expect(describeError(new BatonError('ERR_X', 'without a hint'))).toBe('without a hint');
});

test('an error of another realm is described by its shape', () => {
  const foreign: unknown = runInNewContext('new Error("ENOSPC: no space left on device")');
  expect(foreign).not.toBeInstanceOf(Error);
  expect(describeError(foreign)).toBe('ENOSPC: no space left on device');
});

test('a broken invariant names itself', () => {
  expect(() => {
    assert(false, 'a master has an address');
  }).toThrow(new InvariantError('invariant broken: a master has an address'));
  expect(() => {
    assert(true, 'never seen');
  }).not.toThrow();
  expect(() => assertNever({ kind: 'strange' } as never)).toThrow(InvariantError);
});

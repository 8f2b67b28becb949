import { expect, test } from '@jest/globals';

import { EAGAIN, ENODEV, asOutcome, errnoName } from './errno.js';

test('failures are named as the manual pages name them', () => {
  expect(errnoName(ENODEV)).toBe('ENODEV');
  expect(errnoName(-95)).toBe('EOPNOTSUPP');
  expect(errnoName(EAGAIN)).toBe('EAGAIN');
  expect(errnoName(-4711)).toBe('errno 4711');
});

test('zero and more is success', () => {
  expect(asOutcome(0)).toEqual({ ok: true });
  expect(asOutcome(12)).toEqual({ ok: true });
  expect(asOutcome(-100)).toEqual({ ok: false, errno: 'ENETDOWN' });
});

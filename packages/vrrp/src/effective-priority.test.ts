import { InvariantError } from '@baton/base';
import { expect, test } from '@jest/globals';
import { effectivePriority } from './effective-priority.js';

test.each([
  [100, 0, 100], [100, -30, 70], [100, 30, 130], [100, -99, 1], [100, -100, 1], [100, -500, 1], [200, 54, 254],
  [200, 55, 254], [254, 1, 254], [1, -1, 1],
])('priority %d adjusted by %d is %d: never 0, never 255 [RFC9568-5.2.4-1]', (configured, adjustment, effective) => {
  expect(effectivePriority(configured, adjustment)).toBe(effective);
});

test.each([-254, -1, 0, 1])('an owner is not adjusted by %d [RFC9568-5.2.4-1]', (adjustment) => {
  expect(effectivePriority(255, adjustment)).toBe(255);
});

test('half a point is a mistake of the caller', () => {
  expect(() => effectivePriority(100, 0.5)).toThrow(InvariantError);
  expect(() => effectivePriority(100, Number.NaN)).toThrow(InvariantError);
});

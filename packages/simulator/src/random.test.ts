import { expect, test } from '@jest/globals';
import { Random } from './random.js';

test('the numbers are those of xoshiro128** 1.1', () => {
  const random = Random.fromState([1, 2, 3, 4]);
  // The values that the authors' reference implementation gives for this state.
  expect(Array.from({ length: 10 }, () => random.nextUint32())).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test('neighbouring seeds have nothing in common', () => {
  const first = (seed: number): number => Random.fromSeed(seed).nextUint32();
  expect(new Set(Array.from({ length: 1000 }, (_, seed) => first(seed))).size).toBe(1000);
});

test('a fraction is below 1, and a number below its limit', () => {
  const random = Random.fromSeed(1);
  const fractions = Array.from({ length: 10_000 }, () => random.nextFraction());
  expect(Math.max(...fractions)).toBeLessThan(1);
  expect(Math.abs(fractions.reduce((sum, value) => sum + value, 0) / 10_000 - 0.5)).toBeLessThan(0.02);
  expect(new Set(Array.from({ length: 1000 }, () => random.below(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
});

test('shuffling loses nothing, and picking from nothing is refused', () => {
  const random = Random.fromSeed(1);
  expect(random.shuffle([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
  expect(() => random.pick([])).toThrow(RangeError);
});

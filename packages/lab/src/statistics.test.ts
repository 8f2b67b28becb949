import { describe, expect, test } from '@jest/globals';

import { median, percentile, summarize } from './statistics.js';

describe('order statistics', () => {
  test.each([
    [[3], 3], [[1, 9], 5], [[9, 1, 2], 2], [[10, 9, 100, 2], 9.5],
  ])('the median of %j is %d', (samples, expected) => {
    expect(median(samples)).toBe(expected);
  });

  test('a percentile is a sample, by nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([1, 50, 95, 100].map((percent) => percentile(samples, percent))).toEqual([1, 50, 95, 100]);
  });

  test('the p95 of ten samples is the largest', () => {
    expect(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 95)).toBe(10);
  });

  test('samples are not reordered', () => {
    const samples = [3, 1, 2];
    summarize(samples);
    expect(samples).toEqual([3, 1, 2]);
  });

  test('no samples have no statistics, and a percentage has its range', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => percentile([], 50)).toThrow(RangeError);
    expect(() => percentile([1], 0)).toThrow(RangeError);
    expect(() => percentile([1], 101)).toThrow(RangeError);
  });
});

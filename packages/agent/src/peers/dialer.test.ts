import { describe, expect, test } from '@jest/globals';
import { retryDelayMs } from './dialer.js';

describe('the wait between two attempts to connect', () => {
  test('is 100 ms first, doubles up to 2 s, and half of it is left to chance', () => {
    expect([1, 2, 3, 4, 5, 6, 100].map((failures) => retryDelayMs(failures, 0)))
      .toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
    expect([1, 2, 6].map((failures) => retryDelayMs(failures, 1))).toEqual([100, 100, 1000]);
  });
});

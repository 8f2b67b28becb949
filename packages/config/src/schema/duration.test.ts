import { describe, expect, test } from '@jest/globals';
import { parseDuration } from './duration.js';

describe('a duration', () => {
  test.each([
    ['10ms', 10], ['1s', 1000], ['1.5s', 1500], ['5m', 300_000], ['1h', 3_600_000], ['7d', 604_800_000],
    ['40.95s', 40_950], ['0s', 0], ['0.1ms', 0.1], ['0.07s', 70], ['4.35s', 4350],
  ])('%s is %p ms', (spelled, ms) => {
    expect(parseDuration(spelled)).toBe(ms);
  });

  test.each(['', '1', 's', '-1s', '+1s', '1 s', '1S', '1e3s', '.5s', '1.s', '1s ', '1m30s', '1234567890s', '0x1s'])(
    '%p is none', (spelled) => {
      expect(parseDuration(spelled)).toBeUndefined();
    });
});

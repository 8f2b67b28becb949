import { InvariantError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { claimRetryMs, masterDownIntervalMs, nextOnGrid, shortestLeaseSeconds, skewTimeMs } from './timers.js';

describe('Skew_Time and Master_Down_Interval [RFC9568-6.1-1] [RFC9568-6.1-2]', () => {
  test.each([
    ['C01', 100, 1000, 609.375, 3609.375],
    ['C02', 200, 1000, 218.75, 3218.75],
    ['C03', 254, 10, 0.078125, 30.078125],
    ['C04', 1, 40_950, 40_790.0390625, 163_640.0390625],
    ['', 254, 1000, 7.8125, 3007.8125],
    ['', 1, 1000, 996.09375, 3996.09375],
    ['', 255, 1000, 3.90625, 3003.90625],
    ['', 100, 200, 121.875, 721.875],
    ['', 100, 100, 60.9375, 360.9375],
    ['', 100, 10, 6.09375, 36.09375],
  ])('%s: priority %d at %d ms gives %d ms and %d ms, exactly', (_case, priority, intervalMs, skewMs, downMs) => {
    expect(skewTimeMs(3, priority, intervalMs)).toBe(skewMs);
    expect(masterDownIntervalMs(3, priority, intervalMs)).toBe(downMs);
  });

  test.each([
    ['', 100, 1000, 609.375, 3609.375],
    ['C06', 100, 5000, 609.375, 15_609.375],
    ['', 254, 255_000, 7.8125, 765_007.8125],
  ])('%s: in version 2 the skew does not grow with the interval: priority %d at %d ms gives %d ms and %d ms '
    + '[RFC3768-6.1-1] [RFC3768-6.1-2]', (_case, priority, intervalMs, skewMs, downMs) => {
    expect(skewTimeMs(2, priority, intervalMs)).toBe(skewMs);
    expect(masterDownIntervalMs(2, priority, intervalMs)).toBe(downMs);
  });

  test('C05: neighbouring priorities differ by 390.625 µs at 100 ms [RFC9568-8.3.2-1]', () => {
    expect(masterDownIntervalMs(3, 100, 100) - masterDownIntervalMs(3, 101, 100)).toBe(0.390625);
  });

  test('a higher priority is always less patient, at every interval [RFC9568-8.3.2-1]', () => {
    for (const intervalMs of [10, 100, 1000, 40_950]) {
      for (let priority = 2; priority <= 255; priority += 1) {
        expect(masterDownIntervalMs(3, priority, intervalMs))
          .toBeLessThan(masterDownIntervalMs(3, priority - 1, intervalMs));
      }
    }
  });

  test.each([
    [3, 0, 1000], [3, 256, 1000], [3, 100, 0], [3, 100, 15], [3, 100, 40_960], [2, 100, 0], [2, 100, 500],
    [2, 100, 256_000],
  ] as const)('A12: in version %d priority %d at %d ms is refused', (version, priority, intervalMs) => {
    expect(() => skewTimeMs(version, priority, intervalMs)).toThrow(InvariantError);
    expect(() => masterDownIntervalMs(version, priority, intervalMs)).toThrow(InvariantError);
  });
});

describe('a periodic deadline', () => {
  test('C15: stays on its grid when it was met late', () => {
    expect(nextOnGrid(1000, 100, 1000)).toBe(1100);
    expect(nextOnGrid(1000, 100, 1099.9)).toBe(1100);
  });

  test('C17: begins a new grid when a whole period was slept through', () => {
    expect(nextOnGrid(1000, 100, 1100)).toBe(1200);
    expect(nextOnGrid(1000, 100, 6000)).toBe(6100);
  });
});

describe('the shortest lease', () => {
  test.each([[10, 1], [100, 1], [250, 1], [260, 2], [1000, 4], [1250, 5], [40_950, 164], [255_000, 1020]])(
    'at %i ms is %i s: four intervals in whole seconds, at least one', (intervalMs, seconds) => {
      expect(shortestLeaseSeconds(intervalMs)).toBe(seconds);
    });
});

describe('the wait after refused addresses', () => {
  test('is three master-down intervals, doubled with every refusal in a row, up to 5 minutes', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((refusals) => claimRetryMs(refusals, 3600)))
      .toEqual([10_800, 21_600, 43_200, 86_400, 172_800, 300_000, 300_000]);
  });

  test('is at least 5 s', () => {
    expect(claimRetryMs(1, 36)).toBe(5000);
    expect(claimRetryMs(2, 36)).toBe(10_000);
  });
});

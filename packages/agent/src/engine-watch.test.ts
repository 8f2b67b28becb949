// When an engine counts as frozen.

import { describe, expect, test } from '@jest/globals';
import { BUSY_PATIENCES, PATIENCE_MS, Silence } from './engine-watch.js';

/** Looks once a period from now on.
 *  @returns how long after the beginning it was found frozen, ms */
function frozenAfter(
  silence: Silence, workOf: (atMs: number) => number | undefined, untilMs: number,
): number | undefined {
  for (let now = silence.periodMs; now <= untilMs; now += silence.periodMs) {
    if (silence.look(now, () => workOf(now)) === 'frozen') return now;
  }
  return undefined;
}

describe('an engine that says nothing and uses no processor', () => {
  test.each([[100, PATIENCE_MS], [1000, 3000], [40_950, 122_850]])(
    'with an interval of %i ms is frozen within %i ms, and not in half of it', (intervalMs, patienceMs) => {
      const found = frozenAfter(new Silence(intervalMs, 0), () => 7, patienceMs) ?? Infinity;
      expect(found).toBeLessThanOrEqual(patienceMs);
      expect(found).toBeGreaterThan(patienceMs / 2);
    },
  );

  test('is not frozen when it spoke meanwhile', () => {
    const silence = new Silence(100, 0);
    for (let now = 100; now < 5000; now += 100) {
      silence.heard(now - 5);
      expect(silence.look(now, () => 7)).toBe('lives');
    }
  });

  test('is given all its time again when the agent itself has slept', () => {
    const silence = new Silence(100, 0);
    expect(silence.look(6_000, () => 7)).toBe('lives');
    expect(silence.look(6_100, () => 7)).toBe('lives');
  });
});

describe('an engine that says nothing', () => {
  test.each([['computes', (atMs: number) => atMs], ['cannot be looked at', () => undefined]])(
    'and %s is given five times as long', (_, workOf) => {
      expect(frozenAfter(new Silence(100, 0), workOf, 60_000)).toBe(BUSY_PATIENCES * PATIENCE_MS);
    },
  );
});

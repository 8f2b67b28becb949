import { describe, expect, test } from '@jest/globals';
import { f3, heard, P, QUIET, Timeline } from './fixtures.js';

/** What a backup of priority 100 waits at the default interval, ms. */
const PATIENCE_MS = 3609.375;
const LEASED = { ...QUIET, leaseSeconds: 4 };
const BURST = 'announce 10.9.0.100 x5';

/** A backup that has heard its master last at 1000, until so much later.
 *  @returns the instants of its bursts */
function burstsAfter(timeline: Timeline, untilMs: number): number[] {
  timeline.until(untilMs);
  return timeline.take().filter((line) => line.endsWith(BURST)).map((line) => Number(line.split(' ')[0]));
}

describe('a backup that takes over from a master that fell silent', () => {
  test('announces again when the lease of the dead one has run out, with what a kernel is late', () => {
    const timeline = Timeline.started(f3(LEASED)).at(1000, heard(200));
    expect(burstsAfter(timeline, 20_000)).toEqual([1000 + PATIENCE_MS, 1000 + 4000 + 350]);
  });

  test('counts the lease by the interval of the dead one where that is longer', () => {
    const timeline = Timeline.started(f3(LEASED)).at(1000, heard(200, P, { advertIntervalMs: 2000 }));
    expect(burstsAfter(timeline, 30_000)).toEqual([1000 + 2 * PATIENCE_MS, 1000 + 8000 + 350]);
  });

  test('does not announce again where addresses have no lease', () => {
    const timeline = Timeline.started(f3(QUIET)).at(1000, heard(200));
    expect(burstsAfter(timeline, 20_000)).toEqual([1000 + PATIENCE_MS]);
  });

  test('does not announce again after a resignation: who resigns has taken its addresses off', () => {
    const timeline = Timeline.started(f3(LEASED)).at(1000, heard(200)).at(1500, heard(0));
    expect(burstsAfter(timeline, 20_000)).toEqual([1500 + 609.375]);
  });
});

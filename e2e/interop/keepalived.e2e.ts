// Baton and Debian's keepalived 2.2.7 as one pair, VRRP version 3, each in both roles: they elect one master, take over
// from each other however the other ends, and give back.
//
// A node whose daemons are all killed keeps the address in its kernel: keepalived for good, Baton too as long as the
// kernel has no lease on it. So after a kill only the claims of living daemons are counted: their adverts. While both
// live, the kernels themselves are watched.

import { describe, expect, test } from '@jest/globals';
import { runToEnd, waitFor, type LabNode } from '@baton/lab';
import { FAST_MS, onLan, PREEMPTION_MS, type Bed } from '../support/bed.js';
import type { Capture } from '../support/capture.js';
import { START_DEADLINE_MS } from '../support/journal.js';

/** From the last advert of a dead master to the first of its successor: 3 × interval + skew, and two busy cores, ms. */
const SILENCE_LIMIT_MS = 3 * FAST_MS + 70 + 150;
/** Adverts of a new master that prove that the other one accepts it. */
const SETTLED_ADVERTS = 8;

type Pair = { readonly first: LabNode; readonly second: LabNode };

const pairs: readonly (readonly [string, (bed: Bed) => Pair])[] = [
  [
    'Baton above keepalived',
    (bed) => ({ first: bed.baton('a', { priority: 254 }), second: bed.keepalived('b', { priority: 100 }) }),
  ],
  [
    'keepalived above Baton',
    (bed) => ({ first: bed.keepalived('a', { priority: 254 }), second: bed.baton('b', { priority: 100 }) }),
  ],
];

describe.each(pairs)('%s', (_, makePair) => {
  test('one master, the other within its skew time of a stop, the first again when it returns, never two', () =>
    onLan(['a', 'b'], async (bed) => {
      const { first, second } = makePair(bed);
      const capture = await bed.capture();
      const claims = await bed.watchClaims();
      await electFirst(bed, capture, first, second);

      await first.stop();
      const resignation = await capture.waitForAdvert(
        'priority 0',
        1_000,
        ({ source, priority }) => source === first.host.address && priority === 0,
      );
      const successor = await capture.waitForAdvert(
        'the second to advertise',
        1_000,
        ({ source, atMs }) => source === second.host.address && atMs > resignation.atMs,
      );
      // Skew_Time of priority 100 at 100 ms: 60.9 ms.
      expect(successor.atMs - resignation.atMs).toBeGreaterThan(60);
      expect(successor.atMs - resignation.atMs).toBeLessThan(61 + 150);
      await waitForSettled(capture, second, successor.atMs);

      await first.start();
      await capture.waitForAdvert(
        'the first to be back',
        START_DEADLINE_MS,
        ({ source, atMs }) => source === first.host.address && atMs > successor.atMs,
      );
      await waitForSettled(capture, first, capture.adverts(first.host.address).at(-1)?.atMs ?? 0);

      expect(claims.longestOverlapMs).toBeLessThan(PREEMPTION_MS);
      expect(claims.soleHolders).toEqual(['a', 'b', 'a']);
    }));

  test('the second takes over within 3 intervals and its skew time of a kill, and yields when the first returns', () =>
    onLan(['a', 'b'], async (bed) => {
      const { first, second } = makePair(bed);
      const capture = await bed.capture();
      await electFirst(bed, capture, first, second);

      await first.kill();
      const last = capture.adverts(first.host.address).at(-1);
      const successor = await capture.waitForAdvert(
        'the second to advertise',
        1_000,
        ({ source, atMs }) => source === second.host.address && atMs > (last?.atMs ?? 0),
      );
      expect(successor.atMs - (last?.atMs ?? 0)).toBeGreaterThan(3 * FAST_MS);
      expect(successor.atMs - (last?.atMs ?? 0)).toBeLessThan(SILENCE_LIMIT_MS);
      await waitForSettled(capture, second, successor.atMs);

      await first.start();
      const back = await capture.waitForAdvert(
        'the first to be back',
        START_DEADLINE_MS,
        ({ source, atMs }) => source === first.host.address && atMs > successor.atMs,
      );
      await waitForSettled(capture, first, back.atMs);
      await bed.waitForHolders(['a'], 2_000);
    }));

  test('the first stays master without an interruption when its backup dies and returns', () =>
    onLan(['a', 'b'], async (bed) => {
      const { first, second } = makePair(bed);
      const capture = await bed.capture();
      const claims = await bed.watchClaims();
      await electFirst(bed, capture, first, second);

      await second.kill();
      await startAsBackup(second);
      await waitForSettled(capture, first, Date.now());

      expect(capture.adverts(second.host.address)).toEqual([]);
      expect(claims.longestOverlapMs).toBe(0);
      expect(claims.soleHolders).toEqual(['a']);
    }));
});

test('the interoperation partner is keepalived 2.2.7 or later of the 2.2 series, speaking version 3', async () => {
  const { stdout, stderr } = await runToEnd(['keepalived', '--version']);
  expect(stdout + stderr).toMatch(/Keepalived v2\.2\.([7-9]|\d\d)/u);
});

/** Starts the first, and when it advertises the second; waits until the first is the only holder and goes on. */
async function electFirst(bed: Bed, capture: Capture, first: LabNode, second: LabNode): Promise<void> {
  await first.start();
  const mastership = await capture.waitForAdvert(
    'the first to advertise',
    6_000,
    ({ source }) => source === first.host.address,
  );
  await startAsBackup(second);
  await waitForSettled(capture, first, Math.max(mastership.atMs, Date.now()));
  await bed.waitForHolders([first.host.name], 1_000);
}

/** Starts a daemon and waits until it says that it is backup. */
async function startAsBackup(node: LabNode): Promise<void> {
  await node.start();
  await waitFor(`${node.host.name} to be backup`, START_DEADLINE_MS, () =>
    /to=backup|Entering BACKUP STATE/u.test(node.log),
  );
}

/** Waits for some adverts of a master after a moment, and expects that nobody else has advertised between them. */
async function waitForSettled(capture: Capture, master: LabNode, sinceMs: number): Promise<void> {
  const settled = await waitFor(`${String(SETTLED_ADVERTS)} adverts of ${master.host.name}`, 5_000, () => {
    const adverts = capture.adverts().filter(({ atMs }) => atMs > sinceMs);
    const last = adverts.findLastIndex(({ source }) => source !== master.host.address);
    return adverts.length - last > SETTLED_ADVERTS ? adverts.slice(last + 1) : undefined;
  });
  expect(new Set(settled.map(({ source }) => source))).toEqual(new Set([master.host.address]));
}

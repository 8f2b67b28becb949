// The kernel of a host on which no process of Baton runs any more lets go of the virtual address by itself: late enough
// that clients see no gap, and soon enough that two hosts do not answer for long (guarantees D4 and D5).

import { describe, expect, test } from '@jest/globals';
import { letPass, monotonicMs, Probe, Responder, run, waitFor, type BatonNode } from '@baton/lab';
import { onLan, VIP, type Bed } from './support/bed.js';
import type { ClaimWatch } from './support/claims.js';
import { forgetNeighbours, neighbourMac } from './support/client.js';
import { elect, readJournal, story, waitForTransition, type Transition } from './support/journal.js';

/** What a process that nobody hurries may come too late on two busy cores, ms. */
const SCHEDULING_MS = 150;
/** What the client may miss when everything on the master is killed: 50 ms by guarantee D4, which the benchmark judges,
 *  and what the answering service itself is late on a busy machine. */
const OUTAGE_MS = 50 + SCHEDULING_MS;
/** How long both kernels may hold the address, ms. */
const OVERLAP_MS = 1_500;
/** Within this of the end of the overlap nobody believes the dead one any more, ms. */
const REPAIR_MS = 1_000;

/** A master and its backup, a client that hears the master, and somebody who watches both kernels. */
async function stage(bed: Bed, advertIntervalMs: number): Promise<{
  readonly a: BatonNode;
  readonly b: BatonNode;
  readonly probe: Probe;
  readonly watch: ClaimWatch;
}> {
  const a = bed.baton('a', { priority: 200, advertIntervalMs });
  const b = bed.baton('b', { priority: 100, advertIntervalMs });
  await startResponders(bed);
  await elect(a, b);
  const probe = bed.stopAtEnd(await Probe.start(bed.lan.client, VIP));
  await waitFor('the client to hear a', 5_000, () => probe.owner === 'a');
  return { a, b, probe, watch: await bed.watchClaims() };
}

describe.each([
  ['1 s', 1_000],
  ['100 ms', 100],
])('every process of the master is killed at once, at adverts of %s', (_, advertIntervalMs) => {
  test('both kernels answer for at most 1.5 s, and within 1 s of that nobody believes the dead one', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, probe, watch } = await stage(bed, advertIntervalMs);
      const killedAt = monotonicMs();
      await a.kill();
      const takeover = await waitForTransition(b, 'backup>master', 4 * advertIntervalMs + SCHEDULING_MS);
      await waitFor('the kernel of b to be seen', 1_000, () => watch.holders.includes('b'));
      // Who asks now may believe either.
      while (watch.holders.length > 1) {
        await forgetNeighbours(bed.lan);
        await letPass(20);
      }
      const overlapEndedAt = monotonicMs();
      expect(watch.holders).toEqual(['b']);
      const macOfB = await macOf(bed, 'b');
      await waitFor('the client to find the address at b', REPAIR_MS, async () =>
        (await neighbourMac(bed.lan, VIP)) === macOfB && probe.owner === 'b',
      );
      const repairedMs = monotonicMs() - overlapEndedAt;
      const report = await probe.report(killedAt);

      expect(takeover.reason).toBe('master-down-timer');
      process.stdout.write(
        `killed at ${String(advertIntervalMs)} ms: overlap ${String(watch.longestOverlapMs)} ms, ` +
          `client at b ${repairedMs.toFixed(0)} ms after it, outage ${report.outageMs.toFixed(1)} ms\n`,
      );
      expect(watch.longestOverlapMs).toBeLessThanOrEqual(OVERLAP_MS);
      expect(await neighbourMac(bed.lan, VIP)).toBe(macOfB);
    }));

  test('a client that knows the address misses next to nothing', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, probe, watch } = await stage(bed, advertIntervalMs);
      const killedAt = monotonicMs();
      await a.kill();
      await waitForTransition(b, 'backup>master', 4 * advertIntervalMs + SCHEDULING_MS);
      await waitFor('a to let go', OVERLAP_MS + SCHEDULING_MS, () => watch.holders.join() === 'b');
      await letPass(200);
      const report = await probe.report(killedAt);

      const firstOfB = report.owners.find(({ node }) => node === 'b')?.at ?? Infinity;
      process.stdout.write(
        `killed at ${String(advertIntervalMs)} ms: outage ${report.outageMs.toFixed(1)} ms, begun ` +
          `${(report.outageFrom - firstOfB).toFixed(1)} ms after the first answer of b\n`,
      );
      expect(report.outageMs).toBeLessThanOrEqual(OUTAGE_MS);
      expect(report.owners.map(({ node }) => node)).toEqual(['a', 'b']);
      expect(watch.longestOverlapMs).toBeLessThanOrEqual(OVERLAP_MS);
      expect(watch.soleHolders).toEqual(['a', 'b']);
    }));
});

describe('every process of the master is frozen for 6 s at 1 s adverts', () => {
  test('its kernel lets go by itself, and when it runs again it is backup before it sends anything', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, advertIntervalMs: 1_000, router: { preempt: false } });
      const b = bed.baton('b', { priority: 100, advertIntervalMs: 1_000 });
      const elected = await elect(a, b);
      const watch = await bed.watchClaims();
      const capture = await bed.capture();
      await capture.waitForAdvert('an advert of a', 2_000, ({ source }) => source === '10.9.0.1');

      let frozen: Frozen | undefined;
      try {
        frozen = freeze(a);
        await waitForTransition(b, 'backup>master', 4_500);
        await waitFor('the kernel of a to let go', OVERLAP_MS, () => watch.holders.join() === 'b');
        await letPass(Math.max(0, frozen.atMs + 6_000 - Date.now()));
      } finally {
        thaw(frozen);
      }
      const awakeAtMs = Date.now();
      const stepDown: Transition = await waitForTransition(a, 'master>backup', 1_000, { after: elected });

      expect(stepDown.reason).toBe('woke-from-stall');
      await capture.waitForAdvert(
        'adverts of b after the freeze',
        5_000,
        ({ source, atMs }) => source === '10.9.0.2' && atMs > awakeAtMs + 2_000,
      );
      process.stdout.write(`frozen for 6 s: overlap ${String(watch.longestOverlapMs)} ms\n`);
      expect(watch.longestOverlapMs).toBeLessThanOrEqual(OVERLAP_MS);
      expect(watch.soleHolders).toEqual(['a', 'b']);
      expect(capture.adverts('10.9.0.1').filter(({ atMs }) => atMs >= awakeAtMs - 100)).toEqual([]);
      expect(story(a).at(-1)).toBe('master>backup woke-from-stall');
      const stalls = readJournal(a).filter(({ event }) => event === 'stall-detected');
      expect(Math.max(...stalls.map((stall) => Number(stall['stalled_ms'])))).toBeGreaterThan(4_500);
    }));
});

interface Frozen {
  readonly pids: readonly number[];
  readonly atMs: number;
}

/** Stops every process of a node. */
function freeze({ pids }: BatonNode): Frozen {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return { pids, atMs: Date.now() };
}

function thaw(frozen: Frozen | undefined): void {
  for (const pid of frozen?.pids ?? []) process.kill(pid, 'SIGCONT');
}

async function startResponders(bed: Bed): Promise<void> {
  for (const node of bed.lan.nodes) {
    const responder = await Responder.start(node, [VIP]);
    bed.stopAtEnd({ stop: () => responder.kill() });
  }
}

async function macOf(bed: Bed, name: string): Promise<string | undefined> {
  const text = await run(['ip', '-n', bed.lan.host(name).namespace, '-o', 'link', 'show', 'dev', 'eth0']);
  return /link\/ether (\S+)/u.exec(text)?.[1];
}

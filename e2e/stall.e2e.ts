// A process that was not running must not act on what it remembers: frozen engines, and an agent that is killed.

import { describe, expect, test } from '@jest/globals';
import { letPass, waitFor, type BatonNode } from '@baton/lab';
import { FAST_MS, onLan } from './support/bed.js';
import { elect, readJournal, START_DEADLINE_MS, story, waitForTransition } from './support/journal.js';

/** Freezes in a row that must not make a backup master. */
const FREEZES = 12;
const FREEZE_MS = 500;

describe('a backup that is frozen for 0.5 s at 100 ms adverts', () => {
  test('hears the adverts that wait in its socket before its timer, and stays backup 12 times of 12', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      const capture = await bed.capture();

      for (let freeze = 0; freeze < FREEZES; freeze += 1) {
        await whileFrozen(b, FREEZE_MS);
        const awakeAtMs = Date.now();
        // Two intervals later the decision has long been made: adverts of a go on, and none of b has come.
        await capture.waitForAdvert(
          'adverts of a after the freeze',
          2_000,
          ({ source, atMs }) => source === '10.9.0.1' && atMs > awakeAtMs + 2 * FAST_MS,
        );
      }

      await capture.settle();
      expect(capture.adverts('10.9.0.2')).toEqual([]);
      expect(story(b)).toEqual(['initialize>backup startup']);
      expect(readJournal(b).filter(({ event }) => event === 'stall-detected').length).toBeGreaterThan(0);
      expect((await b.status())?.engine.stall_ms).toBeGreaterThan(FREEZES * (FREEZE_MS - 3 * FAST_MS - 61) * 0.5);
    }));
});

describe('a master that is frozen for 6 s at 1 s adverts', () => {
  test('is backup before it sends anything, says that it slept, and leaves the new master alone', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, advertIntervalMs: 1000, router: { preempt: false } });
      const b = bed.baton('b', { priority: 100, advertIntervalMs: 1000 });
      const elected = await elect(a, b);
      const capture = await bed.capture();
      await capture.waitForAdvert('an advert of a', 2_000, ({ source }) => source === '10.9.0.1');

      const frozenMs = await whileFrozen(a, 6_000);
      const awakeAtMs = Date.now();
      const stepDown = await waitForTransition(a, 'master>backup', 1_000, { after: elected });

      expect(stepDown.reason).toBe('woke-from-stall');
      await waitForTransition(b, 'backup>master', 1_000);
      await bed.waitForHolders(['b'], 1_000);
      // Longer than the patience of a master that still believed in itself, and than two adverts of the new one.
      await capture.waitForAdvert(
        'adverts of b after the freeze',
        5_000,
        ({ source, atMs }) => source === '10.9.0.2' && atMs > awakeAtMs + 2_000,
      );
      expect(capture.adverts('10.9.0.1').filter(({ atMs }) => atMs >= awakeAtMs - 100)).toEqual([]);
      expect(story(a).at(-1)).toBe('master>backup woke-from-stall');
      const stall = readJournal(a).find(({ event }) => event === 'stall-detected');
      expect(stall?.['stalled_ms']).toBeGreaterThan(4_500);
      expect(stall?.['stalled_ms']).toBeLessThan(frozenMs + 500);
    }));
});

describe('SIGKILL of the agent', () => {
  test('changes no state and delays no advert by an interval; another agent is there within 1.5 s and answers', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, advertIntervalMs: 2 * FAST_MS });
      const b = bed.baton('b', { priority: 100, advertIntervalMs: 2 * FAST_MS });
      await elect(a, b);
      const capture = await bed.capture();
      const before = await a.router();
      const [agent = -1, engine] = a.pids;
      expect(engine).toBe(a.process.pid);

      process.kill(agent, 'SIGKILL');
      await waitFor('another agent', 1_500, () => a.pids.length === 2 && a.pids[0] !== agent);
      await waitFor('the new agent to answer', START_DEADLINE_MS, async () => (await a.router())?.state === 'master');
      const respawned = await waitFor('the respawn in the journal', 2_000, () =>
        readJournal(a).find(({ event }) => event === 'agent-respawned'),
      );
      expect(respawned['ended_by']).toBe('SIGKILL');

      const after = await a.router();
      expect({ since: after?.since, epoch: after?.epoch, reason: after?.reason }).toEqual({
        since: before?.since,
        epoch: before?.epoch,
        reason: before?.reason,
      });
      expect(story(b)).toEqual(['initialize>backup startup']);
      await capture.settle();
      const adverts = capture.adverts('10.9.0.1').map(({ atMs }) => atMs);
      const gaps = adverts.slice(1).map((atMs, index) => atMs - (adverts[index] ?? atMs));
      expect(Math.max(...gaps)).toBeLessThan(2 * 2 * FAST_MS);
      expect(capture.adverts('10.9.0.2')).toEqual([]);
    }));
});

/** Stops all processes of a node for a time, as a host that is paused, and lets them run again whatever happens. The
 *  agent comes first: one that runs alone would act for its engine.
 *  @returns how long they were stopped, ms: on a busy machine more than was asked for */
async function whileFrozen(node: BatonNode, durationMs: number): Promise<number> {
  const { pids } = node;
  const fromMs = performance.now();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await letPass(durationMs);
  } finally {
    for (const pid of pids.toReversed()) process.kill(pid, 'SIGCONT');
  }
  return performance.now() - fromMs;
}

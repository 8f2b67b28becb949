// Engine and agent watch each other: whoever survives resigns on the wire and takes the addresses off.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { monotonicMs, Probe, Responder, waitFor, type BatonNode } from '@baton/lab';
import type { Capture } from './support/capture.js';
import type { SeenAdvert } from './support/frames.js';
import { onLan, VIP, type Bed } from './support/bed.js';
import { elect, readJournal, START_DEADLINE_MS, story, transitions, waitForTransition } from './support/journal.js';

const INTERVAL_MS = 1000;
/** What the death of an engine may take until the peer is told, and until the addresses are off, ms. */
const WILL_MS = 50;
/** How much later than its timer a process may act on two shared cores that are busy, ms. */
const SCHEDULING_MS = 150;

describe('SIGKILL of the engine that is master at 1 s adverts', () => {
  test.each([
    [254, 253, 3 / 256],
    [200, 100, 156 / 256],
  ])(
    'priorities %i and %i: priority 0 and the address off within 50 ms, the peer master after its skew time, one move',
    (ours, theirs, skew) =>
      onLan(['a', 'b'], async (bed) => {
        const { a, b } = pair(bed, ours, theirs);
        await elect(a, b);
        const capture = await bed.capture();
        const probe = await ask(bed);
        await waitFor('a to answer', 5_000, () => probe.owner === 'a');
        const from = monotonicMs();

        const killedAtMs = kill(a);
        const resignation = await waitForResignation(capture);
        const takeover = await waitForTransition(b, 'backup>master', 2_000);
        await waitFor('b to answer', 1_000, () => probe.owner === 'b');
        await bed.waitForHolders(['b'], 1_000);

        expect(resignation.atMs - killedAtMs).toBeLessThan(WILL_MS + SCHEDULING_MS);
        expect(takeover.reason).toBe('priority-zero-received');
        expect(takeover.atMs - resignation.atMs).toBeLessThan(skew * INTERVAL_MS + SCHEDULING_MS);
        const executed = await waitForEvent(a, 'last-will-executed');
        expect(executed['routers']).toBe('web');
        expect(executed['priority_zero_ms']).toBeLessThan(WILL_MS);
        expect(executed['addresses_off_ms']).toBeLessThan(WILL_MS);
        const { outageMs, owners } = await probe.report(from);
        expect(outageMs).toBeLessThan(skew * INTERVAL_MS + WILL_MS + SCHEDULING_MS);
        expect(owners.map(({ node }) => node)).toEqual(['a', 'b']);
        expect(transitions(b)).toHaveLength(2);
        expect(capture.adverts('10.9.0.1').at(-1)).toEqual(resignation);
      }),
  );

  test('an agent that was started again knows the will, too', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = pair(bed, 254, 253);
      await elect(a, b);
      const [agent = -1] = a.pids;
      process.kill(agent, 'SIGKILL');
      await waitFor('another agent', 1_500, () => a.pids.length === 2 && a.pids[0] !== agent);
      await waitFor('the new agent to answer', START_DEADLINE_MS, async () => (await a.router())?.state === 'master');
      expect(story(b)).toEqual(['initialize>backup startup']);
      const capture = await bed.capture();

      const killedAtMs = kill(a);
      expect((await waitForResignation(capture)).atMs - killedAtMs).toBeLessThan(WILL_MS + SCHEDULING_MS);
      await bed.waitForHolders(['b'], 2_000);
    }));
});

describe('SIGKILL of an engine that is backup', () => {
  test('sends nothing and takes nothing off; the master goes on', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = pair(bed, 254, 253);
      await elect(a, b);
      const capture = await bed.capture();

      kill(b);
      await waitForEvent(b, 'engine-lost');
      await capture.waitForAdvert('a to go on', 3_000, ({ source }) => source === '10.9.0.1');

      expect(eventsOf(b)).not.toContain('last-will-executed');
      expect(capture.adverts('10.9.0.2')).toEqual([]);
      expect(await bed.lan.holders(VIP)).toEqual(['a']);
    }));
});

describe('an engine that is frozen alone', () => {
  test('is killed by its agent, which has resigned for it within three intervals', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = pair(bed, 254, 253);
      await elect(a, b);
      const capture = await bed.capture();

      const frozenAtMs = Date.now();
      process.kill(a.process.pid, 'SIGSTOP');
      const resignation = await waitForResignation(capture);
      await bed.waitForHolders(['b'], 1_000);

      expect(resignation.atMs - frozenAtMs).toBeLessThan(3 * INTERVAL_MS + WILL_MS);
      expect(eventsOf(a)).toEqual(expect.arrayContaining(['engine-frozen', 'engine-lost']));
      await waitForEvent(a, 'last-will-executed');
      await waitFor('the engine to be dead', 1_000, () => !existsSync(`/proc/${String(a.process.pid)}/cmdline`)
        || a.process.ending !== undefined);
    }));
});

describe('another engine on the same runtime directory', () => {
  test('is not disturbed by the agent of the dead one', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = pair(bed, 254, 253);
      await elect(a, b);
      const [agent = -1] = a.pids;
      process.kill(agent, 'SIGSTOP');
      try {
        kill(a);
        await waitForTransition(b, 'backup>master', 5_000);
        await a.start();
        await waitFor('a to be master again', START_DEADLINE_MS, async () => (await a.router())?.state === 'master');
        const capture = await bed.capture();
        process.kill(agent, 'SIGCONT');
        await waitForEvent(a, 'last-will-withheld');
        await capture.waitForAdvert('a to go on', 3_000, ({ source }) => source === '10.9.0.1');
        expect(capture.adverts('10.9.0.1').map(({ priority }) => priority)).not.toContain(0);
        expect(await bed.lan.holders(VIP)).toEqual(['a']);
      } finally {
        if (existsSync(`/proc/${String(agent)}`)) process.kill(agent, 'SIGCONT');
      }
    }));
});

describe('baton last-will', () => {
  test('after SIGKILL of all processes resigns, takes the address off and removes the will; then does nothing', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = pair(bed, 254, 253);
      await elect(a, b);
      const capture = await bed.capture();
      expect((await a.command('last-will')).code).toBe(1);
      await a.kill();
      expect(await bed.lan.holders(VIP)).toEqual(['a']);

      const stdout = 'resigned for web; what they held is off\n';
      expect(await a.command('last-will')).toMatchObject({ code: 0, stdout });
      await waitForResignation(capture);
      await bed.waitForHolders(['b'], 2_000);
      expect(existsSync(willFile(a))).toBe(false);
      expect(await a.command('last-will')).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') });
    }));

  test('after an orderly end there is no will', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = pair(bed, 254, 253);
      await elect(a, b);
      await waitFor('the will', 1_000, () => existsSync(willFile(a)));
      await a.stop();
      expect(existsSync(willFile(a))).toBe(false);
    }));
});

function pair(bed: Bed, ours: number, theirs: number): { readonly a: BatonNode; readonly b: BatonNode } {
  return {
    a: bed.baton('a', { priority: ours, advertIntervalMs: INTERVAL_MS }),
    b: bed.baton('b', { priority: theirs, advertIntervalMs: INTERVAL_MS }),
  };
}

/** SIGKILL to the engine alone. */
function kill(node: BatonNode): number {
  const atMs = Date.now();
  process.kill(node.process.pid, 'SIGKILL');
  return atMs;
}

function waitForResignation(capture: Capture): Promise<SeenAdvert> {
  return capture.waitForAdvert('priority 0', 5_000, ({ source, priority }) => source === '10.9.0.1' && priority === 0);
}

async function waitForEvent(node: BatonNode, event: string): Promise<Readonly<Record<string, unknown>>> {
  return waitFor(event, 3_000, () => readJournal(node).find((each) => each.event === event));
}

function eventsOf(node: BatonNode): readonly string[] {
  return readJournal(node).map(({ event }) => event);
}

function willFile(node: BatonNode): string {
  return join(node.directory, 'run', 'last-will.json');
}

/** A client that asks the virtual address every millisecond. */
async function ask(bed: Bed): Promise<Probe> {
  for (const name of ['a', 'b']) {
    const responder = await Responder.start(bed.lan.host(name), [VIP]);
    bed.stopAtEnd({ stop: () => responder.kill() });
  }
  return bed.stopAtEnd(await Probe.start(bed.lan.client, VIP));
}

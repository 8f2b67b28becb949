// A planned move of the mastership over the control channel: the successor has the address before the old master lets
// go of it (guarantee D1), nothing takes it back, and a peer is told of what it need not find out by itself (D2, D7).

import { describe, expect, test } from '@jest/globals';
import { letPass, monotonicMs, Probe, Responder, waitFor, type BatonNode } from '@baton/lab';
import type { HandOverReport } from '@baton/agent/control';
import { onLan, VIP, type Bed } from './support/bed.js';
import { connectedPair, useSecondCable, waitForConnection, waitForReport } from './support/channel.js';
import { elect, readJournal, story, transitions, waitForTransition, type Transition } from './support/journal.js';

const CONNECTED_MS = 5_000;
/** What the client may miss: 20 ms by guarantee D1, which the benchmark judges, and what processes that nobody hurries
 *  come too late on two busy cores. Without a hand-over it would be the skew time of b, 609 ms. */
const OUTAGE_MS = 20 + 150;
/** Between a request and what follows from it, on a busy machine, ms. */
const DONE_MS = 5_000;

/** Both nodes connected, a master, and a client that hears it.
 *  @param path what the control channel goes by */
async function stage(bed: Bed, path: 'the LAN' | 'a cable of its own' = 'the LAN'): Promise<{
  readonly a: BatonNode; readonly b: BatonNode; readonly elected: Transition; readonly probe: Probe;
}> {
  const [a, b] = connectedPair(bed, { advertIntervalMs: 1_000 });
  if (path === 'a cable of its own') await useSecondCable([a, b]);
  for (const name of ['a', 'b']) {
    const responder = await Responder.start(bed.lan.host(name), [VIP]);
    bed.stopAtEnd({ stop: () => responder.kill() });
  }
  const elected = await elect(a, b);
  await waitForConnection([a, b], CONNECTED_MS);
  await waitForReport(a, 'backup', CONNECTED_MS);
  const probe = bed.stopAtEnd(await Probe.start(bed.lan.client, VIP));
  await waitFor('the client to hear a', 5_000, () => probe.owner === 'a');
  return { a, b, elected, probe };
}

async function handOver(node: BatonNode, ...words: readonly string[]): Promise<HandOverReport> {
  const { stdout, stderr } = await node.command('handover', ...words, '--json');
  if (stdout === '') throw new Error(`baton handover said nothing but ${stderr}`);
  return JSON.parse(stdout) as HandOverReport;
}

describe('a hand-over', () => {
  test('D1: moves the address without a gap, is not undone by preemption, and goes back when it is asked to', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, elected, probe } = await stage(bed);
      const watch = await bed.watchClaims();
      const startedAt = monotonicMs();

      const report = await handOver(a, 'web');

      expect(report).toMatchObject({ router: 'web', outcome: 'done', to: 'b', why: null });
      const taken = await waitForTransition(b, 'backup>master', DONE_MS);
      const left = await waitForTransition(a, 'master>backup', DONE_MS, { after: elected });
      expect([taken.reason, left.reason]).toEqual(['handover', 'handover']);
      await waitFor('the client to hear b', DONE_MS, () => probe.owner === 'b');
      // Longer than a preempting node of priority 200 waits.
      await letPass(4_500);
      expect(await a.router()).toMatchObject({ state: 'backup', held: true });
      expect((await a.command('status')).stdout).toContain('backup (held)');
      const there = await probe.report(startedAt);
      expect(there.owners.map(({ node }) => node)).toEqual(['a', 'b']);

      const back = await handOver(b, '--all', '--to', 'a');

      expect(back).toMatchObject({ outcome: 'done', to: 'a' });
      await waitForTransition(b, 'master>backup', DONE_MS, { after: taken });
      await waitFor('the client to hear a again', DONE_MS, () => probe.owner === 'a');
      const whole = await probe.report(startedAt);
      await watch.coverage();
      process.stdout.write(
        `hand-over: took ${String(report.took_ms)} and ${String(back.took_ms)} ms, outage ` +
          `${whole.outageMs.toFixed(1)} ms, both kernels ${String(watch.longestOverlapMs)} ms, none ` +
          `${String(watch.longestAbsenceMs)} ms\n`,
      );
      expect(whole.outageMs).toBeLessThanOrEqual(OUTAGE_MS);
      expect(watch.longestAbsenceMs).toBe(0);
      expect((await a.router())?.held).toBe(false);
    }));

  test('D1: SIGTERM hands over before anything is let go, and the daemon ends with exit code 0', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, probe } = await stage(bed);
      const watch = await bed.watchClaims();
      const startedAt = monotonicMs();

      await a.stop();

      expect(a.process.ending).toBe(0);
      const taken = await waitForTransition(b, 'backup>master', DONE_MS);
      expect(taken.reason).toBe('handover');
      await waitFor('the client to hear b', DONE_MS, () => probe.owner === 'b');
      const report = await probe.report(startedAt);
      await watch.coverage();
      process.stdout.write(`SIGTERM: outage ${report.outageMs.toFixed(1)} ms\n`);
      expect(report.outageMs).toBeLessThanOrEqual(OUTAGE_MS);
      expect(watch.longestAbsenceMs).toBe(0);
      expect(story(a).slice(-2)).toEqual(['master>backup handover', 'backup>initialize shutdown']);
    }));

  test('is refused for a node that is not there and for one that is not master, and changes nothing', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = await stage(bed);
      const before = [story(a), story(b)];
      expect(await handOver(a, 'web', '--to', 'c')).toMatchObject({ outcome: 'failed', why: 'c is not connected' });
      expect(await handOver(b, 'web')).toMatchObject({ outcome: 'not-master' });
      expect((await b.command('handover', 'web')).code).toBe(1);
      expect([story(a), story(b)]).toEqual(before);
      expect(await a.router()).toMatchObject({ state: 'master', held: false });
    }));

  test('goes without a channel to a peer that preempts by its timer, without a gap', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      const watch = await bed.watchClaims();

      expect(await handOver(a, 'web')).toMatchObject({ outcome: 'done', to: null });

      expect((await waitForTransition(b, 'backup>master', DONE_MS)).reason).toBe('preempted-lower-priority');
      await watch.coverage();
      expect(watch.longestAbsenceMs).toBe(0);
    }));
});

describe('maintenance', () => {
  test('hands over, keeps the node out through a restart, is seen by the peer, and is ended by hand', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, probe } = await stage(bed);
      const startedAt = monotonicMs();

      expect((await a.command('maintenance', 'on')).code).toBe(0);

      expect((await waitForTransition(b, 'backup>master', DONE_MS)).reason).toBe('handover');
      expect(await a.router()).toMatchObject({ state: 'fault', faults: ['maintenance'] });
      expect((await a.status())?.maintenance).toBe(true);
      await waitFor('b to know of it', DONE_MS, async () =>
        (await b.router())?.peers[0]?.reported?.maintenance === true);
      await waitFor('the client to hear b', DONE_MS, () => probe.owner === 'b');
      expect((await probe.report(startedAt)).outageMs).toBeLessThanOrEqual(OUTAGE_MS);

      await a.stop();
      await a.start();
      await a.waitForState('fault', 20_000);
      await b.kill();
      await letPass(4_500);
      expect(await bed.lan.holders(VIP)).not.toContain('a');

      expect((await a.command('maintenance', 'off')).code).toBe(0);
      await a.waitForState('master', 6_000);
    }));
});

describe('what a master that has fallen tells its peer', () => {
  test('D7: its link is down, and over another cable the peer is told to take over at once', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, elected, probe } = await stage(bed, 'a cable of its own');
      const startedAt = monotonicMs();

      await bed.lan.setCable('a', 'down');

      const fault = await waitForTransition(a, 'master>fault', DONE_MS, { after: elected });
      const taken = await waitForTransition(b, 'backup>master', DONE_MS);
      expect([fault.reason, taken.reason]).toEqual(['link-down', 'handover']);
      await waitFor('the client to hear b', DONE_MS, () => probe.owner === 'b');
      const report = await probe.report(startedAt);
      process.stdout.write(`link down, peer told: outage ${report.outageMs.toFixed(1)} ms\n`);
      // 100 ms by guarantee D7, which the benchmark judges; the timer of b takes at least 2,609 ms.
      expect(report.outageMs).toBeLessThanOrEqual(100 + 300);
      await waitFor('only b to hold the address', DONE_MS, async () =>
        (await bed.lan.holders(VIP)).join() === 'b');
    }));

  test('D2: the engine is killed, and the peer has taken over long before its skew time', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, probe } = await stage(bed);
      const startedAt = monotonicMs();

      await a.killEngine();

      const taken = await waitForTransition(b, 'backup>master', DONE_MS);
      expect(taken.reason).toBe('handover');
      await waitFor('the client to hear b', DONE_MS, () => probe.owner === 'b');
      const report = await probe.report(startedAt);
      process.stdout.write(`engine killed: outage ${report.outageMs.toFixed(1)} ms\n`);
      // 100 ms by guarantee D2, which the benchmark judges; the skew time of b alone is 609 ms.
      expect(report.outageMs).toBeLessThanOrEqual(100 + 300);
      expect(transitions(b).map(({ to }) => to)).toEqual(['backup', 'master']);
      expect(readJournal(a).some(({ event }) => event === 'last-will-executed')).toBe(true);
    }));
});

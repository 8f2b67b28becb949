// What happens when a master leaves or loses its link, and how the survivor takes over and gives back.

import { describe, expect, test } from '@jest/globals';
import { LabProcess, letPass, waitFor, type BatonNode } from '@baton/lab';
import { FAST_MS, onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import { elect, readJournal, START_DEADLINE_MS, story, transitions, waitForTransition } from './support/journal.js';

/** How much later than its timer a process may act on two shared cores that are busy, ms. */
const SCHEDULING_MS = 150;
/** Runs of the link measurement; its median is judged. */
const LINK_RUNS = 5;
/** Addresses in the test of order: enough that taking them off takes milliseconds. */
const MANY_ADDRESSES = 120;

describe('SIGTERM on the master', () => {
  test('is priority 0 on the wire before an address is off, exit code 0, and the peer master after its skew time', () =>
    onLan(['a', 'b'], async (bed) => {
      // The clocks are the kernel's for the packet and the monitor's for the address, which can only be late. With
      // many addresses, a resignation sent after their removal would be seen milliseconds after the first of them.
      const addresses = Array.from({ length: MANY_ADDRESSES }, (_, index) => `10.9.0.${String(100 + index)}/24`);
      const a = bed.baton('a', { priority: 200, advertIntervalMs: 1000, addresses });
      const b = bed.baton('b', { priority: 100, advertIntervalMs: 1000, addresses });
      const capture = await bed.capture();
      await elect(a, b);
      const removals = await watchRemovals(bed, 'a');

      await a.stop();
      const takeover = await waitForTransition(b, 'backup>master', 2_000);

      expect(a.process.ending).toBe(0);
      const resignation = await capture.waitForAdvert(
        'priority 0',
        1_000,
        ({ source, priority }) => source === '10.9.0.1' && priority === 0,
      );
      await waitFor('every address to be off', 2_000, () => removals.seenAtMs().length === MANY_ADDRESSES);
      const [firstOffMs = 0] = removals.seenAtMs();
      expect(firstOffMs).toBeGreaterThan(resignation.atMs);
      expect(capture.adverts('10.9.0.1').at(-1)).toEqual(resignation);
      // Skew_Time of priority 100 at 1 s: 156/256 s.
      expect(takeover.reason).toBe('priority-zero-received');
      expect(takeover.atMs - resignation.atMs).toBeGreaterThan(608);
      expect(takeover.atMs - resignation.atMs).toBeLessThan(609.375 + SCHEDULING_MS);
      expect(story(a).at(-1)).toBe('master>initialize shutdown');
    }));
});

describe('the link of the master', () => {
  test.each([
    ['is switched off by an administrator', 'setInterface'],
    ['loses its carrier', 'setCable'],
  ] as const)(
    '%s: fault within 20 ms (median of 5), address off, the peer takes over by its timer, link up gives it back',
    (_, how) =>
      onLan(['a', 'b'], async (bed) => {
        const a = bed.baton('a', { priority: 200 });
        const b = bed.baton('b', { priority: 100 });
        let mastership = await elect(a, b);
        const faultsMs: number[] = [];
        for (let run = 0; run < LINK_RUNS; run += 1) {
          // Both agree on the master before its link is taken away, at a random phase of its adverts.
          await waitFor('b to be backup', 2_000, () => transitions(b).at(-1)?.to === 'backup');
          await letPass(Math.random() * FAST_MS);
          await bed.lan[how]('a', 'down');
          const downAtMs = Date.now();
          const fault = await waitForTransition(a, 'master>fault', 1_000, { after: mastership });
          faultsMs.push(fault.atMs - downAtMs);
          expect(fault.reason).toBe('link-down');
          const takeover = await waitFor('b to take over', 2_000, () =>
            transitions(b).findLast(({ to, atMs }) => to === 'master' && atMs > downAtMs),
          );
          expect(takeover.reason).toBe('master-down-timer');
          // 2 to 3 intervals and the skew time after the link went, less what the command took to return.
          expect(takeover.atMs - downAtMs).toBeLessThan(3 * FAST_MS + 61 + SCHEDULING_MS);
          await bed.waitForHolders(['b'], 500);

          await bed.lan[how]('a', 'up');
          const cleared = await waitForTransition(a, 'fault>backup', 2_000, { after: fault });
          expect(cleared.reason).toBe('fault-cleared');
          mastership = await waitForTransition(a, 'backup>master', 3_000, { after: cleared });
          expect(mastership.reason).toBe('preempted-lower-priority');
          await bed.waitForHolders(['a'], 1_000);
        }
        process.stdout.write(`link down (${how}) to fault, after the command returned: ${faultsMs.join(' ')} ms\n`);
        expect([...faultsMs].sort((x, y) => x - y)[Math.floor(LINK_RUNS / 2)]).toBeLessThanOrEqual(20);
      }),
  );
});

describe('with preempt: false', () => {
  test('a returning node of higher priority stays backup, and takes over within 1 s when the other dies', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, router: { preempt: false } });
      const b = bed.baton('b', { priority: 100, router: { preempt: false } });
      await elect(b, a);

      await waitForAdvertsHeard(a, 10);
      expect(story(a)).toEqual(['initialize>backup startup']);

      await b.kill();
      const takeover = await waitForTransition(a, 'backup>master', 1_000);
      expect(takeover.reason).toBe('master-down-timer');
    }));
});

describe('preempt_delay', () => {
  test('keeps a returning node of higher priority back for 2 s and lets it preempt within 1 s after', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, router: { preempt_delay: '2s' } });
      const b = bed.baton('b', { priority: 100 });
      await elect(b, a);

      const preemption = await waitForTransition(a, 'backup>master', 5_000);

      expect(preemption.reason).toBe('preempted-lower-priority');
      const waitedMs = preemption.atMs - (transitions(a)[0]?.atMs ?? 0);
      expect(waitedMs).toBeGreaterThan(2_000);
      expect(waitedMs).toBeLessThan(3_000);
      const yielded = await waitForTransition(b, 'master>backup', 1_000);
      expect(yielded.reason).toBe('higher-priority-advert');
    }));

  test('does not delay the takeover from a master that dies: within 1 s instead of 30 s', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, router: { preempt_delay: '30s' } });
      const b = bed.baton('b', { priority: 100 });
      await elect(b, a);
      await waitForAdvertsHeard(a, 2);

      await b.kill();

      const takeover = await waitForTransition(a, 'backup>master', 1_000);
      expect(takeover.reason).toBe('master-down-timer');
    }));
});

describe('a node that starts with the virtual address of a past life', () => {
  test('takes it off before its first packet, and holds it again only as master', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, router: { preempt: false } });
      const b = bed.baton('b', { priority: 100 });
      await elect(b);
      await bed.lan.changeAddress('a', 'add', VIP_PREFIX);
      const capture = await bed.capture();
      const removals = await watchRemovals(bed, 'a');

      await a.start();
      const started = await waitForTransition(a, 'initialize>backup', START_DEADLINE_MS);

      await waitFor('the address to be off', 1_000, () => removals.seenAtMs().length === 1);
      expect(
        readJournal(a)
          .map(({ event }) => event)
          .slice(0, 2),
      ).toEqual(['leftover-address-removed', 'state-changed']);
      await bed.waitForHolders(['b'], 500);
      await capture.settle();
      expect(capture.adverts('10.9.0.1')).toEqual([]);
      expect(capture.arpClaims(VIP).filter(({ senderMac }) => senderMac === bed.lan.host('a').mac)).toEqual([]);

      await b.kill();
      const takeover = await waitForTransition(a, 'backup>master', 2_000, { after: started });
      const first = await capture.waitForAdvert('an advert of a', 1_000, ({ source }) => source === '10.9.0.1');
      expect(first.atMs).toBeGreaterThan(removals.seenAtMs()[0] ?? Infinity);
      expect(first.atMs).toBeGreaterThan(takeover.atMs - 50);
    }));

  test('takes it off although nobody else is there, and is without it until it is elected', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      await bed.lan.changeAddress('a', 'add', VIP_PREFIX);
      const claims = await bed.watchClaims();
      await elect(a);
      await waitFor('the address to be back', 1_000, () => claims.changes.length >= 3);
      expect(claims.changes.map(({ holders }) => holders.join())).toEqual(['a', '', 'a']);
      expect((claims.changes[2]?.atMs ?? 0) - (claims.changes[1]?.atMs ?? 0)).toBeGreaterThan(3 * FAST_MS - 20);
    }));
});

/** Every address that the kernel of a node removes from now on, with the time at which the monitor said so. */
async function watchRemovals(bed: Bed, name: string): Promise<{ seenAtMs(): readonly number[] }> {
  const { namespace } = bed.lan.host(name);
  const monitor = bed.stopAtEnd(
    new LabProcess(namespace, ['stdbuf', '-oL', 'ip', '-ts', '-o', '-4', 'monitor', 'address']),
  );
  // Listening has begun when it shows a change that is made for it alone.
  await waitFor('the address monitor to listen', 5_000, async () => {
    await bed.lan.changeAddress(name, 'add', '10.7.0.1/32');
    await bed.lan.changeAddress(name, 'del', '10.7.0.1/32');
    return monitor.log.includes('Deleted');
  });
  return {
    seenAtMs: () =>
      monitor.lines
        .map(({ text }) => text)
        .filter((text) => text.includes('Deleted') && !text.includes('10.7.0.1'))
        .map((text) => Date.parse(`${/^\[([^\]]+)\]/u.exec(text)?.[1] ?? ''}Z`)),
  };
}

/** Waits until a node has heard that many adverts more. */
async function waitForAdvertsHeard(node: BatonNode, count: number): Promise<void> {
  const heard = async (): Promise<number> => (await node.router())?.statistics['adverts_received'] ?? 0;
  const before = await heard();
  await waitFor(`${String(count)} adverts heard`, 10_000, async () => (await heard()) >= before + count);
}

// The address is where the master says it is, also when somebody else moves it.

import { describe, expect, test } from '@jest/globals';
import { run, waitFor, type BatonNode } from '@baton/lab';
import { onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import { elect, readJournal, START_DEADLINE_MS, story, waitForTransition } from './support/journal.js';

/** How long an address may be away when somebody takes it off (guarantee D9), ms. */
const REINSTATED_MS = 100;
/** Gratuitous ARP frames at a time. */
const BURST = 3;

describe('the address of the master', () => {
  test('D9: is back within 100 ms after somebody has deleted it, by one ARP burst, and no state has changed', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, router: { announce: { count: BURST, delayed_count: 0 } } });
      const b = bed.baton('b', { priority: 100 });
      const capture = await bed.captureFrom('a');
      const announced = (): number => capture.arpClaims(VIP).filter(({ target }) => target === VIP).length;
      await elect(a, b);
      const before = [story(a), story(b)];
      const claims = await bed.watchClaims();
      // At the takeover, and when the lease of a master that had died before would be over.
      await waitFor('the announcements of the election', 5_000, () => announced() === 2 * BURST);

      await deleteAddress(bed, 'a');
      await bed.waitForHolders(['a'], 1_000);

      const lost = await waitFor('the loss in the journal', 2_000, () =>
        readJournal(a).find(({ event }) => event === 'address-lost'),
      );
      expect(lost).toMatchObject({ level: 'warn', router: 'web', address: VIP });
      // As the kernels had it: how long it takes to ask them is not part of it.
      await claims.coverage();
      expect(claims.longestAbsenceMs).toBeLessThan(REINSTATED_MS);
      expect(claims.holders).toEqual(['a']);
      await waitFor('the burst', 2_000, () => announced() >= 3 * BURST);
      const secondLater = Date.now() + 1_000;
      await waitFor('a second to pass', 2_000, () => Date.now() > secondLater);
      expect(announced()).toBe(3 * BURST);
      expect([story(a), story(b)]).toEqual(before);
    }));

  test('D9: goes to the peer within 2 s when it is deleted again and again', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      for (let count = 0; count < 4; count += 1) {
        await bed.waitForHolders(['a'], 1_000);
        await deleteAddress(bed, 'a');
      }
      const fault = await waitForTransition(a, 'master>fault', 2_000);
      expect(fault.reason).toBe('address-install-failed');
      await waitForTransition(b, 'backup>master', 2_000);
      await bed.waitForHolders(['b'], 1_000);
    }));

  test('D10: that the kernel refuses disturbs no healthy master: it goes on, and hears nothing of the other one', () =>
    onLan(['a', 'b'], async (bed) => {
      const router = { extra_addresses: [{ address: '10.6.6.6/24', interface: 'absent0' }] };
      const a = bed.baton('a', { priority: 254, router });
      const b = bed.baton('b', { priority: 253 });
      await elect(b);
      const capture = await bed.captureFrom('a');
      await a.start();
      const fault = await waitForTransition(a, 'backup>fault', START_DEADLINE_MS);
      // Tried again after 5 s, and refused again.
      await waitForTransition(a, 'backup>fault', 15_000, { after: fault });
      await capture.settle();
      expect(capture.adverts()).toEqual([]);
      expect(story(b)).toEqual(['initialize>backup startup', 'backup>master master-down-timer']);
      expect((await a.status())?.alarms.map(({ name }) => name)).toEqual(['address-install-failed']);
    }));

  test('D10: that the kernel refuses is never announced nor told to a hook, and the peer has it within 2 s', () =>
    onLan(['a', 'b'], async (bed) => {
      const hooks = [{ on: ['master', 'fault'], run: ['/bin/true'] }];
      const addresses = [{ address: VIP_PREFIX, interface: 'absent0' }];
      const a = bed.baton('a', { priority: 200, router: { addresses }, file: { hooks } });
      const b = bed.baton('b', { priority: 100 });
      const capture = await bed.captureFrom('a');
      await a.start();
      await waitForTransition(a, 'backup>fault', START_DEADLINE_MS);
      await b.start();
      await waitForTransition(b, 'initialize>backup', START_DEADLINE_MS);
      await waitForTransition(b, 'backup>master', 2_000);
      await bed.waitForHolders(['b'], 1_000);

      await waitFor('the hook of the fault', 5_000, () => hookStates(a).length > 0);
      expect(hookStates(a)).not.toContain('master');
      expect(story(a).filter((step) => step.includes('>master'))).toEqual([]);
      expect(capture.arpClaims(VIP)).toEqual([]);
    }));

  test('is off within 1 s when its interface is renamed, wherever it has gone', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      await run(['ip', '-n', bed.lan.host('a').namespace, 'link', 'set', 'eth0', 'name', 'lan0']);
      await waitForTransition(a, 'master>fault', 1_000);
      await waitFor('lan0 to have given the address up', 1_000, async () => !(await holds(bed, 'a', 'lan0')));
      await waitForTransition(b, 'backup>master', 2_000);
      await waitFor('b to hold the address', 1_000, () => holds(bed, 'b', 'eth0'));
    }));
});

/** The states that hooks of a node were run for, as its journal has them. */
function hookStates(node: BatonNode): readonly string[] {
  return readJournal(node)
    .filter(({ event }) => event === 'hook-finished')
    .map((event) => String(event['state']));
}

async function deleteAddress(bed: Bed, name: string): Promise<void> {
  await run(['ip', '-n', bed.lan.host(name).namespace, 'address', 'del', VIP_PREFIX, 'dev', 'eth0']);
}

async function holds(bed: Bed, name: string, interfaceName: string): Promise<boolean> {
  return (await bed.addressesOn(name, interfaceName)).includes(VIP_PREFIX);
}

// The address is where the master says it is, also when somebody else moves it.

import { describe, expect, test } from '@jest/globals';
import { run, waitFor } from '@baton/lab';
import { onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import { elect, readJournal, story, waitForTransition } from './support/journal.js';

/** How long an address may be away when somebody takes it off (guarantee D9), ms. */
const REINSTATED_MS = 100;

describe('the address of the master', () => {
  test('is back within 100 ms after somebody has deleted it, and nobody has changed state', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      const before = [story(a), story(b)];
      const claims = await bed.watchClaims();

      await deleteAddress(bed, 'a');
      await bed.waitForHolders(['a'], 1_000);

      const lost = await waitFor('the loss in the journal', 2_000, () =>
        readJournal(a).find(({ event }) => event === 'address-lost'),
      );
      expect(lost).toMatchObject({ router: 'web', address: VIP });
      // As the kernels had it: how long it takes to ask them is not part of it.
      await claims.coverage();
      expect(claims.longestAbsenceMs).toBeLessThan(REINSTATED_MS);
      expect(claims.holders).toEqual(['a']);
      expect([story(a), story(b)]).toEqual(before);
    }));

  test('goes to the peer within 2 s when it is deleted again and again', () =>
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

async function deleteAddress(bed: Bed, name: string): Promise<void> {
  await run(['ip', '-n', bed.lan.host(name).namespace, 'address', 'del', VIP_PREFIX, 'dev', 'eth0']);
}

async function holds(bed: Bed, name: string, interfaceName: string): Promise<boolean> {
  return (await bed.addressesOn(name, interfaceName)).includes(VIP_PREFIX);
}

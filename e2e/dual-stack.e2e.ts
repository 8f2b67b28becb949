// One virtual router with addresses of both families: two sessions on the wire, one decision to everybody who asks.

import { describe, expect, test } from '@jest/globals';
import { LAB_ROUTER, waitFor, type BatonNode } from '@baton/lab';
import { onLan, VIP, type Bed } from './support/bed.js';
import { elect, readJournal, story, waitForTransition } from './support/journal.js';
import { DUAL_STACK, VIP6 } from './support/modes.js';

/** A hook for everything, so that the journal tells how often hooks ran. */
const FILE = { hooks: [{ on: ['master', 'backup', 'fault', 'stop'], run: ['/bin/true'] }] };

describe('a router with IPv4 and IPv6', () => {
  test('moves as one within 1 s: one entry in the status, one transition, each hook once', () =>
    onLan(['a', 'b'], async (bed) => {
      const [a, b] = await electPair(bed);
      expect(await holders(bed)).toEqual(['a', 'a']);
      const status = await a.status();
      expect(status?.virtual_routers.map(({ name, state }) => [name, state])).toEqual([[LAB_ROUTER, 'master']]);
      const shown = status?.virtual_routers[0]?.addresses ?? [];
      expect(shown).toEqual(DUAL_STACK.map((address) => ({ address, installed: true })));

      await bed.lan.setCable('a', 'down');
      const takeover = await waitForTransition(b, 'backup>master', 1_000);
      await waitFor('b alone to hold both', 1_000, async () => (await holders(bed)).join() === 'b,b');
      await bed.lan.setCable('a', 'up');
      await waitForTransition(b, 'master>backup', 3_000, { after: takeover });
      await waitFor('a to hold both', 1_000, async () => (await holders(bed)).join() === 'a,a');
      await a.stop();

      expect(story(a)).toEqual([
        'initialize>backup startup',
        'backup>master master-down-timer',
        'master>fault link-down',
        'fault>backup fault-cleared',
        'backup>master preempted-lower-priority',
        'master>initialize shutdown',
      ]);
      expect(hookStates(a)).toEqual(['backup', 'master', 'fault', 'backup', 'master', 'stop']);
    }));

  test('stays backup while one family alone hears the master, and says so within 2 s', () =>
    onLan(['a', 'b'], async (bed) => {
      const [, b] = await electPair(bed);
      await bed.lan.drop('b', 'input', 'ip6 nexthdr 112');
      await waitFor('the alarm', 2_000, async () =>
        (await b.status())?.alarms.some(({ name }) => name === 'sync-group-split'),
      );
      expect(story(b)).toEqual(['initialize>backup startup']);
      expect(await holders(bed)).toEqual(['a', 'a']);
    }));

  test('goes to the peer in both families within 2 s when somebody deletes one address again and again', () =>
    onLan(['a', 'b'], async (bed) => {
      const [a, b] = await electPair(bed);
      for (let count = 0; count < 4; count += 1) {
        await waitFor('a to hold both', 1_000, async () => (await holders(bed)).join() === 'a,a');
        await bed.lan.changeAddress('a', 'del', `${VIP6}/64`);
      }
      const fault = await waitForTransition(a, 'master>fault', 2_000);
      expect(fault.reason).toBe('address-install-failed');
      await waitForTransition(b, 'backup>master', 2_000);
      await waitFor('b alone to hold both', 1_000, async () => (await holders(bed)).join() === 'b,b');
    }));
});

async function electPair(bed: Bed): Promise<readonly [BatonNode, BatonNode]> {
  const a = bed.baton('a', { priority: 200, addresses: DUAL_STACK, file: FILE });
  const b = bed.baton('b', { priority: 100, addresses: DUAL_STACK, file: FILE });
  await elect(a, b);
  return [a, b];
}

/** Who holds the address of each family. */
async function holders(bed: Bed): Promise<readonly string[]> {
  const all = await Promise.all([VIP, VIP6].map((vip) => bed.lan.holders(vip)));
  return all.map((names) => names.join());
}

function hookStates(node: BatonNode): readonly string[] {
  return readJournal(node)
    .filter(({ event }) => event === 'hook-finished')
    .map((event) => String(event['state']));
}

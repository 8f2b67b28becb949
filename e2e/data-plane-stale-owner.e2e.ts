// A dead master whose kernel goes on answering for the address from the same virtual MAC: the switch has to believe the
// new one. And two routers with virtual MACs that share an interface.

import { describe, expect, test } from '@jest/globals';
import { LAB_ROUTER, LAB_VRID, virtualMac, waitFor, type LabNode } from '@baton/lab';
import { onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import type { Capture } from './support/capture.js';
import { countAnswers, forgetNeighbours, keepAsking, neighbourMac, whereIs } from './support/client.js';
import { dissect } from './support/dissection.js';
import { lastState, START_DEADLINE_MS, waitForTransition } from './support/journal.js';

/** So long that no second advert repairs within the test what the first frames did not, ms. */
const INTERVAL_MS = 500;
/** How long after the first announcement the client may still be sent to the dead, ms. */
const SETTLED_MS = 50;
/** Answers of the new master to wait for. */
const ANSWERS = 20;
/** A router beside that of the lab. */
const OTHER = { vrid: 52, vip: '10.9.0.152' };

describe.each(['Baton', 'keepalived'] as const)('after the death of every process of %s', (daemon) => {
  test('the switch stays with the new master from 50 ms after its first announcement on [G10]', () =>
    onLan(['a', 'b'], async (bed) => {
      const router = { addresses: [VIP_PREFIX], virtualMac: true, advertIntervalMs: INTERVAL_MS };
      // Without a lease its kernel answers for ever, as after keepalived.
      const a: LabNode = daemon === 'Baton'
        ? bed.baton('a', { priority: 254, ...router, router: { lease: '0s' } })
        : bed.keepalived('a', { priority: 254, ...router });
      const b = bed.baton('b', { priority: 253, ...router });
      await a.start();
      await bed.waitForHolders(['a'], START_DEADLINE_MS);
      await b.start();
      await waitForTransition(b, 'initialize>backup', START_DEADLINE_MS);
      await forgetNeighbours(bed.lan);
      expect(await countAnswers(bed.lan, VIP)).toBe(1);
      const [dead, heir] = [await bed.captureCable('a'), await bed.captureCable('b')];
      const wire = await bed.capture();

      const asking = bed.stopAtEnd(await keepAsking(bed.lan, VIP));
      await a.kill();
      const diedAtMs = Date.now();
      await waitForTransition(b, 'backup>master', 3 * INTERVAL_MS + 1_000);
      const answered = asking.lines.length;
      // Of these, some come before the client is settled.
      await waitFor('b to answer for a while', 2_000, () => asking.lines.length > answered + 3 * ANSWERS);
      expect(await whereIs(bed.lan, virtualMac(4))).toBe('b');
      await asking.stop();
      for (const capture of [dead, heir, wire]) await capture.stop();

      expect(await bed.lan.holders(VIP)).toEqual(['a', 'b']);
      // The dead has announced the address as well, a last time up to seconds after its election.
      const announcement = wire.arpClaims(VIP).find(({ target, atMs }) => target === VIP && atMs > diedAtMs);
      const settledAtMs = (announcement?.atMs ?? NaN) + SETTLED_MS;
      const toDead = (await pingsIn(dead)).filter((atMs) => atMs > diedAtMs);
      expect(toDead.length).toBeGreaterThan(0);
      expect(toDead.filter((atMs) => atMs > settledAtMs)).toEqual([]);
      expect((await pingsIn(heir)).filter((atMs) => atMs > settledAtMs).length).toBeGreaterThanOrEqual(ANSWERS);
    }));
});

describe('two routers with virtual MACs on one interface', () => {
  test('share the load: each node is master of one, each address has the MAC of its router [G15]', () =>
    onLan(['a', 'b'], async (bed) => {
      const [a, b] = [crossed(bed, 'a', [200, 100]), crossed(bed, 'b', [100, 200])];
      await Promise.all([a.start(), b.start()]);
      await waitForTransition(a, 'backup>master', START_DEADLINE_MS);
      await waitForTransition(b, 'backup>master', START_DEADLINE_MS, { router: 'other' });
      await waitFor(
        'each to have its own',
        2_000,
        () => lastState(a, 'other') === 'backup' && lastState(b) === 'backup',
      );

      await forgetNeighbours(bed.lan);
      for (const [vip, vrid, name] of [
        [VIP, LAB_VRID, 'a'],
        [OTHER.vip, OTHER.vrid, 'b'],
      ] as const) {
        expect(await countAnswers(bed.lan, vip, 3)).toBe(3);
        expect(await neighbourMac(bed.lan, vip)).toBe(virtualMac(4, vrid));
        expect(await whereIs(bed.lan, virtualMac(4, vrid))).toBe(name);
        expect(await bed.lan.holders(vip)).toEqual([name]);
      }
    }));
});

/** A node with two routers, of these priorities. */
function crossed(bed: Bed, name: string, [web, other]: readonly [number, number]): ReturnType<Bed['baton']> {
  const common = { interface: 'eth0', advert_interval: '100ms', virtual_mac: true };
  const file = {
    virtual_routers: {
      [LAB_ROUTER]: { ...common, vrid: LAB_VRID, priority: web, addresses: [VIP_PREFIX] },
      other: { ...common, vrid: OTHER.vrid, priority: other, addresses: [`${OTHER.vip}/24`] },
    },
  };
  return bed.baton(name, { priority: web, file });
}

/** When the client's pings of the address passed a cable, ms. */
async function pingsIn(cable: Capture): Promise<readonly number[]> {
  const rows = await dissect(cable.file, `icmp.type == 8 && ip.dst == ${VIP}`, ['frame.time_epoch']);
  return rows.map((row) => Number(row['frame.time_epoch']) * 1000);
}

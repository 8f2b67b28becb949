// Many nodes on one LAN, and many virtual routers on one interface.

import { describe, expect, test } from '@jest/globals';
import { LAB_ROUTER, waitFor, type BatonNode, type YamlValue } from '@baton/lab';
import { onLan, VIP, type Bed } from './support/bed.js';
import { countAnswers, forgetNeighbours, neighbourMac } from './support/client.js';
import { lastState, readJournal, START_DEADLINE_MS, transitions, waitForTransition } from './support/journal.js';

/** Priorities of up to five nodes, their skew times 20 ms apart at 100 ms adverts. */
const PRIORITIES = [200, 150, 100, 50, 1];
/** As many virtual routers as an interface can have in one family. */
const ROUTERS = 255;

describe.each([3, 5])('of %i nodes', (count) => {
  const names = Array.from({ length: count }, (_, index) => `n${String(index + 1)}`);

  test('the highest that lives is the one master, however many die, and within 1 s of each death', () =>
    onLan(names, async (bed) => {
      const living = names.map((name, index) => bed.baton(name, { priority: PRIORITIES[index] ?? 1 }));
      await Promise.all(living.map((node) => node.start()));
      for (const node of living) await waitForTransition(node, 'initialize>backup', START_DEADLINE_MS);
      // Whoever started first may have been master for a moment.
      await waitForOneMaster(bed, living, START_DEADLINE_MS);

      while (living.length > 1) {
        const [dead] = living.splice(0, 1);
        await bed.lan.cut(dead?.host.name ?? '');
        const deadAtMs = Date.now();
        await dead?.kill();
        await waitForOneMaster(bed, living, 1_000);
        const [heir] = living;
        if (heir === undefined) throw new Error('nobody lives');
        expect(transitions(heir).findLast(({ to }) => to === 'master')?.atMs).toBeLessThan(deadAtMs + 1_000);
        await forgetNeighbours(bed.lan);
        expect(await countAnswers(bed.lan, VIP)).toBe(1);
        expect(await neighbourMac(bed.lan, VIP)).toBe(heir.host.mac);
      }
    }));
});

describe('255 virtual routers on one interface', () => {
  test('are elected at 1 s adverts, and all go to the peer within 2 s of a planned stop', () =>
    onLan(['a', 'b'], async (bed) => {
      const [a, b] = [
        bed.baton('a', { priority: 200, file: crowd(200) }),
        bed.baton('b', { priority: 100, file: crowd(100) }),
      ];
      await a.start();
      await waitFor('a to be master of all', START_DEADLINE_MS + 4_000, () => routersIn(a, 'master') === ROUTERS);
      await b.start();
      await waitFor('b to be backup of all', START_DEADLINE_MS, () => routersIn(b, 'backup') === ROUTERS);
      // Time for whatever would come of 255 adverts a second that are not heard.
      const heard = async (): Promise<number> =>
        Math.min(
          ...((await b.status())?.virtual_routers.map(({ statistics }) => statistics['adverts_received'] ?? 0) ?? [0]),
        );
      await waitFor('five adverts of each', 10_000, async () => (await heard()) >= 5);
      expect(readJournal(b).filter((event) => event['to'] === 'master')).toEqual([]);
      expect((await bed.addressesOn('a', 'eth0')).length).toBe(1 + ROUTERS);

      await a.stop();
      const stoppedAtMs = Date.now();
      await waitFor('b to be master of all', 3_000, () => routersIn(b, 'master') === ROUTERS);
      const took = readJournal(b)
        .filter((event) => event['to'] === 'master')
        .map(({ time }) => Date.parse(time) - stoppedAtMs);
      process.stdout.write(`255 routers at the peer after the end of a stop: ${String(Math.max(...took))} ms\n`);
      expect(Math.max(...took)).toBeLessThan(2_000);
      expect((await bed.addressesOn('b', 'eth0')).length).toBe(1 + ROUTERS);
      expect((await bed.addressesOn('a', 'eth0')).length).toBe(1);
    }));
});

/** Waits until the first of these is master, all others are backup, and it alone of them holds the address. */
async function waitForOneMaster(bed: Bed, living: readonly BatonNode[], deadlineMs: number): Promise<void> {
  const [master, ...others] = living;
  if (master === undefined) throw new Error('nobody lives');
  await waitFor(`${master.host.name} to be the one master`, deadlineMs, async () => {
    if (lastState(master) !== 'master' || others.some((node) => lastState(node) !== 'backup')) return false;
    const holders = await bed.lan.holders(VIP);
    return (
      living
        .filter(({ host }) => holders.includes(host.name))
        .map(({ host }) => host.name)
        .join() === master.host.name
    );
  });
}

/** 255 routers with an address each. */
function crowd(priority: number): Readonly<Record<string, YamlValue>> {
  const routers = Array.from({ length: ROUTERS }, (_, index) => {
    const vrid = index + 1;
    const router = {
      interface: 'eth0',
      vrid,
      priority,
      advert_interval: '1s',
      addresses: [`10.20.0.${String(vrid)}/32`],
    };
    return [`${LAB_ROUTER}${String(vrid)}`, router] as const;
  });
  return { virtual_routers: Object.fromEntries(routers) };
}

/** How many routers of a node are in this state, by its journal. */
function routersIn(node: BatonNode, state: string): number {
  const states = new Map(
    readJournal(node)
      .filter(({ event }) => event === 'state-changed')
      .map((event) => [event.router, event['to']]),
  );
  return [...states.values()].filter((each) => each === state).length;
}

// Virtual routers that move together, on two LANs: when one of them loses its link, its master's adverts, or its node.

import { describe, expect, test } from '@jest/globals';
import { waitFor, type BatonNode, type YamlValue } from '@baton/lab';
import { FAST_MS, onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import { lastState, START_DEADLINE_MS, story, transitions, waitForTransition } from './support/journal.js';
import { Segment } from './support/segment.js';

const INSIDE_VIP = '10.8.0.100';
const MEMBERS = ['web', 'inside'] as const;
/** Skew_Time of priority 100, ms. */
const SKEW_MS = ((256 - 100) / 256) * FAST_MS;
/** How much later than its timer a process may act on two shared cores that are busy, ms. */
const SCHEDULING_MS = 150;

describe('a sync group over two LANs', () => {
  test('moves as a whole within 1 s when one member loses its link, and back', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b, segment } = await electGroup(bed);

      await segment.setCable('a', 'down');
      await waitForMaster(b, a, 1_000);
      expect(await holders(bed)).toEqual(['b', 'b']);
      expect(story(a, 'inside').at(-1)).toBe('master>fault link-down');
      expect(lastState(a, 'web')).not.toBe('master');

      await segment.setCable('a', 'up');
      await waitForMaster(a, b, 3_000);
      expect(await holders(bed)).toEqual(['a', 'a']);
      // The other member never was without its link: it went, and came back, with the first.
      expect(story(a, 'web').slice(2)).toEqual([
        'master>backup group-member-left',
        'backup>master preempted-lower-priority',
      ]);
      for (const member of MEMBERS) expect(story(b, member)[1]).toBe('backup>master priority-zero-received');
      for (const member of MEMBERS) expect(story(b, member).length).toBe(3);
    }));

  test('stays backup when one member alone loses the adverts, and raises an alarm within 2 s', () =>
    onLan(['a', 'b'], async (bed) => {
      const { b } = await electGroup(bed);
      const alarms = async (): Promise<readonly string[]> => ((await b.status())?.alarms ?? []).map(({ name }) => name);

      await bed.lan.drop('b', 'input', 'iifname "eth1" ip protocol 112');
      await waitFor('the alarm', 2_000, async () => (await alarms()).includes('sync-group-split'));
      for (const member of MEMBERS) expect(story(b, member)).toEqual(['initialize>backup startup']);
      expect(await holders(bed)).toEqual(['a', 'a']);

      await bed.lan.stopDropping('b');
      await waitFor('the alarm to go', 2_000, async () => !(await alarms()).includes('sync-group-split'));
      for (const member of MEMBERS) expect(story(b, member)).toEqual(['initialize>backup startup']);
    }));

  test('is handed over as a whole, within the skew time, by a planned stop', () =>
    onLan(['a', 'b'], async (bed) => {
      const { a, b } = await electGroup(bed);
      await a.stop();
      await waitForMaster(b, a, 1_000);
      const left = MEMBERS.map((member) => transitions(a, member).at(-1));
      const taken = MEMBERS.map((member) => transitions(b, member).at(-1));
      const leftAtMs = Math.max(...left.map((each) => each?.atMs ?? NaN));
      for (const each of taken) {
        expect(each?.reason).toBe('priority-zero-received');
        expect((each?.atMs ?? NaN) - leftAtMs).toBeLessThan(SKEW_MS + SCHEDULING_MS);
      }
      expect(await holders(bed)).toEqual(['b', 'b']);
    }));
});

/** Starts a as the master of both members and b as the backup of both. */
async function electGroup(bed: Bed): Promise<{ a: BatonNode; b: BatonNode; segment: Segment }> {
  const segment = await Segment.create(bed.lan);
  const [a, b] = [
    bed.baton('a', { priority: 200, file: group(200) }),
    bed.baton('b', { priority: 100, file: group(100) }),
  ];
  await a.start();
  for (const member of MEMBERS) await waitForTransition(a, 'backup>master', START_DEADLINE_MS, { router: member });
  await b.start();
  for (const member of MEMBERS) await waitForTransition(b, 'initialize>backup', START_DEADLINE_MS, { router: member });
  return { a, b, segment };
}

function group(priority: number): Readonly<Record<string, YamlValue>> {
  const common = { priority, advert_interval: `${String(FAST_MS)}ms` };
  return {
    virtual_routers: {
      web: { ...common, interface: 'eth0', vrid: 51, addresses: [VIP_PREFIX] },
      inside: { ...common, interface: 'eth1', vrid: 52, addresses: [`${INSIDE_VIP}/24`] },
    },
    sync_groups: { edge: [...MEMBERS] },
  };
}

async function waitForMaster(master: BatonNode, other: BatonNode, deadlineMs: number): Promise<void> {
  await waitFor(`${master.host.name} to be master of both, alone`, deadlineMs, () =>
    MEMBERS.every((member) => lastState(master, member) === 'master' && lastState(other, member) !== 'master'),
  );
}

/** Who holds the address of each member. */
async function holders(bed: Bed): Promise<readonly string[]> {
  const all = await Promise.all([VIP, INSIDE_VIP].map((vip) => bed.lan.holders(vip)));
  return all.map((names) => names.join());
}

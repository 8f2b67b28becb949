// What strangers and peers that are configured differently do to a pair, and what an operator is told about it: an
// alarm that says who, what and how often.

import { describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlarmStatus } from '@baton/agent/control';
import { waitFor, type BatonNode } from '@baton/lab';
import { FAST_MS, onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import { writeAdvert, type AdvertFields } from './support/frames.js';
import { elect, START_DEADLINE_MS, story, waitForTransition } from './support/journal.js';

/** The engine's counters are looked at 2 s after the first of a kind was told. */
const ALARM_DEADLINE_MS = 4_000;
const ELECTED = ['initialize>backup startup', 'backup>master master-down-timer'];

describe('a stranger with our VRID', () => {
  test('D15: and none of our addresses is ignored, and an alarm within 4 s says who it is and how often', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 100, file: { observe: true } });
      await elect(a);
      // Only it can tell the MAC behind an address, and it starts later than the router.
      await waitFor('the observer', START_DEADLINE_MS, async () => (await a.status())?.engine.observer === 'running');
      await advertise(bed, { priority: 250, addresses: ['10.9.0.200'] }, 30);

      const alarm = await alarmOf(a, 'vrid-collision');
      expect(story(a)).toEqual(ELECTED);
      expect(await bed.lan.holders(VIP)).toEqual(['a']);
      const { address, mac } = bed.lan.client;
      expect(alarm).toMatchObject({
        subject: 'web',
        evidence: {
          reasons: { 'vrid-collision': 30 },
          sources: [{ address, interface: 'eth0', mac }],
          advertisement: { vrid: 51, version: 3, priority: 250, advert_interval_ms: 100, addresses: ['10.9.0.200'] },
        },
      });
      expect(alarm.detail).toBe(
        `web: vrid-collision 30 times from ${address} (${mac}) on eth0: priority 250, every 100 ms, 10.9.0.200`,
      );
      const [router] = (await a.status())?.virtual_routers ?? [];
      expect(router?.families).toMatchObject([{ discarded: { 'vrid-collision': 30 }, remarked: {} }]);
      expect((await a.command('status')).stdout).toMatch(/^ALARM vrid-collision since \S+ \S+: web: /mu);
    }));

  test('D15: and some of our addresses is a peer in mid-change: an alarm within 4 s, and no second master', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 100 });
      await elect(a);
      await advertise(bed, { priority: 50, addresses: [VIP, '10.9.0.200'] }, 30);

      const { evidence } = await alarmOf(a, 'address-drift');
      expect(evidence?.sources).toEqual([{ address: bed.lan.client.address, interface: 'eth0', mac: null }]);
      expect(evidence?.advertisement?.addresses).toEqual([VIP, '10.9.0.200']);
      expect(story(a)).toEqual(ELECTED);
    }));
});

describe('a forged advert of priority 255', () => {
  const forged = { priority: 255, addresses: [VIP] };

  test('D16: is believed without authentication, and an alarm names the unknown master at once', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 100, router: { known_routers: ['10.9.0.1', '10.9.0.2'] } });
      const mastership = await elect(a);
      await advertise(bed, forged, 1);

      await waitForTransition(a, 'master>backup', 1_000, { after: mastership });
      const { evidence } = await alarmOf(a, 'unknown-master');
      expect(evidence).toMatchObject({
        reasons: { 'unknown-master': 1 },
        sources: [{ address: bed.lan.client.address }],
        advertisement: { priority: 255 },
      });
    }));

  test('D16: is discarded with authentication, counted, and an alarm when it repeats within 4 s', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', {
        priority: 100,
        router: { authentication: { active_key: 1, keys: { 1: 'vrrp.key' } } },
      });
      mkdirSync(a.directory, { recursive: true });
      writeFileSync(join(a.directory, 'vrrp.key'), `${'5a'.repeat(32)}\n`, { mode: 0o600 });
      await elect(a);
      await advertise(bed, forged, 30);

      const { evidence } = await alarmOf(a, 'authentication-failed');
      expect(evidence?.reasons).toEqual({ 'authentication-missing': 30 });
      expect((await a.router())?.statistics).toMatchObject({ authentication_missing: 30 });
      expect(story(a)).toEqual(ELECTED);
    }));
});

describe('two nodes with different intervals', () => {
  test('are told so on the backup, which learns the master’s, and the table shows it within 4 s', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, advertIntervalMs: 2 * FAST_MS });
      const b = bed.baton('b', { priority: 100, addresses: [VIP_PREFIX] });
      await elect(a, b);

      const { evidence } = await alarmOf(b, 'interval-mismatch');
      expect(evidence).toMatchObject({
        sources: [{ address: '10.9.0.1' }],
        advertisement: { advert_interval_ms: 2 * FAST_MS },
      });
      expect((await b.router())?.peers).toMatchObject([
        { node: 'a', advert_interval_ms: 2 * FAST_MS, checksum: 'pseudo-header' },
      ]);
      expect((await b.command('status')).stdout).toMatch(/^ +a 10\.9\.0\.1 +master .* every 200 ms /mu);
    }));
});

/** Sends adverts from the client of the LAN, ten a second. */
async function advertise(bed: Bed, fields: Partial<AdvertFields>, count: number): Promise<void> {
  const { address: source, mac: sourceMac } = bed.lan.client;
  const injector = await bed.injector();
  const common = { source, sourceMac, vrid: 51, priority: 100, intervalCs: FAST_MS / 10, addresses: [VIP] };
  await injector.send([writeAdvert({ ...common, ...fields })], { count, rate: 10 });
}

async function alarmOf(node: BatonNode, name: string): Promise<AlarmStatus> {
  return waitFor(`the alarm ${name}`, ALARM_DEADLINE_MS, async () =>
    (await node.status())?.alarms.find((alarm) => alarm.name === name),
  );
}

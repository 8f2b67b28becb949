// What others do on the LAN, and what becomes of it: a neighbour changes its MAC, a switch forwards groups only to
// those who have joined, a stranger claims the address.

import { describe, expect, test } from '@jest/globals';
import { insideNamespace, run, waitFor } from '@baton/lab';
import { FAST_MS, onLan, VIP } from './support/bed.js';
import { countAnswers, neighbourMac } from './support/client.js';
import { writeArpRequest } from './support/frames.js';
import { elect, readJournal, START_DEADLINE_MS, story } from './support/journal.js';
import { DUAL_STACK } from './support/modes.js';

const CLIENT6 = 'fd09::10';
/** Claims of a stranger, and how many a second. */
const CLAIMS = 20;
const CLAIM_RATE = 10;

describe('a neighbour that says that its MAC has changed', () => {
  test('is believed by master and backup within 1 s [H08]', () =>
    onLan(['a', 'b'], async (bed) => {
      const { client } = bed.lan;
      await elect(
        bed.baton('a', { priority: 200, addresses: DUAL_STACK }),
        bed.baton('b', { priority: 100, addresses: DUAL_STACK }),
      );
      const names = ['a', 'b'];
      for (const name of names) expect(await countAnswers(bed.lan, CLIENT6, 1, name)).toBe(1);
      const inClient = (...command: string[]): string[] => insideNamespace(client.namespace, command);
      await run(inClient('sysctl', '-q', '-w', 'net.ipv6.conf.eth0.ndisc_notify=1'));

      await run(inClient('ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:1a'));

      for (const name of names) {
        await waitFor(
          `${name} to believe it`,
          1_000,
          async () => (await neighbourMac(bed.lan, CLIENT6, name)) === '02:00:00:00:00:1a',
        );
      }
    }));
});

describe('a switch that forwards groups only where somebody has joined', () => {
  test('brings the adverts of both families to the backup, and not to the client [H09]', () =>
    onLan(['a', 'b'], async (bed) => {
      const [cable, other] = [await bed.captureCable('b'), await bed.captureCable('client')];
      const sw = ['ip', '-n', bed.lan.switchNamespace];
      await run([...sw, 'address', 'add', 'fe80::ff/64', 'dev', 'br0', 'nodad']);
      // One after the other: the switch trusts the answers to its questions after the interval that it has when it
      // begins to ask, 10 ms.
      for (const setting of ['mcast_query_response_interval', 'mcast_snooping', 'mcast_querier']) {
        await run([...sw, 'link', 'set', 'br0', 'type', 'bridge', setting, '1']);
      }
      const b = bed.baton('b', { priority: 100, addresses: DUAL_STACK });
      await elect(bed.baton('a', { priority: 200, addresses: DUAL_STACK }), b);

      // The switch floods IPv6 groups until its first question has been answered.
      const sixes = (capture: typeof cable): number => capture.adverts(bed.lan.host('a').linkLocal).length;
      await waitFor('the switch to know who has joined', 5_000, async () => {
        const before = { backup: sixes(cable), client: sixes(other) };
        await waitFor('ten adverts', 3_000, () => sixes(cable) >= before.backup + 10);
        await other.settle();
        return sixes(other) === before.client;
      });

      expect(cable.adverts(bed.lan.host('a').address).length).toBeGreaterThan(10);
      expect(story(b)).toEqual(['initialize>backup startup']);
    }));
});

describe('a stranger that claims the address', () => {
  test('is an alarm with its MAC within 2 s, and the master goes on without a fight [G14]', () =>
    onLan(['a'], async (bed) => {
      // Neither a second burst nor one for the lease of a dead master that there might have been.
      const router = { announce: { delay: '0s' }, lease: '0s' };
      const a = bed.baton('a', { priority: 200, router, file: { observe: true } });
      await elect(a);
      await waitFor('the observer', START_DEADLINE_MS, async () => (await a.status())?.engine.observer === 'running');
      const capture = await bed.capture();
      const injector = await bed.injector();
      const { mac } = bed.lan.client;

      await injector.send([writeArpRequest(mac, VIP, VIP)], { count: CLAIMS, rate: CLAIM_RATE });

      const seen = await waitFor('the evidence', 2_000, () =>
        readJournal(a).find(({ event }) => event === 'foreign-claim-seen'),
      );
      expect(seen).toMatchObject({ address: VIP, mac, interface: 'eth0' });
      const [alarm] = (await a.status())?.alarms ?? [];
      expect([alarm?.name, alarm?.detail.includes(mac)]).toEqual(['duplicate-address', true]);
      expect(story(a)).toEqual(['initialize>backup startup', 'backup>master master-down-timer']);
      await capture.waitForAdvert('an advert after all', 1_000, ({ atMs }) => atMs > Date.now() - 2 * FAST_MS);
      await capture.settle();
      // The kernel answers whoever asks for its address, and the claim of a stranger is such a question.
      const toAll = capture.arpClaims(VIP).filter(({ senderMac, operation }) => senderMac !== mac && operation === 1);
      expect(toAll).toEqual([]);
    }));
});

// What Baton puts on the wire, as another dissector reads it, and what it does with what others put there.

import { describe, expect, test } from '@jest/globals';
import { waitFor, type BatonNode, type LabHost } from '@baton/lab';
import { FAST_MS, onLan, VIP } from './support/bed.js';
import { dissect, distinct, GOOD_CHECKSUM } from './support/dissection.js';
import { writeAdvert, type AdvertFields } from './support/frames.js';
import { elect, readJournal, story, transitions, waitForTransition } from './support/journal.js';

/** Bad packets while the backup waits, and how many a second. */
const GARBAGE_COUNT = 2_000;
const GARBAGE_RATE = 800;

describe('tshark', () => {
  test('decodes every advert of a takeover without a complaint, with the fields of the configuration and TTL 255', () =>
    onLan(['a', 'b'], async (bed) => {
      const addresses = [`${VIP}/24`, '10.9.0.101/24'];
      const a = bed.baton('a', { priority: 200, vrid: 77, addresses });
      const b = bed.baton('b', { priority: 100, vrid: 77, addresses });
      const capture = await bed.capture();
      await elect(a, b);
      await a.stop();
      const takeover = await waitForTransition(b, 'backup>master', 1_000);
      await capture.waitForAdvert(
        'adverts of b',
        1_000,
        ({ source, atMs }) => source === '10.9.0.2' && atMs > takeover.atMs + 2 * FAST_MS,
      );
      await capture.stop();

      const rows = await dissect(capture.file, 'vrrp', [
        'ip.src',
        'ip.dst',
        'ip.ttl',
        'ip.dsfield.dscp',
        'ip.checksum.status',
        'vrrp.version',
        'vrrp.type',
        'vrrp.virt_rtr_id',
        'vrrp.prio',
        'vrrp.short_adver_int',
        'vrrp.addr_count',
        'vrrp.ip_addr',
        'vrrp.checksum.status',
        '_ws.expert.message',
        '_ws.malformed',
      ]);
      const expected = (source: string, priority: string): (typeof rows)[number] => ({
        'ip.src': source,
        'ip.dst': '224.0.0.18',
        'ip.ttl': '255',
        'ip.dsfield.dscp': '48',
        'ip.checksum.status': GOOD_CHECKSUM,
        'vrrp.version': '3',
        'vrrp.type': '1',
        'vrrp.virt_rtr_id': '77',
        'vrrp.prio': priority,
        'vrrp.short_adver_int': '10',
        'vrrp.addr_count': '2',
        'vrrp.ip_addr': '10.9.0.100,10.9.0.101',
        'vrrp.checksum.status': GOOD_CHECKSUM,
        '_ws.expert.message': '',
        '_ws.malformed': '',
      });
      expect(distinct(rows)).toEqual([
        expected('10.9.0.1', '200'),
        expected('10.9.0.1', '0'),
        expected('10.9.0.2', '100'),
      ]);
      expect(rows.length).toBe(capture.adverts().length);
      expect(rows.length).toBeGreaterThan(5);
    }));
});

describe('a losing advert', () => {
  test('is answered within 100 ms at 1 s adverts and followed by a gratuitous ARP for every address', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', {
        priority: 200,
        advertIntervalMs: 1000,
        router: { announce: { count: 1, delay: '0s' } },
      });
      const capture = await bed.capture();
      const injector = await bed.injector();
      await elect(a);
      const regular = await capture.waitForAdvert(
        'the second advert',
        3_000,
        ({ atMs }) => atMs > (transitions(a).at(-1)?.atMs ?? 0) + 500,
      );

      await waitFor('the middle of an interval', 1_000, () => Date.now() > regular.atMs + 300);
      await injector.send([advert(bed.lan.client, { priority: 50, intervalCs: 100 })]);
      const losing = await capture.waitForAdvert(
        'the losing advert',
        1_000,
        ({ source }) => source === bed.lan.client.address,
      );

      const answer = await capture.waitForAdvert(
        'the answer',
        500,
        ({ source, atMs }) => source === '10.9.0.1' && atMs > losing.atMs,
      );
      expect(answer.atMs - losing.atMs).toBeLessThan(100);
      expect(answer.priority).toBe(200);
      const repair = await waitFor('a gratuitous ARP', 500, () =>
        capture.arpClaims(VIP).find(({ atMs }) => atMs > losing.atMs),
      );
      expect(repair.atMs - losing.atMs).toBeLessThan(100);
      expect(repair.atMs).toBeGreaterThanOrEqual(answer.atMs);
      expect({ mac: repair.senderMac, target: repair.target }).toEqual({ mac: bed.lan.host('a').mac, target: VIP });
      expect((await a.router())?.statistics['lower_priority_received']).toBe(1);
      expect(story(a).at(-1)).toBe('backup>master master-down-timer');
    }));
});

describe('packets that are not what they should be', () => {
  /** Each kind, what makes it wrong, and the counter of its discard: the router's, or the engine's if it names none. */
  const kinds: readonly { readonly name: string; readonly wrong: Partial<AdvertFields>; readonly counter: string }[] = [
    { name: 'truncated in its header', wrong: { cutBytes: 6 }, counter: 'length_errors' },
    { name: 'truncated in its addresses', wrong: { cutBytes: 2 }, counter: 'length_errors' },
    { name: 'without addresses', wrong: { addresses: [] }, counter: 'length_errors' },
    { name: 'oversized', wrong: { extraBytes: 1_400 }, counter: 'length_errors' },
    { name: 'of version 2', wrong: { version: 2 }, counter: 'version_errors' },
    { name: 'of version 4', wrong: { version: 4 }, counter: 'version_errors' },
    { name: 'of type 2', wrong: { type: 2 }, counter: 'type_errors' },
    { name: 'with a wrong checksum', wrong: { checksumError: 1 }, counter: 'checksum_errors' },
    { name: 'with TTL 254', wrong: { ttl: 254 }, counter: 'ttl_errors' },
    { name: 'with interval 0', wrong: { intervalCs: 0 }, counter: 'interval_errors' },
    { name: 'with VRID 0', wrong: { vrid: 0 }, counter: 'unknown-vrid' },
    { name: 'with a VRID of nobody', wrong: { vrid: 99 }, counter: 'unknown-vrid' },
  ];

  test('are discarded and counted by their reason, leave the state alone and fill no log', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      const injector = await bed.injector();
      const counters = async (node: BatonNode): Promise<Record<string, number>> => {
        const status = await node.status();
        return { ...status?.virtual_routers[0]?.statistics, ...status?.engine.discarded };
      };
      const before = await Promise.all([counters(a), counters(b)]);

      // Another number of each kind, so that no two sums agree by chance. Priority 255 and 0 would both do harm, were
      // they believed: the backup would be put off for ever, or promote at once.
      const expected = new Map<string, number>();
      for (const [index, { wrong, counter }] of kinds.entries()) {
        const count = 20 + index;
        expected.set(counter, (expected.get(counter) ?? 0) + count);
        await injector.send(
          [255, 0].map((priority) => advert(bed.lan.client, { priority, ...wrong })),
          { count, rate: GARBAGE_RATE },
        );
      }

      for (const [index, node] of [a, b].entries()) {
        const discarded = await waitFor(`${node.host.name} to have counted all`, 3_000, async () => {
          const after = await counters(node);
          const growth = [...expected.keys()].map(
            (counter) => [counter, (after[counter] ?? NaN) - (before[index]?.[counter] ?? NaN)] as const,
          );
          return growth.every(([counter, grown]) => grown >= (expected.get(counter) ?? 0))
            ? new Map(growth)
            : undefined;
        });
        expect(discarded).toEqual(expected);
      }
      expect(story(a)).toEqual(['initialize>backup startup', 'backup>master master-down-timer']);
      expect(story(b)).toEqual(['initialize>backup startup']);
      const said = readJournal(b).filter(({ event }) => event === 'advertisement-discarded');
      expect(said.length).toBeGreaterThan(0);
      expect(said.length).toBeLessThanOrEqual(kinds.length);
    }));

  test('do not keep a backup from taking over within 1 s of the death of its master while 2,000 of them arrive', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, advertIntervalMs: 200 });
      const b = bed.baton('b', { priority: 100, advertIntervalMs: 200 });
      await elect(a, b);
      const capture = await bed.capture();
      const injector = await bed.injector();
      const frames = kinds.flatMap(({ wrong }) =>
        [200, 255].map((priority) => advert(bed.lan.client, { priority, ...wrong })),
      );

      const flood = injector.send(frames, { count: GARBAGE_COUNT, rate: GARBAGE_RATE });
      await capture.waitForAdvert('an advert under the flood', 1_000, ({ source }) => source === '10.9.0.1');
      await a.kill();
      const takeover = await waitForTransition(b, 'backup>master', 1_500);
      const last = capture.adverts('10.9.0.1').at(-1);
      await flood;

      expect(takeover.reason).toBe('master-down-timer');
      // Master_Down_Interval of priority 100 at 200 ms: 721.9 ms.
      expect(takeover.atMs - (last?.atMs ?? 0)).toBeGreaterThan(720);
      expect(takeover.atMs - (last?.atMs ?? 0)).toBeLessThan(722 + 150);
      expect(story(b).at(-1)).toBe('backup>master master-down-timer');
    }));
});

/** An advert for the tests' virtual router from one host: right, except for what is said. */
function advert(from: LabHost, fields: Partial<AdvertFields>): Buffer {
  return writeAdvert({
    source: from.address,
    sourceMac: from.mac,
    vrid: 51,
    priority: 100,
    intervalCs: FAST_MS / 10,
    addresses: [VIP],
    ...fields,
  });
}

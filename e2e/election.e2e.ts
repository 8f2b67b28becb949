// Who becomes master, and that there is never more than one: two Baton nodes on one LAN.

import { describe, expect, test } from '@jest/globals';
import { LAB_ROUTER, waitFor } from '@baton/lab';
import { onLan, PREEMPTION_MS, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import type { Capture } from './support/capture.js';
import { writeArpRequest, type SeenArp } from './support/frames.js';
import { elect, lastState, START_DEADLINE_MS, story, transitions, waitForTransition } from './support/journal.js';

/** Distance of the client's ARP requests in the test that counts answers, ms. */
const ARP_PERIOD_MS = 10;

describe('the higher priority', () => {
  test('is master within 4 s at 1 s adverts; through a stop and a return one node holds the address, never two', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200, advertIntervalMs: 1000 });
      const b = bed.baton('b', { priority: 100, advertIntervalMs: 1000 });
      const capture = await bed.capture();
      const claims = await bed.watchClaims();
      const injector = await bed.injector();

      const elected = await elect(a, b);
      expect(elected.atMs - (transitions(a)[0]?.atMs ?? 0)).toBeLessThan(4_000);
      expect(story(b)).toEqual(['initialize>backup startup']);

      const { mac, address } = bed.lan.client;
      const asking = injector.send([writeArpRequest(mac, address, VIP)], {
        count: 900,
        rate: 1000 / ARP_PERIOD_MS,
      });
      await a.stop();
      await waitForTransition(b, 'backup>master', 2_000);
      await waitFor('b to hold the address', 2_000, () => claims.holders.join() === 'b');
      await a.start();
      await waitForTransition(a, 'backup>master', START_DEADLINE_MS + 4_000, { after: elected });
      await waitFor('a to hold the address', 2_000, () => claims.holders.join() === 'a');
      await asking;

      expect(claims.longestOverlapMs).toBeLessThan(PREEMPTION_MS);
      expect(claims.soleHolders).toEqual(['a', 'b', 'a']);
      const { samples, longestGapMs } = await claims.coverage();
      expect(samples).toBeGreaterThan(2_000);
      expect(longestGapMs).toBeLessThan(500);
      const answers = answersByRequest(capture, address);
      expect(answers.length).toBeGreaterThan(800);
      expect(answers.filter((macs) => macs.length > 1).length).toBeLessThanOrEqual(PREEMPTION_MS / ARP_PERIOD_MS);
    }));

  test('is the owner with 255 and master at once, without waiting for anybody', () =>
    onLan(['a', 'b'], async (bed) => {
      const b = bed.baton('b', { priority: 200, advertIntervalMs: 1000 });
      const a = bed.baton('a', { priority: 255, advertIntervalMs: 1000 });
      await elect(b);

      await a.start();
      await waitForTransition(a, 'initialize>master', START_DEADLINE_MS);
      await waitForTransition(b, 'master>backup', 1_000);

      expect(story(a)).toEqual(['initialize>master address-owner']);
      expect(story(b).at(-1)).toBe('master>backup higher-priority-advert');
      await bed.waitForHolders(['a'], 1_000);
    }));
});

describe('of equal priorities', () => {
  // Text and signed bytes both order 9 and 200 the wrong way round; signed 32-bit numbers do so with 100.… and 200.….
  test.each([
    ['10.9.0.9', '10.9.0.200'],
    ['100.64.0.1', '200.0.0.1'],
  ])('the higher address wins within 2 s at 100 ms adverts: %s yields to %s', (lower, higher) =>
    onLan(['a', 'b'], async (bed) => {
      await renumber(bed, 'a', lower);
      await renumber(bed, 'b', higher);
      const a = bed.baton('a', { priority: 100 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a);
      // Deaf to the master, b becomes one too; hearing each other again, the two must agree on b.
      await bed.lan.drop('b', 'input', 'ip protocol 112');
      await bed.lan.drop('a', 'input', 'ip protocol 112');
      await b.start();
      await waitForTransition(b, 'backup>master', START_DEADLINE_MS);

      await bed.lan.stopDropping('a');
      await bed.lan.stopDropping('b');
      await waitForTransition(a, 'master>backup', 2_000);

      expect(story(a).at(-1)).toBe('master>backup higher-priority-advert');
      expect(lastState(b)).toBe('master');
      await bed.waitForHolders(['b'], 1_000);
      expect(story(b)).toEqual(['initialize>backup startup', 'backup>master master-down-timer']);
    }),
  );
});

describe.each(['native', 'raw-socket'])('with the packet driver %s', (driver) => {
  test('a master is elected, and its successor within 1 s of its stop and of its death at 100 ms adverts', () =>
    onLan(['a', 'b'], async (bed) => {
      const launcher = ['env', `BATON_PACKET_DRIVER=${driver}`];
      const a = bed.baton('a', { priority: 200, launcher });
      const b = bed.baton('b', { priority: 100, launcher });
      const elected = await elect(a, b);
      expect((await a.status())?.engine.packet_driver).toBe(driver);

      await a.stop();
      const afterStop = await waitForTransition(b, 'backup>master', 1_000);
      await a.start();
      await waitForTransition(a, 'backup>master', START_DEADLINE_MS, { after: elected });
      await bed.waitForHolders(['a'], 1_000);
      await a.kill();
      const afterDeath = await waitForTransition(b, 'backup>master', 1_000, { after: afterStop });

      expect(afterDeath.reason).toBe('master-down-timer');
    }));
});

describe('two virtual routers on one interface', () => {
  test('are elected apart, and both go to the survivor within 1 s, one with its address on another interface', () =>
    onLan(['a', 'b'], async (bed) => {
      const nodes = ['a', 'b'].map((name, index) =>
        bed.baton(name, {
          priority: 100,
          file: {
            virtual_routers: {
              [LAB_ROUTER]: {
                interface: 'eth0',
                vrid: 51,
                priority: 200 - 100 * index,
                advert_interval: '100ms',
                addresses: [VIP_PREFIX],
              },
              inside: {
                interface: 'eth0',
                vrid: 52,
                priority: 100 + 100 * index,
                advert_interval: '100ms',
                addresses: [{ address: '10.8.0.100/24', interface: 'inner0' }],
              },
            },
          },
        }),
      );
      const [a, b] = nodes;
      if (a === undefined || b === undefined) throw new Error('two nodes');
      for (const { host } of nodes) await bed.addInterface(host.name, 'inner0', '10.8.0.1/24');
      await Promise.all([a.start(), b.start()]);
      await waitForTransition(a, 'backup>master', START_DEADLINE_MS);
      await waitForTransition(b, 'backup>master', START_DEADLINE_MS, { router: 'inside' });
      // Whoever started first may have been master of both for a moment.
      await waitFor(
        'each to have its own',
        1_000,
        () => lastState(a, 'inside') === 'backup' && lastState(b) === 'backup',
      );
      expect(await bed.addressesOn('a', 'inner0')).toEqual(['10.8.0.1/24']);
      expect(await bed.addressesOn('b', 'inner0')).toEqual(['10.8.0.1/24', '10.8.0.100/24']);

      const before = transitions(a, 'inside').at(-1);
      await b.stop();
      await waitForTransition(a, 'backup>master', 1_000, { router: 'inside', ...(before && { after: before }) });

      expect(lastState(a)).toBe('master');
      expect(await bed.addressesOn('a', 'inner0')).toEqual(['10.8.0.1/24', '10.8.0.100/24']);
      expect(await bed.addressesOn('b', 'inner0')).toEqual(['10.8.0.1/24']);
      expect(await bed.lan.addresses('a')).toContain(VIP_PREFIX);
    }));
});

/** For each of the client's requests, the MACs that answered before the next one. */
function answersByRequest(capture: Capture, client: string): readonly (readonly string[])[] {
  const arps = capture.frames().filter((frame): frame is SeenArp => frame.kind === 'arp');
  const answers: Set<string>[] = [];
  for (const arp of arps) {
    if (arp.operation === 1 && arp.sender === client && arp.target === VIP) answers.push(new Set());
    if (arp.operation === 2 && arp.sender === VIP) answers.at(-1)?.add(arp.senderMac);
  }
  return answers.map((macs) => [...macs]);
}

async function renumber(bed: Bed, name: string, address: string): Promise<void> {
  await bed.lan.changeAddress(name, 'del', `${bed.lan.host(name).address}/24`);
  await bed.lan.changeAddress(name, 'add', `${address}/24`);
}

// What comes with the addresses of a master: a virtual MAC, addresses that are not advertised, routes, and traffic that
// is not accepted. On a real kernel, dual stack.

import { describe, expect, test } from '@jest/globals';
import { run, virtualMac, waitFor, type LabHost } from '@baton/lab';
import { FAST_MS, onLan, VIP, VIP_PREFIX, type Bed } from './support/bed.js';
import { elect, START_DEADLINE_MS, story, waitForTransition } from './support/journal.js';

const VIP6 = 'fd09::100';
const DUAL_STACK = [VIP_PREFIX, 'fe80::100/64', `${VIP6}/64`];

async function ip(host: LabHost, ...words: readonly string[]): Promise<string> {
  return run(['ip', '-n', host.namespace, ...words]);
}

/** Whether an echo request of the client is answered, in at most half a second. */
async function answers(bed: Bed, address: string): Promise<boolean> {
  const command = ['ip', 'netns', 'exec', bed.lan.client.namespace, 'ping', '-c', '1', '-W', '0.5', address];
  return run(command).then(
    () => true,
    () => false,
  );
}

/** The MAC that the client has for an address. */
async function neighbour(bed: Bed, address: string): Promise<string | undefined> {
  const text = await ip(bed.lan.client, 'neighbour', 'show', 'to', address);
  return /lladdr (\S+)/u.exec(text)?.[1];
}

describe('a virtual MAC of both families', () => {
  const options = { addresses: DUAL_STACK, virtualMac: true, advertIntervalMs: FAST_MS };

  test('answers with one MAC on either node, and is off on the backup and gone after the stop', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { ...options, priority: 200 });
      const b = bed.baton('b', { ...options, priority: 100 });
      await elect(a, b);
      for (const [address, family] of [
        [VIP, 4],
        [VIP6, 6],
      ] as const) {
        await waitFor(`${address} to answer`, 2_000, () => answers(bed, address));
        expect(await neighbour(bed, address)).toBe(virtualMac(family));
      }
      expect(await ip(b.host, '-o', 'link', 'show', 'type', 'macvlan', 'up')).toBe('');
      await a.stop();
      await waitForTransition(b, 'backup>master', 2_000);
      for (const address of [VIP, VIP6]) await waitFor(`${address} to answer`, 2_000, () => answers(bed, address));
      expect(await neighbour(bed, VIP)).toBe(virtualMac(4));
      expect(await ip(a.host, '-o', 'link', 'show', 'type', 'macvlan')).toBe('');
      expect(story(b).filter((line) => line.includes('master'))).toEqual(['backup>master priority-zero-received']);
    }));

  test('D9: is back within 500 ms when somebody deletes it, an address within 100 ms, and nobody changes state', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { ...options, priority: 200 });
      await elect(a);
      const [link = ''] = (await ip(a.host, '-o', 'link', 'show', 'type', 'macvlan')).match(/vr4\.51\.\d+/u) ?? [];
      const claims = await bed.watchClaims();
      await ip(a.host, 'address', 'delete', VIP_PREFIX, 'dev', link);
      await waitFor('the address', 1_000, async () => (await bed.addressesOn('a', link)).includes(VIP_PREFIX));
      await claims.coverage();
      expect(claims.longestAbsenceMs).toBeLessThan(100);
      await ip(a.host, 'link', 'delete', link);
      await waitFor('the link', 2_000, async () =>
        (await ip(a.host, '-o', 'address', 'show', 'to', VIP)).includes(link),
      );
      await claims.coverage();
      expect(claims.longestAbsenceMs).toBeLessThan(500);
      await waitFor('the address to answer', 500, () => answers(bed, VIP));
      expect(story(a)).toHaveLength(2);
    }));

  test('of a daemon that was killed is gone or off when the next one is a backup', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { ...options, priority: 200 });
      const b = bed.baton('b', { ...options, priority: 100 });
      await elect(a, b);
      await a.kill();
      await waitForTransition(b, 'backup>master', 2_000);
      a.configure({ priority: 50 });
      await a.start();
      await waitFor('a to wait', START_DEADLINE_MS, async () => (await a.router())?.state === 'backup');
      expect(await ip(a.host, '-o', 'link', 'show', 'type', 'macvlan', 'up')).toBe('');
      expect(await ip(a.host, '-o', 'address', 'show', 'to', VIP)).toBe('');
      expect(await answers(bed, VIP)).toBe(true);
    }));
});

test('routes and extra addresses are there on the master only, within 2 s of a stop on the other one', () =>
  onLan(['a', 'b'], async (bed) => {
    const router = {
      extra_addresses: ['10.9.0.120/24'],
      routes: [
        { to: '10.50.0.0/16', via: '10.9.0.10' },
        { to: 'fd50::/32', via: 'fd09::a' },
      ],
    };
    const a = bed.baton('a', { priority: 200, router });
    const b = bed.baton('b', { priority: 100, router });
    await elect(a, b);
    const has = async (host: LabHost): Promise<readonly boolean[]> => [
      (await ip(host, 'route', 'show', '10.50.0.0/16')) !== '',
      (await ip(host, '-6', 'route', 'show', 'fd50::/32')) !== '',
      (await ip(host, '-o', 'address', 'show', 'to', '10.9.0.120')) !== '',
    ];
    expect(await has(a.host)).toEqual([true, true, true]);
    expect(await has(b.host)).toEqual([false, false, false]);
    await a.stop();
    await waitForTransition(b, 'backup>master', 2_000);
    expect(await has(a.host)).toEqual([false, false, false]);
    expect(await has(b.host)).toEqual([true, true, true]);
  }));

test('accept: false resolves and answers nothing; a start that accepts answers within 2 s [G06, H07]', () =>
  onLan(['a'], async (bed) => {
    const a = bed.baton('a', { priority: 200, addresses: DUAL_STACK, router: { accept: false } });
    const elected = await elect(a);
    for (const address of [VIP, VIP6]) {
      expect(await answers(bed, address)).toBe(false);
      expect(await neighbour(bed, address)).toBe(a.host.mac);
    }
    expect(await answers(bed, a.host.address)).toBe(true);
    await a.stop();
    a.configure({ router: {} });
    await a.start();
    await waitForTransition(a, 'backup>master', START_DEADLINE_MS, { after: elected });
    for (const address of [VIP, VIP6]) await waitFor(`${address} to answer`, 2_000, () => answers(bed, address));
  }));

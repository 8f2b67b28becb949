// Addresses that the kernel takes off by itself. Run through packages/lab/bin/in-lab.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { AddressOwner, OwnedAddress, RenewalResult } from '../index.js';
import { openAddressOwner } from './address-owner.js';
import { openLinkMonitor } from './link-monitor.js';
import { createVethPair, ip, readText, removeVethPair, until, type VethPair } from './veth-pair.fixture.js';

const IPV4 = { address: '192.0.2.20', prefixLength: 24 };
const IPV6 = { address: '2001:db8::20', prefixLength: 64 };
/** What the kernel promises for IPv4 and IPv6, with what a busy machine takes to tell it, ms. */
const LATEST_MS = 1_300;

describe.each([['IPv4', IPV4], ['IPv6', IPV6]])('a leased address, %s', (_, address) => {
  let pair: VethPair;
  let owner: AddressOwner & { close(): void };
  let heard: { readonly process: ChildProcess; text: string } | undefined;

  beforeEach(() => {
    pair = createVethPair(8);
    owner = openAddressOwner();
  });
  afterEach(() => {
    heard?.process.kill();
    heard = undefined;
    owner.close();
    removeVethPair(pair);
  });

  const wanted = (lifetimeSeconds?: number): OwnedAddress =>
    ({ interface: pair.near, ...address, ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }) });
  const renew = (place: OwnedAddress): RenewalResult | undefined => owner.renew([place])[0];
  const isThere = (): boolean => owner.list(pair.near).some((held) => held.address === address.address);
  const shown = (): string => readText('ip', '-d', 'address', 'show', 'dev', pair.near, 'to', address.address);

  /** What other programs hear from now on about addresses, routes and neighbours. */
  async function listen(): Promise<{ readonly process: ChildProcess; text: string }> {
    const words = ['-o', 'monitor', 'address', 'route', 'neigh'];
    const process = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const state = { process, text: '' };
    process.stdout.on('data', (text: Buffer) => {
      state.text += text.toString();
    });
    heard = state;
    await until('the monitor listens', () => {
      ip('address', 'replace', '192.0.2.99/32', 'dev', pair.far);
      return state.text.includes('192.0.2.99');
    });
    ip('address', 'add', '192.0.2.98/32', 'dev', pair.far);
    await until('what came before is told', () => state.text.includes('local 192.0.2.98'));
    state.text = '';
    return state;
  }

  test('is taken off by the kernel just after its lifetime, and not before', async () => {
    const claimedAt = performance.now();
    owner.claim(wanted(1));
    await until('the kernel takes it off', () => !isThere());
    const lifeMs = performance.now() - claimedAt;
    process.stdout.write(`a lease of 1 s of ${address.address} lasted ${lifeMs.toFixed(0)} ms\n`);
    expect(lifeMs).toBeGreaterThan(975);
    expect(lifeMs).toBeLessThan(LATEST_MS);
  });

  test('lives on from each renewal, and for ever after one without a lifetime', async () => {
    owner.claim(wanted(1));
    const renewedAt = performance.now();
    while (performance.now() - renewedAt < 1_500) {
      expect(renew(wanted(1))).toEqual({ ok: true });
      await until('a fifth of a lease has passed', () => true);
    }
    expect(isThere()).toBe(true);
    expect(renew(wanted())).toEqual({ ok: true });
    expect(shown()).toContain('valid_lft forever preferred_lft forever');
  });

  test('is not put back by a renewal when it is gone, nor on an interface that is gone', () => {
    expect(renew(wanted(5))).toEqual({ ok: false, errno: 'EADDRNOTAVAIL' });
    expect(isThere()).toBe(false);
    expect(renew({ ...wanted(5), interface: 'no-such-link' })).toEqual({ ok: false, errno: 'ENODEV' });
    owner.claim({ ...wanted(), prefixLength: address.prefixLength + 1 });
    expect(renew(wanted(5))).toEqual({ ok: false, errno: 'EADDRNOTAVAIL' });
  });

  test('gets the lifetime that is asked for when it is claimed again', () => {
    owner.claim(wanted());
    expect(owner.claim(wanted(7))).toEqual({ ok: true, already: true, ours: true });
    expect(shown()).toMatch(/valid_lft [67]sec preferred_lft [67]sec/u);
  });

  test('keeps everything else through a renewal, and other programs hear of one address', async () => {
    const label = address === IPV4 ? { label: `${pair.near}:v` } : {};
    const place = { ...wanted(9), ...label, metric: 777 };
    owner.claim(place);
    const withoutLifetime = (text: string): string => text.replace(/valid_lft.*/gu, '');
    const routes = (): string => readText('ip', '-d', address === IPV4 ? '-4' : '-6', 'route', 'show', 'table', 'all')
      .replace(/ expires \d+sec/gu, '');
    const monitor = await listen();
    const before = [withoutLifetime(shown()), routes()];
    expect(before[0]).toContain('dynamic');
    expect(before[1]).toContain('metric 777');
    expect(renew(place)).toEqual({ ok: true });
    expect([withoutLifetime(shown()), routes()]).toEqual(before);
    ip('address', 'add', '192.0.2.97/32', 'dev', pair.far);
    await until('the monitor has told everything', () => monitor.text.includes('local 192.0.2.97'));
    const lines = monitor.text.split('\n').filter((line) => line !== '' && !line.includes('192.0.2.97'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${address.address}/`);
  });

  test('keeps a connection to it through renewals', async () => {
    owner.claim(wanted(2));
    const server = createServer((socket) => {
      socket.pipe(socket);
    }).listen(0, address.address);
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, address.address);
    let echoed = 0;
    let failed = false;
    client.on('data', (bytes) => {
      echoed += bytes.length;
    });
    client.on('error', () => {
      failed = true;
    });
    await once(client, 'connect');
    for (let round = 1; round <= 20; round += 1) {
      expect(renew(wanted(2))).toEqual({ ok: true });
      client.write('x');
      await until('the answer comes', () => echoed >= round);
    }
    expect(failed).toBe(false);
    client.destroy();
    server.close();
  });

  test('is no news to a monitor that has told of it, and is news when it goes', async () => {
    owner.claim(wanted(1));
    const monitor = openLinkMonitor();
    const told: number[] = [];
    monitor.watch([pair.near], (state) => told.push(state.addresses.length));
    renew(wanted(1));
    renew(wanted(1));
    await until('its end is told', () => told.length > 0);
    expect(isThere()).toBe(false);
    expect(told).toHaveLength(1);
    monitor.close();
  });
});

describe('1,000 leased addresses', () => {
  test.each([
    ['IPv4', (index: number) => `10.97.${String(index >> 8)}.${String(index & 255)}`, 32],
    ['IPv6', (index: number) => `2001:db8:1::${(index + 1).toString(16)}`, 64],
  ] as const)('are renewed in less time than the shortest lease, %s', (family, addressOf, prefixLength) => {
    const pair = createVethPair(8);
    const owner = openAddressOwner();
    const many = Array.from({ length: 1000 }, (_, index) =>
      ({ interface: pair.near, address: addressOf(index), prefixLength, lifetimeSeconds: 60 }));
    for (const each of many) owner.claim(each);
    const durationsMs = Array.from({ length: 5 }, () => {
      const beganAt = performance.now();
      const results = owner.renew(many);
      const durationMs = performance.now() - beganAt;
      expect(results).toEqual(many.map(() => ({ ok: true })));
      return durationMs;
    });
    owner.close();
    removeVethPair(pair);
    process.stdout.write(`1,000 renewals, ${family}: ${durationsMs.map((ms) => ms.toFixed(1)).join(' ')} ms\n`);
    expect(Math.min(...durationsMs)).toBeLessThan(1000);
  });
});

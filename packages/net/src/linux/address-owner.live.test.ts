// Virtual addresses on real interfaces. Run through packages/lab/bin/in-lab.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { AddressOwner, OwnedAddress } from '../index.js';
import { openAddressOwner } from './address-owner.js';
import { createVethPair, ip, removeVethPair, until, type VethPair } from './veth-pair.fixture.js';

describe('AddressOwner', () => {
  const owner = openAddressOwner();
  let pair: VethPair;

  beforeAll(() => {
    pair = createVethPair(3);
  });
  afterAll(() => {
    owner.close();
    removeVethPair(pair);
  });

  const show = (): string => execFileSync('ip', ['-o', 'address', 'show', 'dev', pair.near], { encoding: 'utf8' });

  test.each([['192.0.2.10', 24], ['2001:db8::10', 64]])('claims and releases %s/%i', (address, prefixLength) => {
    const wanted = { interface: pair.near, address, prefixLength };
    expect(owner.claim(wanted)).toEqual({ ok: true, already: false, ours: true });
    expect(owner.claim(wanted)).toEqual({ ok: true, already: true, ours: true });
    expect(show()).toContain(`${address}/${String(prefixLength)}`);
    expect(owner.list(pair.near)).toContainEqual({ ...wanted, ours: true });
    expect(owner.list()).toContainEqual({ ...wanted, ours: true });
    expect(owner.release(wanted)).toEqual({ ok: true, already: true });
    expect(owner.release(wanted)).toEqual({ ok: true, already: false });
    expect(show()).not.toContain(`${address}/`);
  });

  test('an IPv6 address can be used at once: no duplicate address detection', () => {
    const wanted = { interface: pair.near, address: '2001:db8::11', prefixLength: 64 };
    owner.claim(wanted);
    expect(show()).toContain('nodad');
    expect(show()).not.toContain('tentative');
    owner.release(wanted);
  });

  test('an IPv6 address that is there with another prefix length is refused, an IPv4 one is another address', () => {
    const there = { interface: pair.near, address: '2001:db8::12', prefixLength: 64 };
    owner.claim(there);
    expect(owner.claim({ ...there, prefixLength: 128 })).toEqual({ ok: false, errno: 'EEXIST' });
    owner.release(there);
    const wide = { interface: pair.near, address: '192.0.2.12', prefixLength: 24 };
    owner.claim(wide);
    expect(owner.claim({ ...wide, prefixLength: 32 })).toEqual({ ok: true, already: false, ours: true });
    expect(owner.release({ ...wide, prefixLength: 32 })).toEqual({ ok: true, already: true });
    expect(owner.list(pair.near)).toContainEqual({ ...wide, ours: true });
    owner.release(wide);
  });

  test('a label is set and told, and is not needed to release', () => {
    const wanted = { interface: pair.near, address: '192.0.2.13', prefixLength: 32 };
    expect(owner.claim({ ...wanted, label: `${pair.near}:v` })).toEqual({ ok: true, already: false, ours: true });
    expect(owner.list(pair.near)).toContainEqual({ ...wanted, label: `${pair.near}:v`, ours: true });
    expect(owner.release(wanted)).toEqual({ ok: true, already: true });
  });

  test('somebody else\'s address is listed, claimed as not ours, and can be released all the same', () => {
    const foreign = { interface: pair.near, address: '192.0.2.14', prefixLength: 32 };
    ip('address', 'add', '192.0.2.14/32', 'dev', pair.near);
    expect(owner.claim(foreign)).toEqual({ ok: true, already: true, ours: false });
    expect(owner.list(pair.near)).toContainEqual({ ...foreign, ours: false });
    expect(owner.release(foreign)).toEqual({ ok: true, already: true });
  });

  test('a missing interface: nothing to claim on, nothing to release, nothing to list', () => {
    const nowhere = { interface: 'no-such-link', address: '192.0.2.15', prefixLength: 32 };
    expect(owner.claim(nowhere)).toEqual({ ok: false, errno: 'ENODEV' });
    expect(owner.release(nowhere)).toEqual({ ok: true, already: false });
    expect(owner.list('no-such-link')).toEqual([]);
  });

  test('1,000 addresses are claimed, listed in the kernel\'s order and released', () => {
    const many = Array.from({ length: 1000 }, (_, index) => (
      { interface: pair.far, address: `10.98.${String(index >> 8)}.${String(index & 255)}`, prefixLength: 32 }));
    for (const wanted of many) expect(owner.claim(wanted)).toEqual({ ok: true, already: false, ours: true });
    expect(owner.list(pair.far).slice(1)).toEqual(many.map((wanted) => ({ ...wanted, ours: true })));
    for (const wanted of many) expect(owner.release(wanted)).toEqual({ ok: true, already: true });
  });
});

/** A setting that the kernel does not let us change. */
const refused = (): number => -1;

describe.each([
  ['the kernel promotes secondary addresses', () => openAddressOwner()],
  ['the kernel refuses to promote secondary addresses', () => openAddressOwner(refused)],
])('a release takes nothing else along: %s', (_, open) => {
  let owner: AddressOwner & { close(): void };
  let pair: VethPair;

  beforeEach(() => {
    owner = open();
    pair = createVethPair(7);
    expect(promotion()).toBe('0');
  });
  afterEach(() => {
    owner.close();
    removeVethPair(pair);
  });

  const promotion = (): string =>
    readFileSync(`/proc/sys/net/ipv4/conf/${pair.near}/promote_secondaries`, 'latin1').trim();
  const place = (address: string, label?: string): OwnedAddress =>
    ({ interface: pair.near, address, prefixLength: 24, ...(label === undefined ? {} : { label }) });

  test('the second virtual address of a foreign subnet stays, with label and mark', () => {
    const first = place('203.0.113.10');
    const others = [place('203.0.113.11', `${pair.near}:v`), place('203.0.113.12')];
    for (const address of [first, ...others]) owner.claim(address);
    expect(owner.release(first)).toEqual({ ok: true, already: true });
    expect(owner.list(pair.near).slice(1)).toEqual(others.map((address) => ({ ...address, ours: true })));
    expect(owner.release(first)).toEqual({ ok: true, already: false });
  });

  test('the host\'s own address that came after the virtual one stays as it was', () => {
    const own = ['203.0.113.1/24', 'brd', '203.0.113.255', 'valid_lft', '5000', 'preferred_lft', '4000'];
    const wanted = place('203.0.113.10');
    owner.claim(wanted);
    ip('address', 'add', ...own, 'dev', pair.near);
    expect(owner.release(wanted)).toEqual({ ok: true, already: true });
    expect(owner.list(pair.near)).toContainEqual({ ...place('203.0.113.1'), ours: false });
    const shown = execFileSync('ip', ['address', 'show', 'dev', pair.near], { encoding: 'utf8' });
    expect(shown).toMatch(/203\.0\.113\.1\/24 brd 203\.0\.113\.255 scope global dynamic bt7a/);
    expect(shown).toMatch(/valid_lft (5000|499\d)sec preferred_lft (4000|399\d)sec/);
  });

  test('an interface that was made again, or whose setting was changed, makes no difference', () => {
    owner.claim(place('203.0.113.10'));
    owner.release(place('203.0.113.10'));
    removeVethPair(pair);
    pair = createVethPair(7);
    owner.claim(place('203.0.113.10'));
    owner.claim(place('203.0.113.11'));
    writeFileSync(`/proc/sys/net/ipv4/conf/${pair.near}/promote_secondaries`, '0');
    owner.release(place('203.0.113.10'));
    expect(owner.list(pair.near)).toContainEqual({ ...place('203.0.113.11'), ours: true });
  });
});

describe('where secondary addresses are promoted', () => {
  test('no other address disappears even for a moment, also when somebody else deletes', async () => {
    const pair = createVethPair(7);
    const owner = openAddressOwner();
    const place = (address: string): OwnedAddress => ({ interface: pair.near, address, prefixLength: 24 });
    for (const address of ['203.0.113.10', '203.0.113.11', '203.0.113.12']) owner.claim(place(address));
    const monitor = spawn('ip', ['-o', 'monitor', 'address'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    monitor.stdout.on('data', (text: Buffer) => {
      told += text.toString();
    });
    try {
      await until('the monitor listens', () => {
        ip('address', 'replace', '192.0.2.1/32', 'dev', pair.far);
        return told.includes('192.0.2.1');
      });
      owner.release(place('203.0.113.10'));
      ip('address', 'delete', '203.0.113.11/24', 'dev', pair.near);
      ip('address', 'add', '192.0.2.2/32', 'dev', pair.far);
      await until('the monitor has told everything', () => told.includes('192.0.2.2'));
    } finally {
      monitor.kill();
      owner.close();
      removeVethPair(pair);
    }
    const deleted = told.split('\n').filter((line) => line.startsWith('Deleted'));
    expect(deleted.map((line) => /inet (\S+)/.exec(line)?.[1])).toEqual(['203.0.113.10/24', '203.0.113.11/24']);
  });
});

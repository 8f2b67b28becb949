// Virtual addresses on real interfaces. Run through packages/lab/bin/in-lab.
import { execFileSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { openAddressOwner } from './address-owner.js';
import { createVethPair, ip, removeVethPair, type VethPair } from './veth-pair.fixture.js';

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
    expect(owner.claim(wanted)).toEqual({ ok: true, already: false });
    expect(owner.claim(wanted)).toEqual({ ok: true, already: true });
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
    expect(owner.claim({ ...wide, prefixLength: 32 })).toEqual({ ok: true, already: false });
    expect(owner.release({ ...wide, prefixLength: 32 })).toEqual({ ok: true, already: true });
    expect(owner.list(pair.near)).toContainEqual({ ...wide, ours: true });
    owner.release(wide);
  });

  test('a label is set and told, and is not needed to release', () => {
    const wanted = { interface: pair.near, address: '192.0.2.13', prefixLength: 32 };
    expect(owner.claim({ ...wanted, label: `${pair.near}:v` })).toEqual({ ok: true, already: false });
    expect(owner.list(pair.near)).toContainEqual({ ...wanted, label: `${pair.near}:v`, ours: true });
    expect(owner.release(wanted)).toEqual({ ok: true, already: true });
  });

  test('somebody else\'s address is listed and not ours; it can be released all the same', () => {
    const foreign = { interface: pair.near, address: '192.0.2.14', prefixLength: 32 };
    ip('address', 'add', '192.0.2.14/32', 'dev', pair.near);
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
    for (const wanted of many) expect(owner.claim(wanted)).toEqual({ ok: true, already: false });
    expect(owner.list(pair.far).slice(1)).toEqual(many.map((wanted) => ({ ...wanted, ours: true })));
    for (const wanted of many) expect(owner.release(wanted)).toEqual({ ok: true, already: true });
  });
});

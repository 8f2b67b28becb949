// What a daemon remembers of the addresses that it may put on the host, and what its next life makes of it.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepPlaces, keepsMarks, placesOf, readPlaces, type AddressPlace } from './address-record.js';
import { dualRouter, FakeHost, router, VIP, VIPS6 } from './fixtures.js';
import { removeAbandoned } from './leftovers.js';
import { Notices } from './notices.js';

const KEPT: AddressPlace = { interface: 'eth0', address: VIP, prefixLength: 24 };

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'baton-record-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('the record of addresses', () => {
  test('gives back what was kept last, and leaves no draft', () => {
    keepPlaces(directory, [KEPT, { ...KEPT, interface: 'eth1' }]);
    keepPlaces(directory, [KEPT]);
    expect(readPlaces(directory)).toEqual({ ok: true, places: [KEPT] });
    expect(readdirSync(directory)).toEqual(['addresses.json']);
  });

  test('is empty where nothing was kept', () => {
    expect(readPlaces(directory)).toEqual({ ok: true, places: [] });
  });

  test.each([
    '', '[', '{}', 'null', '[1]', '[{"interface":"eth0"}]', '[{"interface":"eth0","address":"x","prefixLength":24}]',
    '[{"interface":"eth0","address":"10.9.0.100","prefixLength":"24"}]', '\u0000\u0001',
  ])('that holds %j is not used, and is said to be so', (text) => {
    writeFileSync(join(directory, 'addresses.json'), text);
    expect(readPlaces(directory)).toMatchObject({ ok: false });
  });

  test('names all that a router may hold, in its place; not what an owner has or a virtual link', () => {
    const extraAddresses = [{ address: '10.8.0.1', prefixLength: 32, interface: 'eth1' }];
    const onEth1 = { interface: 'eth1', address: '10.8.0.1', prefixLength: 32 };
    const [first, second] = dualRouter().families;
    const dual = { ...dualRouter(), families: [{ ...first, extraAddresses }, second ?? first] } as const;
    const ipv6 = VIPS6.map((address) => ({ interface: 'eth0', address, prefixLength: 64 }));
    expect(placesOf([dual])).toEqual([KEPT, onEth1, ...ipv6]);
    expect(placesOf([{ ...dual, virtualMac: true }])).toEqual([onEth1]);
    expect(placesOf([router({ priority: 255 })])).toEqual([]);
  });
});

test.each([['5.17.9', false], ['5.18.0-rc1', true], ['6.1.0-13-amd64', true], ['4.19.0', false]])(
  'a kernel %s keeps marks: %s',
  (release, keeps) => {
    expect(keepsMarks(release)).toBe(keeps);
  },
);

describe('an address that a past life has left', () => {
  function removedFrom(
    held: FakeHost['held'],
    change: { readonly configured?: readonly AddressPlace[]; readonly marks?: boolean } = {},
  ): readonly string[] {
    const host = new FakeHost();
    host.held.push(...held);
    const { configured = [], marks = true } = change;
    removeAbandoned({ kept: [KEPT], configured, keepsMarks: marks }, host.ports, new Notices(host.ports));
    expect(host.notices()).toEqual(host.calls.map(() => 'abandoned-address-removed'));
    return host.takeCalls();
  }
  const own = { interface: 'eth0', address: '10.9.0.1', prefixLength: 24, ours: false };

  test('and that is not configured any more is taken off', () => {
    expect(removedFrom([{ ...KEPT, ours: true }])).toEqual([`release ${VIP}`]);
  });

  test('stays when it is configured, without our mark, on another interface or with another length', () => {
    expect(removedFrom([{ ...KEPT, ours: true }], { configured: [KEPT] })).toEqual([]);
    expect(removedFrom([own, { ...KEPT, ours: false }])).toEqual([]);
    expect(removedFrom([{ ...KEPT, ours: true, interface: 'eth1' }])).toEqual([]);
    expect(removedFrom([{ ...KEPT, ours: true, prefixLength: 32 }])).toEqual([]);
  });

  test('is believed where the kernel keeps no marks, unless it is the only address of its interface', () => {
    expect(removedFrom([own, { ...KEPT, ours: false }], { marks: false })).toEqual([`release ${VIP}`]);
    expect(removedFrom([{ ...KEPT, ours: false }], { marks: false })).toEqual([]);
  });
});

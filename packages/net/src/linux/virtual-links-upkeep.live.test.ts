// How virtual links come, are found again and go. Run through packages/lab/bin/in-lab.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { interfaceIndex } from '@baton/linux';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { virtualLinkName, virtualMac, type VirtualLink } from '../virtual-link.js';
import { createVethPair, ip, readText, removeVethPair, until, type VethPair } from './veth-pair.fixture.js';
import { openVirtualLinks } from './virtual-links.js';

const OK = { ok: true };

let links: ReturnType<typeof openVirtualLinks>;
let pair: VethPair;

beforeEach(() => {
  links = openVirtualLinks('baton one');
  pair = createVethPair(8);
});
afterEach(() => {
  links.close();
  removeVethPair(pair);
});

function describeLink(vrid: number, family: 4 | 6): VirtualLink {
  const name = virtualLinkName(vrid, family, interfaceIndex(pair.near));
  return { parent: pair.near, name, mac: virtualMac(vrid, family), family };
}
const show = (name: string): string => readText('ip', '-d', 'link', 'show', name);
const setting = (family: 4 | 6, name: string, key: string): string =>
  readFileSync(`/proc/sys/net/ipv${String(family)}/conf/${name}/${key}`, 'latin1').trim();

describe('ensure', () => {
  test('makes a link that is off, has the virtual MAC and carries the mark; again it changes nothing', () => {
    const link = describeLink(51, 4);
    expect(links.ensure(link)).toEqual(OK);
    const made = show(link.name);
    expect(made).toMatch(/state DOWN .*00:00:5e:00:01:33 .*macvlan mode bridge .*alias baton one/s);
    expect(made).not.toContain(',UP');
    expect(links.list()).toEqual([link]);
    expect(links.ensure(link)).toEqual(OK);
    expect(show(link.name)).toBe(made);
  });

  test('leaves a link on that was activated, and switches off one that somebody else switched on', () => {
    const [first, second] = [describeLink(51, 4), describeLink(52, 4)];
    for (const link of [first, second]) expect(links.ensure(link)).toEqual(OK);
    expect(links.activate(first)).toEqual(OK);
    ip('link', 'set', second.name, 'up');
    for (const link of [first, second]) expect(links.ensure(link)).toEqual(OK);
    expect(show(first.name)).toContain(',UP');
    expect(show(second.name)).not.toContain(',UP');
  });

  test('switches a link on again that was activated and that somebody else switched off', () => {
    const link = describeLink(51, 4);
    links.ensure(link);
    links.activate(link);
    ip('link', 'set', link.name, 'down');
    expect(links.ensure(link)).toEqual(OK);
    expect(show(link.name)).toContain(',UP');
  });

  test('adopts a link that a dead process left on, without making it anew, and switches it off', () => {
    const link = describeLink(51, 6);
    const dead = openVirtualLinks('baton one');
    dead.ensure(link);
    dead.activate(link);
    dead.close();
    const index = interfaceIndex(link.name);
    expect(links.list()).toEqual([link]);
    expect(links.ensure(link)).toEqual(OK);
    expect(interfaceIndex(link.name)).toBe(index);
    expect(show(link.name)).not.toContain(',UP');
    expect(links.activate(link)).toEqual(OK);
  });

  test.each([
    ['its MAC', ['address', '02:00:00:00:00:99']], ['its mode', ['type', 'macvlan', 'mode', 'private']],
  ])('makes a link of ours anew when %s is wrong', (_, change) => {
    const link = describeLink(51, 4);
    links.ensure(link);
    ip('link', 'set', link.name, ...change);
    expect(links.ensure(link)).toEqual(OK);
    expect(show(link.name)).toMatch(/00:00:5e:00:01:33 .*macvlan mode bridge .*alias baton one/s);
  });

  test('puts right what belongs to the link: settings of IPv4 on it and on its parent', () => {
    const link = describeLink(51, 4);
    links.ensure(link);
    ip('link', 'set', link.name, 'up');
    const onLink = ['arp_ignore', 'arp_announce', 'rp_filter'].map((key) => setting(4, link.name, key));
    expect(onLink).toEqual(['1', '2', '2']);
    expect(['arp_ignore', 'arp_announce'].map((key) => setting(4, pair.near, key))).toEqual(['1', '2']);
    expect(setting(6, link.name, 'disable_ipv6')).toBe('1');
  });

  test('and of IPv6; the parent of an IPv6 link needs none', () => {
    const link = describeLink(51, 6);
    links.ensure(link);
    expect(['addr_gen_mode', 'accept_ra', 'autoconf', 'accept_dad', 'disable_ipv6'].map((key) =>
      setting(6, link.name, key))).toEqual(['1', '0', '0', '0', '0']);
    expect(['arp_ignore', 'arp_announce'].map((key) => setting(4, pair.near, key))).toEqual(['0', '0']);
  });

  test('makes the link again when its parent was made again, with which it had gone', () => {
    const old = describeLink(51, 4);
    links.ensure(old);
    links.activate(old);
    removeVethPair(pair);
    expect(interfaceIndex(old.name)).toBeLessThan(0);
    expect(links.activate(old)).toEqual({ ok: false, errno: 'ENODEV' });
    expect(links.ensure(old)).toEqual({ ok: false, errno: 'ENODEV' });
    pair = createVethPair(8);
    const link = describeLink(51, 4);
    expect(link.name).not.toBe(old.name);
    expect(links.ensure(link)).toEqual(OK);
    expect(links.activate(link)).toEqual(OK);
    expect(links.remove(old)).toEqual(OK);
    expect(links.list()).toEqual([link]);
  });
});

describe('deactivate', () => {
  test('switches links off one by one, and all of them before the object is closed', async () => {
    const all = [51, 52, 53].map((vrid) => describeLink(vrid, 4));
    const other = openVirtualLinks('baton one');
    const on = (): number => all.filter(({ name }) => show(name).includes(',UP')).length;
    for (const link of all) {
      expect(other.ensure(link)).toEqual(OK);
      expect(other.activate(link)).toEqual(OK);
    }
    for (const link of all) expect(other.deactivate(link)).toEqual(OK);
    expect(on()).toBe(3);
    await until('the first to be off', () => on() < 3);
    expect(on()).toBeGreaterThan(0);
    other.close();
    expect(on()).toBe(0);
  });
});

describe('what is not ours', () => {
  test.each([
    ['an interface of another kind', ['type', 'bridge']],
    ['a macvlan without our mark', ['address', '00:00:5e:00:01:33', 'type', 'macvlan', 'mode', 'bridge']],
  ])('%s that has the name is refused and left alone', (_, words) => {
    const link = describeLink(51, 4);
    const parent = words.includes('macvlan') ? ['link', pair.near] : [];
    ip('link', 'add', ...parent, 'name', link.name, ...words);
    ip('link', 'set', link.name, 'up');
    const index = interfaceIndex(link.name);
    expect(links.ensure(link)).toEqual({ ok: false, errno: 'EEXIST' });
    expect(links.activate(link)).toEqual({ ok: false, errno: 'ENODEV' });
    expect(links.deactivate(link)).toEqual({ ok: false, errno: 'ENODEV' });
    expect(links.remove(link)).toEqual({ ok: false, errno: 'EEXIST' });
    expect(links.list()).toEqual([]);
    expect(interfaceIndex(link.name)).toBe(index);
    expect(show(link.name)).toMatch(/[<,]UP[,>]/);
    expect(show(link.name)).not.toContain('alias');
    ip('link', 'delete', link.name);
  });

  test('a link of another daemon is not listed, and cannot be taken', () => {
    const other = openVirtualLinks('baton two');
    const link = describeLink(51, 4);
    expect(other.ensure(link)).toEqual(OK);
    expect(links.list()).toEqual([]);
    expect(links.ensure(link)).toEqual({ ok: false, errno: 'EEXIST' });
    other.close();
  });

  test('the MAC in use by somebody else\'s macvlan on the parent: refused when it is switched on', () => {
    const link = describeLink(51, 4);
    ip('link', 'add', 'link', pair.near, 'name', 'other', 'address', link.mac, 'type', 'macvlan', 'mode', 'bridge');
    ip('link', 'set', 'other', 'up');
    links.ensure(link);
    // Kernels differ in which of the two they say.
    expect(links.activate(link)).toMatchObject({ ok: false, errno: expect.stringMatching(/^(EADDRINUSE|EBUSY)$/) });
    ip('link', 'delete', 'other');
    expect(links.activate(link)).toEqual(OK);
  });
});

describe('remove', () => {
  test('takes the link off, and gives the parent back its settings with the last one', () => {
    const [first, second] = [describeLink(51, 4), describeLink(52, 4)];
    ip('link', 'set', pair.near, 'up');
    for (const link of [first, second]) links.ensure(link);
    expect(links.remove(first)).toEqual(OK);
    expect(setting(4, pair.near, 'arp_ignore')).toBe('1');
    expect(links.remove(second)).toEqual(OK);
    expect(['arp_ignore', 'arp_announce'].map((key) => setting(4, pair.near, key))).toEqual(['0', '0']);
    expect(links.list()).toEqual([]);
    expect(links.remove(second)).toEqual(OK);
  });

  test('takes off what a dead process left', () => {
    const dead = openVirtualLinks('baton one');
    dead.ensure(describeLink(51, 4));
    dead.close();
    for (const link of links.list()) expect(links.remove(link)).toEqual(OK);
    expect(links.list()).toEqual([]);
  });
});

describe('refusals', () => {
  test('a parent that cannot carry a macvlan: what the kernel says', () => {
    ip('link', 'add', 'br8', 'type', 'bridge');
    ip('link', 'set', pair.near, 'master', 'br8');
    expect(links.ensure(describeLink(51, 4))).toEqual({ ok: false, errno: 'EBUSY' });
    ip('link', 'delete', 'br8');
  });

  test('without CAP_NET_ADMIN: EPERM, and nothing is made', () => {
    const link = describeLink(51, 4);
    const program = `import(${JSON.stringify(join(process.cwd(), 'packages/net/dist/linux/index.js'))}).then((net) =>
      console.log(JSON.stringify(net.openVirtualLinks().ensure(${JSON.stringify(link)}))))`;
    const child = spawnSync('setpriv', ['--bounding-set', '-net_admin', process.execPath, '-e', program]);
    expect(child.stdout.toString()).toBe('{"ok":false,"errno":"EPERM"}\n');
    expect(interfaceIndex(link.name)).toBeLessThan(0);
  });
});

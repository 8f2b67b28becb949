// Routes on real interfaces. Run through packages/lab/bin/in-lab.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import type { OwnedRoute } from '../index.js';
import { openAddressOwner } from './address-owner.js';
import { openRouteOwner } from './route-owner.js';
import { createVethPair, ip, readText, removeVethPair, type VethPair } from './veth-pair.fixture.js';

const CLAIMED = { ok: true, already: false, ours: true };

describe('RouteOwner', () => {
  const owner = openRouteOwner();
  let pair: VethPair;

  beforeAll(() => {
    pair = createVethPair(9);
    ip('address', 'add', '2001:db8:9::1/64', 'dev', pair.near, 'nodad');
  });
  afterEach(() => {
    for (const route of owner.list()) owner.release(route);
  });
  afterAll(() => {
    owner.close();
    removeVethPair(pair);
  });

  const show = (family: 4 | 6, table = '254'): string =>
    readText('ip', `-${String(family)}`, 'route', 'show', 'table', table);
  const to = (address: string, prefixLength: number): Pick<OwnedRoute, 'to' | 'table'> =>
    ({ to: { address, prefixLength }, table: 254 });

  test.each([
    ['IPv4 via a gateway', 4, { ...to('198.51.100.0', 24), via: '10.99.9.254' }, '198.51.100.0/24 via 10.99.9.254'],
    ['the IPv4 default route', 4, { ...to('0.0.0.0', 0), via: '10.99.9.254' }, 'default via 10.99.9.254'],
    ['IPv6 via a gateway', 6, { ...to('2001:db8:a::', 48), via: '2001:db8:9::fe' },
      '2001:db8:a::/48 via 2001:db8:9::fe'],
    ['the IPv6 default route', 6, { ...to('::', 0), via: '2001:db8:9::fe' }, 'default via 2001:db8:9::fe'],
  ] as const)('claims, lists and releases %s', (_, family, route, shown) => {
    expect(owner.claim(route)).toEqual(CLAIMED);
    expect(show(family)).toContain(`${shown} dev bt9a proto 112`);
    expect(owner.list()).toEqual([{ ...route, interface: 'bt9a' }]);
    expect(owner.claim(route)).toEqual({ ...CLAIMED, already: true });
    expect(owner.release(route)).toEqual({ ok: true, already: true });
    expect(owner.release(route)).toEqual({ ok: true, already: false });
    expect(show(family)).not.toContain('proto 112');
  });

  test.each([4, 6] as const)('IPv%i by an interface alone, in a table of its own', (family) => {
    const prefix = family === 4 ? to('198.51.100.0', 24) : to('2001:db8:a::', 48);
    const route = { ...prefix, interface: pair.near, table: 1000 };
    expect(owner.claim(route)).toEqual(CLAIMED);
    expect(show(family, '1000')).toContain('dev bt9a proto 112');
    expect(owner.list()).toEqual([route]);
    expect(owner.claim(route)).toEqual({ ...CLAIMED, already: true });
    expect(owner.release(route)).toEqual({ ok: true, already: true });
  });

  test('via a gateway that only the virtual address makes reachable: refused before it is there, then taken', () => {
    const addresses = openAddressOwner();
    const vip = { interface: pair.near, address: '203.0.113.10', prefixLength: 24 };
    const route = { ...to('198.51.100.0', 24), via: '203.0.113.1' };
    expect(owner.claim(route)).toEqual({ ok: false, errno: 'ENETUNREACH' });
    addresses.claim(vip);
    expect(owner.claim(route)).toEqual(CLAIMED);
    addresses.release(vip);
    addresses.close();
    expect(owner.release(route)).toMatchObject({ ok: true });
  });

  test('one of ours is led another way', () => {
    const route = { ...to('198.51.100.0', 24), via: '10.99.9.253' };
    owner.claim(route);
    expect(owner.claim({ ...route, via: '10.99.9.254' })).toEqual(CLAIMED);
    expect(owner.list()).toEqual([{ ...route, via: '10.99.9.254', interface: 'bt9a' }]);
  });

  test.each([
    [4, { ...to('198.51.100.0', 24), via: '10.99.9.253' }, '10.99.9.254'],
    [6, { ...to('2001:db8:a::', 48), via: '2001:db8:9::fd' }, '2001:db8:9::fe'],
  ] as const)('an IPv%i route of somebody else is never changed nor taken', (family, route, elsewhere) => {
    const words = [`${route.to.address}/${String(route.to.prefixLength)}`, 'via'];
    ip('route', 'add', ...words, elsewhere);
    expect(owner.claim(route)).toEqual({ ok: false, errno: 'EEXIST' });
    expect(owner.claim({ ...route, via: elsewhere })).toEqual({ ok: true, already: true, ours: false });
    expect(owner.release({ ...route, via: elsewhere })).toEqual({ ok: true, already: false });
    expect(owner.list()).toEqual([]);
    expect(show(family)).toContain(`via ${elsewhere} dev bt9a`);
    ip('route', 'delete', ...words, elsewhere);
  });

  test('somebody\'s route to the same place with another metric stays beside ours', () => {
    ip('route', 'add', 'default', 'via', '10.99.9.254', 'metric', '100');
    const route = { ...to('0.0.0.0', 0), via: '10.99.9.253' };
    expect(owner.claim(route)).toEqual(CLAIMED);
    expect(owner.release({ ...route, via: '10.99.9.254' })).toEqual({ ok: true, already: false });
    expect(owner.release(route)).toEqual({ ok: true, already: true });
    expect(show(4)).toContain('default via 10.99.9.254 dev bt9a metric 100');
    ip('route', 'delete', 'default');
  });

  test('what a dead process left is listed and can be released', () => {
    const dead = openRouteOwner();
    const route = { ...to('198.51.100.0', 24), via: '10.99.9.254', interface: pair.near };
    dead.claim(route);
    dead.close();
    expect(owner.list()).toEqual([route]);
    for (const left of owner.list()) expect(owner.release(left)).toEqual({ ok: true, already: true });
    expect(owner.list()).toEqual([]);
  });

  test('what cannot be: a gateway of the other family, a missing interface, a host\'s bits in the destination', () => {
    expect(owner.claim({ ...to('198.51.100.0', 24), via: '2001:db8:9::fe' })).toEqual({ ok: false, errno: 'EINVAL' });
    const nowhere = { ...to('198.51.100.0', 24), interface: 'no-such-link' };
    expect(owner.claim(nowhere)).toEqual({ ok: false, errno: 'ENODEV' });
    expect(owner.release(nowhere)).toEqual({ ok: true, already: false });
    expect(owner.claim({ ...to('198.51.100.1', 24), via: '10.99.9.254' })).toEqual({ ok: false, errno: 'EINVAL' });
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { NameHolder, NameLock } from '@baton/linux';
import { DEFAULT_RULES, type VirtualRouterParameters } from '@baton/vrrp';
import type { RouterConfiguration } from './messages.js';
import { RouterLocks } from './router-locks.js';

const WEB = 'baton/eth0/51/ipv4';
const WEB6 = 'baton/eth0/51/ipv6';
const INSIDE = 'baton/eth1/51/ipv4';

/** A host on which others may hold names; undefined: bound, but nobody listens. */
let others: Map<string, NameHolder | undefined>;
let held: Set<string>;
let contested: string[];
/** The kernel refuses to lock it. */
let refused: string | undefined;
let locks: RouterLocks;
beforeEach(() => {
  others = new Map();
  held = new Set();
  contested = [];
  refused = undefined;
  locks = new RouterLocks(lock, (name, holder) => {
    contested.push(`${name} ${String(holder?.uid)}`);
  });
});

function lock(name: string): NameLock {
  if (name === refused) throw new Error(`cannot lock the name ${name}: EMFILE`);
  if (others.has(name)) return { ok: false, holder: others.get(name) };
  held.add(name);
  return { ok: true, release: () => held.delete(name) };
}

function family(interfaceName: string, number: 4 | 6): VirtualRouterParameters {
  return {
    name: 'web',
    interface: interfaceName,
    vrid: 51,
    version: 3,
    family: number,
    priority: 100,
    advertIntervalMs: 1000,
    preemptMode: true,
    addresses: [],
    preemptDelayMs: 0,
    startupDelayMs: 0,
    checksum: 'auto',
    announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 },
    rules: DEFAULT_RULES,
  };
}

function router(...families: RouterConfiguration['families']): RouterConfiguration {
  return {
    name: 'web',
    families,
    epochFloor: 0,
    sourceAddresses: {},
    virtualMac: false,
    acceptMode: true,
    routes: [],
  };
}

const web = router(family('eth0', 4), family('eth0', 6));
const inside = router(family('eth1', 4));

describe('the locks of virtual routers', () => {
  test('are as before when the kernel refuses one, and the reload is refused with its reason', () => {
    locks.reserve([web]).keep();
    refused = INSIDE;
    const message: unknown = expect.stringContaining('EMFILE');
    const error = expect.objectContaining({ code: 'ERR_ENGINE_ROUTER_LOCK', message });
    expect(() => locks.reserve([web, inside])).toThrow(error);
    expect([...held]).toEqual([WEB, WEB6]);
  });

  test('are held for every interface, VRID and family, and let go with the routers', () => {
    locks.reserve([web, inside]).keep();
    expect([...held]).toEqual([WEB, WEB6, INSIDE]);
    locks.reserve([router(family('eth0', 4))]).keep();
    expect([...held]).toEqual([WEB]);
  });

  test('are as before when the configuration is refused', () => {
    locks.reserve([inside]).keep();
    const reservation = locks.reserve([web]);
    expect([...held]).toEqual([INSIDE, WEB, WEB6]);
    reservation.undo();
    expect([...held]).toEqual([INSIDE]);
  });

  test.each([
    ['of this user', { pid: 4711, uid: process.geteuid?.() ?? 0 }, 'process 4711'],
    ['of root', { pid: 4711, uid: 0 }, 'process 4711'],
    ['that cannot be seen', { pid: undefined, uid: 0 }, 'in another container'],
  ])('refuse a router that another daemon %s runs, name it, and take nothing', (_, holder, who) => {
    others.set(WEB6, holder);
    expect(() => locks.reserve([inside, web])).toThrow(`another Baton daemon runs VRID 51 on eth0 (IPv6): ${who}`);
    expect([...held]).toEqual([]);
  });

  test.each([
    ['of another user', { pid: 4711, uid: 12_345 }, '12345'],
    ['of somebody who does not listen', undefined, 'undefined'],
  ])('cannot be used to keep a router from running: a holder %s is told and passed over', (_, holder, uid) => {
    others.set(WEB, holder);
    locks.reserve([web]).keep();
    expect([...held]).toEqual([WEB6]);
    expect(contested).toEqual([`${WEB} ${uid}`]);
  });
});

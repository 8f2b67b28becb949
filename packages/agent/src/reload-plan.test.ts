import { describe, expect, test } from '@jest/globals';
import type { Configuration, RouterSettings } from '@baton/config';
import { Machine, settings } from './machine.fixture.js';
import { planReload } from './reload-plan.js';

const machine = new Machine();
const [FAMILY] = settings('web').families;

function file(change: Partial<RouterSettings> = {}, rest: Partial<Configuration> = {}): Configuration {
  return { ...machine.configuration([]), routers: [{ ...settings('web'), ...change }], ...rest };
}

function plan(before: Configuration, after: Configuration): readonly string[] {
  return planReload(before, after).map(({ what, effect }) => `${what}; ${effect}`);
}

describe('the plan of a reload', () => {
  test('of the same file is empty', () => {
    expect(planReload(file(), file())).toEqual([]);
  });

  test('names the addresses that come and go, and what that interrupts', () => {
    const addresses = [{ address: '192.0.2.11', prefixLength: 24 }];
    expect(plan(file(), file({ families: [{ ...FAMILY, addresses }] }))).toEqual([
      'removes 192.0.2.10/24 from web; interrupts', 'adds 192.0.2.11/24 to web; no interruption',
    ]);
  });

  test.each([
    ['interface', 'eth1', 'interface eth0 becomes eth1'],
    ['vrid', 52, 'vrid 51 becomes 52'],
    ['version', 2, 'version 3 becomes 2'],
  ] as const)('restarts a router whose %s changes', (key, value, cause) => {
    expect(plan(file(), file({ families: [{ ...FAMILY, [key]: value }] }))).toEqual([
      `restarts web: ${cause}; interrupts`,
    ]);
  });

  test('restarts a router that gets a virtual MAC', () => {
    expect(plan(file(), file({ virtualMac: true }))).toEqual(['restarts web: virtual_mac becomes true; interrupts']);
  });

  test('names the keys that a router takes over while it runs', () => {
    const family = { ...FAMILY, priority: 150, advertIntervalMs: 500, preemptMode: false, preemptDelayMs: 1 };
    expect(plan(file(), file({ families: [family], acceptMode: false }))).toEqual([
      'changes web: priority 200 becomes 150; no interruption',
      'changes web: advert_interval 1000 ms becomes 500 ms; no interruption',
      'changes web: preempt becomes false; no interruption', 'changes web: accept changes; no interruption',
      'changes web: other keys change; no interruption',
    ]);
  });

  test('starts what is new, stops what is gone, and names what concerns the whole node', () => {
    const other: RouterSettings = settings('mail');
    expect(plan(file(), file({}, { routers: [other], hooks: [], observe: true }))).toEqual([
      'stops web: it is no longer configured; interrupts', 'starts mail; no interruption',
      'hooks changes; no interruption', 'observe changes; no interruption',
    ]);
  });
});

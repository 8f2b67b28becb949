// How late a process is, and for which lateness a master steps down.

import { describe, expect, test } from '@jest/globals';
import { VirtualRouter } from '@baton/vrrp';
import { FakeHost, MASTER_DOWN_MS, OWN, parameters, router } from './fixtures.js';
import { canOutsleepPeers, hasOutsleptItsPeers, latenessMs } from './stall.js';

describe('lateness', () => {
  test.each([
    ['nothing was planned', 5000, undefined, 0, 0],
    ['the deadline is still to come', 5000, 6000, 0, 0],
    ['the engine rested when the deadline came', 5000, 4000, 3000, 1000],
    ['the deadline came while the engine worked: only the rest counts', 5000, 4000, 4900, 100],
    ['the engine worked until now', 5000, 4000, 5000, 0],
  ])('when %s', (_what, now, deadline, restingSince, expected) => {
    expect(latenessMs(now, deadline, restingSince)).toBe(expected);
  });

  test('of two intervals is what a master may have, and not more', () => {
    const master = new VirtualRouter(parameters({ priority: 255 }), { epochFloor: 0 });
    master.handle({ kind: 'address-changed', primaryAddress: OWN }, 0);
    master.handle({ kind: 'startup' }, 0);
    expect(hasOutsleptItsPeers(master, 3000, 0)).toBe(false);
    expect(hasOutsleptItsPeers(master, 3000.001, 0)).toBe(true);
    // Work after the deadline was planned is no sleep.
    expect(hasOutsleptItsPeers(master, 3500, 1500)).toBe(false);
  });

  test('that no master can have is not looked for in each', () => {
    expect(canOutsleepPeers(20)).toBe(false);
    expect(canOutsleepPeers(20.001)).toBe(true);
  });
});

test('a master whose deadline passed while the engine worked for another router is no sleeper', () => {
  const other = [{ address: '10.9.0.101', prefixLength: 24 }];
  const host = new FakeHost();
  host.engine.configure(1, [
    router({ advertIntervalMs: 10, priority: 200 }),
    router({ name: 'mail', vrid: 8, advertIntervalMs: 100, addresses: other }),
  ]);
  host.runUntil(host.now + 100);
  expect(host.engine.snapshotRouters().map(({ state }) => state)).toEqual(['master', 'backup']);
  host.costOfClaimMs = 60;
  host.runUntil(host.now + MASTER_DOWN_MS);
  expect(host.engine.snapshotRouters().map(({ state }) => state)).toEqual(['master', 'master']);
  expect(host.calls.filter((call) => call.includes('woke-from-stall'))).toEqual([]);
  expect(host.engine.snapshotEngine().stallMs).toBe(0);
});

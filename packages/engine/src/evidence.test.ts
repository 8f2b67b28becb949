// What the agent is told a transition rests on.

import { describe, expect, test } from '@jest/globals';
import { advert, FakeHost, MASTER_DOWN_MS, OWN, PEER, router, VIP } from './fixtures.js';
import type { TransitionEvidence } from './messages.js';

/** Skew_Time of priority 100 at 1 s. */
const SKEW_MS = 609.375;
const ETH0 = { family: 4, interface: 'eth0' };

function evidence(host: FakeHost): TransitionEvidence | undefined {
  const last = host.messages.findLast(({ type }) => type === 'state-changed');
  return last?.type === 'state-changed' ? last.evidence : undefined;
}

function backupHost(): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [router()]);
  return host;
}

describe('the evidence of a transition', () => {
  test('of a first mastership is the timer that the router itself has set, and nobody heard', () => {
    const host = backupHost();
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(evidence(host)).toEqual({
      ...ETH0,
      timer: {
        armedBy: 'entry',
        armedAgoMs: MASTER_DOWN_MS,
        intervalMs: MASTER_DOWN_MS,
        skewTimeMs: SKEW_MS,
        masterAdvertIntervalMs: 1000,
      },
    });
  });

  test('of a takeover names the advertisement heard last and how long ago, whatever the wall clock did', () => {
    const host = backupHost();
    host.sleep(500);
    host.deliver(advert(200));
    host.wallClockMs = 3_600_000;
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(evidence(host)).toMatchObject({
      timer: { armedBy: 'advertisement', armedAgoMs: MASTER_DOWN_MS },
      heard: { address: PEER, priority: 200, advertIntervalMs: 1000, agoMs: MASTER_DOWN_MS },
    });
  });

  test('of a takeover after a resignation is the skew time, and priority 0', () => {
    const host = backupHost();
    host.deliver(advert(200));
    host.deliver(advert(0));
    host.runUntil(host.now + SKEW_MS);
    expect(evidence(host)).toMatchObject({
      timer: { armedBy: 'resignation', intervalMs: SKEW_MS },
      heard: { priority: 0, agoMs: SKEW_MS },
    });
  });

  test('of a master that yields is the better advertisement, just now, and no timer', () => {
    const host = backupHost();
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.deliver(advert(200));
    expect(evidence(host)).toEqual({
      ...ETH0,
      heard: { address: PEER, priority: 200, advertIntervalMs: 1000, agoMs: 0 },
    });
  });

  test('of a refused claim names address and error; the timer is that of the backup it was', () => {
    const host = backupHost();
    host.refuseClaims = true;
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(evidence(host)).toMatchObject({
      timer: { armedBy: 'entry' },
      refusal: { address: VIP, interface: 'eth0', errno: 'EACCES' },
    });
  });

  test('of an address that was taken off too often names no refusal of before', () => {
    const host = backupHost();
    host.refuseClaims = true;
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.refuseClaims = false;
    host.runUntil(host.now + 60_000);
    expect(host.engine.snapshotRouters()[0]?.state).toBe('master');
    for (let count = 0; count < 4; count += 1) host.changeLink({ addresses: [{ address: OWN, prefixLength: 24 }] });
    expect(host.engine.snapshotRouters()[0]?.state).toBe('fault');
    expect(evidence(host)?.refusal).toBeUndefined();
  });

  test('of a master that slept is how long', () => {
    const host = backupHost();
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.sleep(7000);
    host.fireTimer();
    expect(evidence(host)).toEqual({ ...ETH0, stalledMs: 6000 });
  });
});

test.each([3_600_000, -3_600_000])('D17: a wall clock that is set by %d ms moves no deadline', (stepMs) => {
  const host = backupHost();
  host.deliver(advert(200));
  const { armedAt } = host;
  host.wallClockMs += stepMs;
  host.deliver(advert(200));
  expect(host.armedAt).toBe(armedAt);
  host.runUntil(host.now + MASTER_DOWN_MS - 1);
  expect(host.engine.snapshotRouters()[0]?.state).toBe('backup');
  host.wallClockMs -= 2 * stepMs;
  host.runUntil(host.now + 1);
  expect(host.engine.snapshotRouters()[0]?.state).toBe('master');
});

test('the message to the agent is put together after the first announcement', () => {
  const host = backupHost();
  host.takeCalls();
  host.runUntil(host.now + MASTER_DOWN_MS);
  expect(host.takeCalls().at(-2)).toBe(`announce ${VIP} x5`);
});

// How long addresses are let live, and when that is renewed.

import { describe, expect, test } from '@jest/globals';
import { advert, dualRouter, FakeHost, MASTER_DOWN_MS, router, VIP, VIPS6 } from './fixtures.js';
import type { RouterConfiguration } from './messages.js';

const RENEWAL = `renew ${VIP} for 4 s`;
const leased = (change: Parameters<typeof router>[0] = {}): RouterConfiguration =>
  router({ leaseSeconds: 4, announce: { count: 1, delayMs: 0, delayedCount: 0, refreshMs: 0 }, ...change });
const fast = leased({ advertIntervalMs: 100, leaseSeconds: 1 });

function master(configuration: RouterConfiguration, patienceMs = MASTER_DOWN_MS): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [configuration]);
  host.runUntil(host.now + patienceMs);
  expect(host.takeCalls()).toContain(`claim ${VIP}${configuration === fast ? ' for 1 s' : ' for 4 s'}`);
  return host;
}

describe('the lease of a master', () => {
  test('is renewed right after each advertisement at 1 s', () => {
    const host = master(leased());
    host.runUntil(host.now + 1000);
    host.takeCalls();
    host.runUntil(host.now + 2000);
    expect(host.takeCalls()).toEqual(['send priority 100', RENEWAL, 'send priority 100', RENEWAL]);
  });

  test('is renewed beside every sixth advertisement at 100 ms', () => {
    const host = master(fast, MASTER_DOWN_MS / 10);
    host.runUntil(host.now + 3000);
    const calls = host.takeCalls();
    const sentBefore = calls.flatMap((call, index) =>
      call.startsWith('renew') ? [calls.slice(0, index).filter((each) => each.startsWith('send')).length] : [],
    );
    expect(sentBefore).toEqual([6, 12, 18, 24, 30]);
  });

  test('is that of both families and of what is not advertised', () => {
    const host = new FakeHost();
    const extra = { extraAddresses: [{ address: '10.9.0.200', prefixLength: 32 }] };
    const [first, second] = dualRouter({ leaseSeconds: 4 }).families;
    const families = [{ ...first, ...extra }, { ...first, ...second }] as const;
    host.engine.configure(1, [{ ...dualRouter(), families }]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.runUntil(host.now + 1000);
    expect(host.takeCalls().filter((call) => call.startsWith('renew'))).toEqual(
      [VIP, '10.9.0.200', ...VIPS6].map((address) => `renew ${address} for 4 s`),
    );
  });

  test('is not renewed after it has become backup', () => {
    const host = master(leased());
    host.deliver(advert(200));
    host.takeCalls();
    host.runUntil(host.now + 3000);
    expect(host.takeCalls()).toEqual([]);
  });

  test('is none for an address owner, nor for what somebody else had put there', () => {
    const owner = new FakeHost();
    owner.engine.configure(1, [leased({ priority: 255 })]);
    expect(owner.takeCalls()).toContain(`claim ${VIP}`);
    owner.runUntil(owner.now + 3000);
    expect(owner.takeCalls().filter((call) => call.startsWith('renew'))).toEqual([]);
    const host = new FakeHost();
    host.foreign.add(VIP);
    host.engine.configure(1, [leased()]);
    host.runUntil(host.now + MASTER_DOWN_MS + 3000);
    expect(host.takeCalls().filter((call) => call.startsWith('renew'))).toEqual([]);
  });
});

describe('a reload', () => {
  test('that wants another lease, or none, gives it beside the next advertisement', () => {
    const host = master(leased());
    host.engine.configure(2, [leased({ leaseSeconds: 30 })]);
    host.runUntil(host.now + 1000);
    host.engine.configure(3, [router({ announce: leased().families[0].announce })]);
    host.runUntil(host.now + 2000);
    host.engine.configure(4, [leased()]);
    host.runUntil(host.now + 1000);
    expect(host.takeCalls().filter((call) => call.startsWith('renew'))).toEqual(
      [`renew ${VIP} for 30 s`, `renew ${VIP}`, RENEWAL],
    );
  });

  test('that makes the interval longer renews at once, beside the advertisement that tells it', () => {
    const host = master(fast, MASTER_DOWN_MS / 10);
    host.engine.configure(2, [leased({ advertIntervalMs: 2000, leaseSeconds: 8 })]);
    expect(host.takeCalls()).toEqual(['send priority 100', `renew ${VIP} for 8 s`]);
  });
});

describe('a renewal that the kernel refuses', () => {
  test('is said and tried again beside the next advertisement', () => {
    const host = master(leased());
    host.renewalErrno = 'EPERM';
    host.runUntil(host.now + 1000);
    expect(host.told('lease-renewal-refused')).toEqual([
      { router: 'web', address: VIP, interface: 'eth0', errno: 'EPERM' },
    ]);
    host.renewalErrno = undefined;
    host.takeCalls();
    host.runUntil(host.now + 1000);
    expect(host.takeCalls()).toEqual(['send priority 100', RENEWAL]);
  });

  test.each(['EADDRNOTAVAIL', 'ENODEV'])('with %s is no news: the link monitor tells what is gone', (errno) => {
    const host = master(leased());
    host.renewalErrno = errno;
    host.runUntil(host.now + 1000);
    expect(host.notices()).toEqual([]);
  });
});

test('a lease that ran out while the process slept is not put back: it steps down first, and says how long', () => {
  const host = master(leased());
  host.runUntil(host.now + 1000);
  host.takeCalls();
  host.sleep(6000);
  host.held.splice(0);
  host.changeLink({});
  expect(host.takeCalls()).toEqual([`release ${VIP}`, 'master -> backup (woke-from-stall)']);
  expect(host.told('stall-detected')).toEqual([{ stalled_ms: 5000 }]);
});

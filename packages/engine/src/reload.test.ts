// What a reload does beyond the router that it is about: addresses, epochs and time that others have a claim on.

import { BatonError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { dualRouter, FakeHost, hosting, MASTER_DOWN_MS, parameters, router, VIP } from './fixtures.js';
import type { RouterConfiguration } from './messages.js';

/** The epochs of all masterships that the agent was told of. */
function masterships(host: FakeHost): number[] {
  return host.messages.flatMap((message) =>
    message.type === 'state-changed' && message.change.to === 'master' ? [message.change.epoch] : [],
  );
}

function becomeMasterAgain(host: FakeHost): void {
  host.changeLink({ up: false });
  host.changeLink({ up: true });
  host.runUntil(host.now + 2 * MASTER_DOWN_MS);
}

describe('a router that becomes the address owner', () => {
  const hostsOwn = { address: VIP, prefixLength: 24, interface: 'eth0', ours: false };

  test("leaves the host's own address in place when it stops", () => {
    const host = new FakeHost();
    host.engine.configure(1, [router({ priority: 254 })]);
    host.held.push(hostsOwn);
    host.engine.configure(2, [router({ priority: 255 })]);
    host.runUntil(host.now + 10 * MASTER_DOWN_MS);
    expect(host.engine.snapshotRouters()[0]?.state).toBe('master');
    host.takeCalls();
    host.engine.shutdown();
    expect(host.takeCalls()).not.toContain(`release ${VIP}`);
  });

  test('releases what it had claimed itself before', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router({ priority: 254 })]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.engine.configure(2, [router({ priority: 255 })]);
    host.engine.shutdown();
    expect(host.takeCalls()).toContain(`release ${VIP}`);
  });

  test("is fit at once when the address is the host's only one", () => {
    const host = new FakeHost();
    host.held.push(hostsOwn);
    host.changeLink({ addresses: [{ address: VIP, prefixLength: 24 }] });
    host.engine.configure(1, [router()]);
    expect(host.engine.snapshotRouters()[0]?.faults).toEqual(['no-primary-address']);
    host.engine.configure(2, [router({ priority: 255 })]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.engine.snapshotRouters()[0]).toMatchObject({ state: 'master', faults: [] });
  });
});

describe('addresses that move between two masters in one reload', () => {
  const hosted = (name: string, vrid: number, ...octets: number[]): RouterConfiguration =>
    hosting([
      parameters({
        name,
        vrid,
        addresses: octets.map((octet) => ({ address: `10.9.0.${String(octet)}`, prefixLength: 24 })),
      }),
    ]);
  const held = (host: FakeHost): string[] => [...new Set(host.held.map(({ address }) => address))].sort();

  test.each([
    ['from the later to the earlier one', [hosted('web', 7, 100, 110), hosted('two', 8, 111)]],
    ['from the earlier to the later one', [hosted('web', 7, 101), hosted('two', 8, 100, 110, 111)]],
    ['both ways', [hosted('web', 7, 111), hosted('two', 8, 100, 110)]],
  ])('%s stay where a master wants them', (_, next) => {
    const host = new FakeHost();
    host.engine.configure(1, [hosted('web', 7, 100), hosted('two', 8, 110, 111)]);
    host.runUntil(host.now + 2 * MASTER_DOWN_MS);
    host.engine.configure(2, next);
    expect(held(host)).toEqual(
      next.flatMap(({ families }) => families[0].addresses.map(({ address }) => address)).sort(),
    );
    host.changeLink({ addresses: [...host.link.addresses, ...host.held] });
    expect(host.told('address-lost')).toEqual([]);
  });
});

describe('epochs', () => {
  test('never repeat when a family is added and taken away again', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.engine.configure(2, [dualRouter()]);
    host.runUntil(host.now + 2 * MASTER_DOWN_MS);
    becomeMasterAgain(host);
    host.engine.configure(3, [router()]);
    becomeMasterAgain(host);
    const epochs = masterships(host);
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    expect(epochs.length).toBeGreaterThan(2);
  });

  test('go on when a router is made anew under its name', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.engine.configure(2, [router({ vrid: 8 })]);
    host.runUntil(host.now + 2 * MASTER_DOWN_MS);
    expect(masterships(host)).toEqual([1, 2]);
  });
});

test('a reload that is refused after a long time is work and no sleep: the master stays', () => {
  const host = new FakeHost();
  host.engine.configure(1, [router()]);
  host.runUntil(host.now + MASTER_DOWN_MS + 500);
  Object.assign(host.ports.addressOwner, {
    list: () => {
      host.sleep(4000);
      throw new BatonError('ERR_LINUX_NETLINK_FAILED', 'the kernel does not answer');
    },
  });
  expect(() => {
    host.engine.configure(2, [router({ priority: 120 })]);
  }).toThrow(BatonError);
  host.takeCalls();
  host.fireTimer();
  expect(host.takeCalls()).toEqual(['send priority 100']);
  expect(host.notices()).not.toContain('stall-detected');
});

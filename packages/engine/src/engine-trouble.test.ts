// The engine in trouble: floods, refused sockets, addresses that somebody else moves, and a kernel that does not
// answer.

import { BatonError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { advert, FakeHost, hosting, MASTER_DOWN_MS, OWN, parameters6, router, VIP } from './fixtures.js';
import { MAX_LOSSES } from './loss-history.js';
import { MAX_LIMITED_NOTICES } from './notices.js';

function masterHost(change: Parameters<typeof router>[0] = {}): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [router(change)]);
  host.runUntil(host.now + MASTER_DOWN_MS);
  host.link = { ...host.link, addresses: [...host.link.addresses, { address: VIP, prefixLength: 24 }] };
  host.takeCalls();
  return host;
}

describe('work is no sleep', () => {
  test('a master that reads a flood stays master, and nothing counts as a stall', () => {
    const host = masterHost({ priority: 200 });
    host.costOfReadingMs = 1;
    for (let count = 0; count < 4000; count += 1) host.putInSocket(advert(1));
    host.runUntil(host.now + 10_000);
    expect(host.calls.filter((call) => call.includes('->'))).toEqual([]);
    expect(host.engine.snapshotEngine().stallMs).toBe(0);
  });

  test('a backup does not take over before it has read the advertisement behind a flood', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.takeCalls();
    for (let count = 0; count < 3000; count += 1) host.putInSocket(advert(200, { ttl: 1 }));
    host.putInSocket(advert(200));
    host.runUntil(host.now + MASTER_DOWN_MS + 1);
    expect(host.takeCalls()).toEqual([]);
  });

  test('one stall is counted once, however many advertisements waited', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    for (let count = 0; count < 100; count += 1) host.putInSocket(advert(200));
    host.sleep(MASTER_DOWN_MS + 500);
    host.fireTimer();
    expect(host.engine.snapshotEngine().stallMs).toBeCloseTo(500, 3);
  });

  test('at 10 ms a master that is 45 ms late steps down before it sends', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router({ advertIntervalMs: 10 })]);
    host.runUntil(host.now + 40);
    host.takeCalls();
    host.sleep(45);
    host.fireTimer();
    expect(host.takeCalls()).toEqual([`release ${VIP}`, 'master -> backup (woke-from-stall)']);
  });
});

describe('what a stranger can make the agent hear', () => {
  test('any number of senders costs a bounded number of notices, and the rest is counted', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    for (let count = 0; count < 5000; count += 1) {
      const source = `10.8.${String(count >> 8)}.${String(count & 255)}`;
      host.deliver({ ...advert(200, { ttl: 1 }), source });
    }
    expect(host.notices()).toHaveLength(MAX_LIMITED_NOTICES);
    host.sleep(60_001);
    host.deliver(advert(200, { ttl: 1 }));
    const swallowed = host.messages.find(
      (message) => message.type === 'notice' && message.event === 'notices-swallowed',
    );
    expect(swallowed).toMatchObject({ fields: { swallowed: 5000 - MAX_LIMITED_NOTICES } });
  });

  test('overruled advertisements are told once a second', () => {
    const host = masterHost();
    for (let count = 0; count < 100; count += 1) host.deliver(advert(1));
    expect(host.messages.filter((message) => message.type === 'lower-priority-received')).toHaveLength(1);
  });
});

describe('a configuration that the kernel refuses', () => {
  test('changes nothing at all', () => {
    const host = masterHost();
    const armedAt = host.armedAt;
    host.kernelError = new BatonError('ERR_LINUX_NETLINK_FAILED', 'no answer');
    expect(() => {
      host.engine.configure(2, []);
    }).toThrow('no answer');
    host.kernelError = undefined;
    expect(host.takeCalls()).toEqual([]);
    expect(host.engine.snapshotRouters()).toHaveLength(1);
    expect(host.armedAt).toBe(armedAt);
  });

  test('of which one socket is denied midway closes what it has opened, and the rest goes on as before', () => {
    const host = masterHost();
    const armedAt = host.armedAt;
    const mail = router({ name: 'mail', vrid: 8, addresses: [{ address: '10.9.0.101', prefixLength: 24 }] });
    host.socketError = new BatonError('ERR_NET_RAW_SOCKET_DENIED', 'no raw socket');
    host.socketErrorFamily = 6;
    const ipv6 = hosting([parameters6({ name: 'six', vrid: 9 })]);
    host.link = { ...host.link, interface: 'lo' };
    expect(() => {
      host.engine.configure(2, [
        { ...mail, families: [{ ...mail.families[0], interface: 'lo' }] },
        { ...ipv6, families: [{ ...ipv6.families[0], interface: 'lo' }] },
      ]);
    }).toThrow('no raw socket');
    expect(host.takeCalls()).toEqual(['open lo', 'close lo']);
    expect(host.engine.snapshotRouters().map(({ name, state }) => [name, state])).toEqual([['web', 'master']]);
    expect(host.engine.snapshotEngine().generation).toBe(1);
    expect(host.armedAt).toBe(armedAt);
  });

  test('a socket that is refused once is tried again, and is not called a missing interface', () => {
    const host = new FakeHost();
    host.socketError = new BatonError('ERR_NET_SOCKET_FAILED', 'cannot open a raw socket');
    host.engine.configure(1, [router()]);
    expect(host.takeCalls()).toEqual(['initialize -> fault (socket-unavailable)']);
    host.socketError = undefined;
    host.runUntil(host.now + 1000);
    expect(host.takeCalls()).toEqual(['open eth0', 'fault -> backup (fault-cleared)']);
  });
});

describe('addresses that somebody else moves', () => {
  test('an owner whose link comes up does not take the address that it has just claimed for lost', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router({ priority: 255 })]);
    for (let flap = 0; flap <= MAX_LOSSES; flap += 1) {
      host.changeLink({ up: false });
      host.changeLink({ up: true });
    }
    expect(host.notices()).not.toContain('address-lost');
    expect(host.engine.snapshotRouters()[0]?.state).toBe('master');
  });

  const withoutVip = { addresses: [{ address: OWN, prefixLength: 24 }] };
  const withVip = { addresses: [...withoutVip.addresses, { address: VIP, prefixLength: 24 }] };

  test('an address that was taken off a master is back in the same tick, announced, and said', () => {
    const host = masterHost();
    host.changeLink(withoutVip);
    expect(host.takeCalls()).toEqual([`claim ${VIP}`, `announce ${VIP} x5`]);
    expect(host.notices()).toContain('address-lost');
    host.changeLink(withVip);
    expect(host.takeCalls()).toEqual([]);
  });

  test('an address that goes again and again is a fault', () => {
    const host = masterHost();
    for (let count = 0; count < MAX_LOSSES; count += 1) {
      host.changeLink(withoutVip);
      host.changeLink(withVip);
    }
    host.takeCalls();
    host.changeLink(withoutVip);
    expect(host.takeCalls()).toContain('master -> fault (address-install-failed)');
  });

  test('an address that moved away with its renamed interface is taken off there', () => {
    const host = masterHost();
    const [held] = host.held.splice(0);
    host.held.push({ address: VIP, prefixLength: 24, ours: true, ...held, interface: 'lan0' });
    host.changeLink({ exists: false, up: false, index: 0, addresses: [] });
    expect(host.held).toEqual([]);
    expect(host.notices()).toContain('stray-address-removed');
  });

  test('of two unmarked virtual addresses that are all an interface has, one stays', () => {
    const host = new FakeHost();
    const other = '10.9.0.101';
    for (const address of [VIP, other]) host.held.push({ address, prefixLength: 24, interface: 'eth0', ours: false });
    host.engine.configure(1, [
      router(),
      router({ name: 'mail', vrid: 8, addresses: [{ address: other, prefixLength: 24 }] }),
    ]);
    expect(host.held.map((entry) => entry.address)).toEqual([other]);
  });

  test('who stops being the owner can give the address up', () => {
    const host = new FakeHost();
    host.link = { ...host.link, addresses: [{ address: VIP, prefixLength: 24 }, ...host.link.addresses] };
    host.held.push({ address: VIP, prefixLength: 24, interface: 'eth0', ours: false });
    host.engine.configure(1, [router({ priority: 255 })]);
    host.engine.configure(2, [router({ priority: 100 })]);
    host.takeCalls();
    host.deliver(advert(200));
    expect(host.takeCalls()).toContain(`release ${VIP}`);
  });

  test('an owner does not leave its neighbours without a primary address', () => {
    const host = new FakeHost();
    host.link = { ...host.link, addresses: [{ address: VIP, prefixLength: 24 }] };
    host.held.push({ address: VIP, prefixLength: 24, interface: 'eth0', ours: false });
    host.engine.configure(1, [
      router({ priority: 255 }),
      router({ name: 'mail', vrid: 8, addresses: [{ address: '10.9.0.101', prefixLength: 24 }] }),
    ]);
    expect(host.engine.snapshotRouters().map((snapshot) => snapshot.primaryAddress)).toEqual([VIP, VIP]);
  });
});

test('a stranger that floods one reason hides no other one', () => {
  const host = new FakeHost();
  host.engine.configure(1, [router()]);
  for (let octet = 1; octet <= MAX_LIMITED_NOTICES + 10; octet += 1) {
    host.deliver(advert(1, { source: `10.9.1.${String(octet)}`, vrid: 99 }));
  }
  host.deliver(advert(250, { ttl: 1 }));
  expect(host.told('advertisement-discarded').filter(({ reason }) => reason !== 'unknown-vrid')).toMatchObject([
    { reason: 'ttl-error', router: 'web' },
  ]);
});

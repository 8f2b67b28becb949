// The engine on fake ports: what reaches the world, and in which order. The fakes implement the ports; the routers are
// the real ones.

import { describe, expect, test } from '@jest/globals';
import { advert, FakeHost, MASTER_DOWN_MS, OWN, PEER, router, VIP } from './fixtures.js';

function masterHost(): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [router()]);
  host.runUntil(host.now + MASTER_DOWN_MS);
  host.takeCalls();
  return host;
}

describe('taking part', () => {
  test('a node takes the VIP of a past life off before it opens a socket', () => {
    const host = new FakeHost();
    host.held.push(
      { address: OWN, prefixLength: 24, interface: 'eth0', ours: false },
      { address: VIP, prefixLength: 24, interface: 'eth0', ours: false },
    );
    host.engine.configure(1, [router()]);
    expect(host.takeCalls()).toEqual([`release ${VIP}`, 'open eth0', 'initialize -> backup (startup)']);
    expect(host.notices()).toContain('leftover-address-removed');
  });

  test('an address owner keeps what the host has of its own, at start and when it leaves', () => {
    const host = new FakeHost();
    host.link = { ...host.link, addresses: [{ address: VIP, prefixLength: 24 }] };
    host.held.push({ address: VIP, prefixLength: 24, interface: 'eth0', ours: false });
    host.engine.configure(1, [router({ priority: 255 })]);
    expect(host.calls).toContain('send priority 255');
    host.engine.shutdown();
    expect(host.calls).not.toContain(`release ${VIP}`);
  });

  test('the only address of an interface is never taken off, the router stays out instead', () => {
    const host = new FakeHost();
    host.link = { ...host.link, addresses: [{ address: VIP, prefixLength: 24 }] };
    host.held.push({ address: VIP, prefixLength: 24, interface: 'eth0', ours: false });
    host.engine.configure(1, [router()]);
    expect(host.takeCalls()).toEqual(['open eth0', 'initialize -> fault (no-primary-address)']);
    expect(host.notices()).toContain('virtual-address-is-the-hosts-only-address');
  });

  test('promotion claims, sends the advertisement, announces and only then says so', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.takeCalls();
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.takeCalls()).toEqual([
      `claim ${VIP}`,
      'send priority 100',
      `announce ${VIP} x5`,
      'backup -> master (master-down-timer)',
    ]);
  });

  test('shutdown resigns before it releases, and closes the socket last', () => {
    const host = masterHost();
    host.engine.shutdown();
    expect(host.takeCalls()).toEqual([
      'send priority 0',
      `release ${VIP}`,
      'master -> initialize (shutdown)',
      'close eth0',
    ]);
    expect(host.armedAt).toBeUndefined();
  });

  test('addresses are released in the reverse order of their claims', () => {
    const addresses = [VIP, '10.9.0.101', '10.9.0.102'].map((address) => ({ address, prefixLength: 24 }));
    const host = new FakeHost();
    host.engine.configure(1, [router({ addresses })]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.engine.shutdown();
    expect(host.calls.filter((call) => call.startsWith('release'))).toEqual([
      'release 10.9.0.102',
      'release 10.9.0.101',
      `release ${VIP}`,
    ]);
  });

  test('a refused claim is neither advertised nor announced, and never called master', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.takeCalls();
    host.refuseClaims = true;
    host.runUntil(host.now + MASTER_DOWN_MS);
    const calls = host.takeCalls();
    expect(calls.filter((call) => call.startsWith('announce') || call.includes('-> master'))).toEqual([]);
    expect(calls.slice(-1)).toEqual(['backup -> fault (address-install-failed)']);
    expect(calls.filter((call) => call.startsWith('send'))).toEqual([]);
    expect(host.notices()).toContain('address-install-failed');
  });
});

describe('the stall rule', () => {
  test('an advertisement that lies in the socket is heard before the master-down deadline fires', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.takeCalls();
    host.putInSocket(advert(200));
    host.sleep(MASTER_DOWN_MS + 500);
    host.fireTimer();
    expect(host.takeCalls()).toEqual([]);
    expect(host.armedAt).toBe(host.now + MASTER_DOWN_MS);
  });

  test('a master that slept longer than its peers are patient steps down before it sends anything', () => {
    const host = masterHost();
    host.sleep(6000);
    host.fireTimer();
    expect(host.takeCalls()).toEqual([`release ${VIP}`, 'master -> backup (woke-from-stall)']);
    expect(host.notices()).toContain('stall-detected');
  });

  test('a datagram that wakes a frozen master finds a backup, so that nobody is answered', () => {
    const host = masterHost();
    host.sleep(6000);
    host.deliver(advert(50));
    expect(host.takeCalls()).toEqual([`release ${VIP}`, 'master -> backup (woke-from-stall)']);
  });

  test('a master that is late by less than that sends one advertisement and stays', () => {
    const host = masterHost();
    host.sleep(2500);
    host.fireTimer();
    expect(host.takeCalls()).toEqual(['send priority 100']);
  });
});

describe('packets', () => {
  test.each([
    ['a wrong TTL', advert(200, { ttl: 254 })],
    ['an unknown VRID', advert(200, { vrid: 8 })],
    ['a broken checksum', { ...advert(200), payload: advert(200).payload.with(3, 2) }],
    ['nothing at all', { ...advert(200), payload: new Uint8Array(0) }],
  ])('%s is counted and touches no timer', (_what, datagram) => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    const armedAt = host.armedAt;
    host.sleep(100);
    host.deliver(datagram);
    expect(host.armedAt).toBe(armedAt);
    const counted = Object.values(host.engine.snapshotEngine().discarded).reduce((sum, count) => sum + count, 0);
    const statistics = host.engine.snapshotRouters()[0]?.statistics;
    const own = (statistics?.ttl_errors ?? 0) + (statistics?.checksum_errors ?? 0) + (statistics?.length_errors ?? 0);
    expect(counted + own).toBe(1);
    expect(statistics?.adverts_received).toBe(0);
  });

  test('a flood of the same bad packet costs one notice', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    for (let count = 0; count < 1000; count += 1) host.deliver(advert(200, { ttl: 1 }));
    expect(host.notices()).toEqual(['advertisement-discarded']);
    host.sleep(60_001);
    host.deliver(advert(200, { ttl: 1 }));
    const last = host.messages
      .filter((message) => message.type === 'notice' && message.event === 'advertisement-discarded')
      .at(-1);
    expect(last).toMatchObject({ fields: { swallowed: 999 } });
  });

  test('a heard router shows in the snapshot', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    host.deliver(advert(200));
    const snapshot = host.engine.snapshotRouters()[0];
    expect(snapshot?.heard).toEqual([
      { address: PEER, priority: 200, advertIntervalMs: 1000, checksumForm: 'pseudo-header', lastHeardMs: 0 },
    ]);
    expect(snapshot?.master).toEqual({ address: PEER, priority: 200 });
  });
});

describe('the interface', () => {
  test('link down in master is fault without a packet, link up is backup', () => {
    const host = masterHost();
    host.changeLink({ up: false });
    expect(host.takeCalls()).toEqual([`release ${VIP}`, 'master -> fault (link-down)']);
    host.changeLink({ up: true });
    expect(host.takeCalls()).toEqual(['fault -> backup (fault-cleared)']);
  });

  test('an interface that does not exist is waited for', () => {
    const host = new FakeHost();
    host.link = { ...host.link, exists: false, up: false, index: 0, addresses: [] };
    host.engine.configure(1, [router()]);
    expect(host.takeCalls()).toEqual(['initialize -> fault (interface-missing)']);
    host.changeLink({ exists: true, up: true, index: 9, addresses: [{ address: OWN, prefixLength: 24 }] });
    expect(host.takeCalls()).toEqual(['open eth0', 'fault -> backup (fault-cleared)']);
  });

  test('an interface that is made again gets a new socket', () => {
    const host = masterHost();
    host.changeLink({ index: 3 });
    expect(host.takeCalls().slice(0, 2)).toEqual(['close eth0', 'open eth0']);
  });

  test('the primary address is the first one that is no virtual address', () => {
    const host = masterHost();
    host.changeLink({
      addresses: [
        { address: VIP, prefixLength: 24 },
        { address: OWN, prefixLength: 24 },
      ],
    });
    expect(host.takeCalls()).toEqual([]);
    expect(host.engine.snapshotRouters()[0]?.primaryAddress).toBe(OWN);
  });
});

describe('configuring again', () => {
  test('the same configuration changes nothing', () => {
    const host = masterHost();
    host.engine.configure(2, [router()]);
    expect(host.takeCalls()).toEqual([]);
  });

  test('a router that is no longer configured resigns and releases; the others are not touched', () => {
    const host = new FakeHost();
    const other = router({ name: 'mail', vrid: 8, addresses: [{ address: '10.9.0.101', prefixLength: 24 }] });
    host.engine.configure(1, [router(), other]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.engine.configure(2, [router()]);
    expect(host.takeCalls()).toEqual(['send priority 0', 'release 10.9.0.101', 'master -> initialize (shutdown)']);
  });

  test('another VRID is another router', () => {
    const host = masterHost();
    host.engine.configure(2, [router({ vrid: 9 })]);
    const calls = host.takeCalls();
    expect(calls[0]).toBe('send priority 0');
    expect(calls).toContain('initialize -> backup (startup)');
  });
});

test('a failed tracker is a fault, and its end starts the router again', () => {
  const host = masterHost();
  host.engine.setHealth('web', { adjustment: 0, failed: true });
  expect(host.takeCalls()).toEqual(['send priority 0', `release ${VIP}`, 'master -> fault (tracker-failed)']);
  host.engine.setHealth('web', { adjustment: 0, failed: false });
  expect(host.takeCalls()).toEqual(['fault -> backup (fault-cleared)']);
});

// What the engine hears and what it does not: who is meant by a datagram, and how often anybody is told of a bad one.

import { describe, expect, test } from '@jest/globals';
import {
  Authenticator,
  DISCARD_STATISTICS,
  type DiscardReason,
  type StatisticName,
  type VirtualRouterParameters,
} from '@baton/vrrp';
import type { ReceivedDatagram } from '@baton/net';
import { advert, advert6, dualRouter, FakeHost, mac, OWN, PEER, router, VIP } from './fixtures.js';
import type { RouterConfiguration } from './messages.js';

function listening(...configurations: RouterConfiguration[]): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, configurations);
  host.takeCalls();
  return host;
}

/** A statistic of the first router, in its first family. */
function count(host: FakeHost, name: StatisticName): number {
  return host.engine.snapshotRouters()[0]?.statistics[name] ?? Number.NaN;
}

describe('who is meant', () => {
  test('a VRID that is not configured counts for the interface and touches no router [B08]', () => {
    const host = listening(router());
    const before = host.engine.snapshotRouters();
    host.deliver(advert(200, { vrid: 8 }));
    expect(host.engine.snapshotEngine().discarded['unknown-vrid']).toBe(1);
    expect(host.engine.snapshotRouters()).toEqual(before);
  });

  test('a VRID that is configured on another interface is unknown on this one [B09]', () => {
    const host = listening(router(), router({ name: 'inside', vrid: 9, interface: 'eth1' }));
    host.link = { ...host.link, interface: 'eth1', addresses: [{ address: '10.8.0.1', prefixLength: 24 }] };
    host.changeLink({});
    const before = host.engine.snapshotRouters()[0];
    host.deliver(advert(200, { interface: 'eth1' }));
    expect(host.engine.snapshotEngine().discarded['unknown-vrid']).toBe(1);
    expect(host.engine.snapshotRouters()[0]).toEqual(before);
  });

  test('an IPv4 advertisement never touches the IPv6 router with the same VRID, nor the reverse [B10]', () => {
    const host = listening(dualRouter());
    host.deliver(advert(200));
    host.deliver(advert6(150));
    host.deliver(advert6(0));
    const [first, second] = host.engine.snapshotRouters()[0]?.families ?? [];
    expect(first?.statistics).toMatchObject({ adverts_received: 1, priority_zero_received: 0 });
    expect(first?.master).toEqual({ address: PEER, priority: 200 });
    expect(second?.statistics).toMatchObject({ adverts_received: 2, priority_zero_received: 1 });
    expect(second?.master).toBeUndefined();
  });

  test('what is sent to our own address is nobody’s while no unicast peers are configured [B39]', () => {
    const host = listening(router());
    host.deliver(advert(200, { destination: OWN }));
    expect(count(host, 'destination_errors')).toBe(1);
    expect(count(host, 'adverts_received')).toBe(0);
  });

  test('an advertisement from our own address is thrown away and told once [B40]', () => {
    const host = listening(router());
    for (let time = 0; time < 3; time += 1) host.deliver(advert(200, { source: OWN }));
    expect(count(host, 'own_packets')).toBe(3);
    expect(host.told('advertisement-discarded')).toEqual([expect.objectContaining({ reason: 'own-packet' })]);
  });
});

describe('every reason to discard, a thousand times in a second, counts a thousand and is told once [B46]', () => {
  const secret = 'ab'.repeat(32);
  const authentication = {
    kind: 'hmac',
    mode: 'enforce',
    activeKeyId: 1,
    keys: [{ id: 1, secret }],
    antiReplay: 'time',
    timeWindowMs: 10_000,
  } as const;
  const version2 = { version: 2 } as const;
  const bad = (change: (payload: Uint8Array) => Uint8Array): ReceivedDatagram => {
    const datagram = advert(200);
    return { ...datagram, payload: change(datagram.payload) };
  };
  const cases: readonly (readonly [DiscardReason, ReceivedDatagram, Partial<VirtualRouterParameters>?])[] = [
    ['packet-length-error', bad((payload) => payload.subarray(0, 10))],
    ['ttl-error', advert(200, { ttl: 254 })],
    ['version-error', advert(200, version2)],
    ['type-error', bad((payload) => payload.with(0, 0x32))],
    ['unknown-vrid', advert(200, { vrid: 9 })],
    ['checksum-error', bad((payload) => payload.with(2, 199))],
    ['interval-error', advert(200, { ...version2, advertIntervalMs: 2000 }), version2],
    ['destination-error', advert(200, { destination: OWN })],
    ['own-packet', advert(200, { source: OWN })],
    ['vrid-collision', advert(200, { addresses: ['10.7.0.1'] })],
    ['address-list-error', advert(200, { ...version2, addresses: [VIP, '10.7.0.1'] }), version2],
    ['owner-conflict', advert(255, version2), { ...version2, priority: 255 }],
    [
      'unknown-source',
      advert(200, { source: '10.9.0.3', destination: OWN }),
      { unicast: { peers: [{ address: PEER, minTtl: 255 }], checkSource: true } },
    ],
  ];

  function flood(host: FakeHost, reason: DiscardReason, datagram: ReceivedDatagram): void {
    for (let time = 0; time < 1000; time += 1) {
      host.deliver(datagram);
      host.sleep(1);
    }
    const own = reason === 'unknown-vrid' ? undefined : DISCARD_STATISTICS[reason];
    const counted = own === undefined ? host.engine.snapshotEngine().discarded[reason] : count(host, own);
    expect(counted).toBe(1000);
    expect(host.told('advertisement-discarded')).toEqual([
      expect.objectContaining({ reason, source: datagram.source, interface: 'eth0' }),
    ]);
    // One more minute, one more line, with what was swallowed.
    host.sleep(60_000);
    host.deliver(datagram);
    expect(host.told('advertisement-discarded').at(-1)).toMatchObject({ reason, swallowed: 999 });
  }

  test.each(cases)('%s', (reason, datagram, change = {}) => {
    flood(listening(router(change)), reason, datagram);
  });

  test('authentication-missing', () => {
    flood(listening({ ...router(), authentication }), 'authentication-missing', advert(200));
  });

  test('authentication-type-mismatch', () => {
    const configuration = { ...router(version2), authentication: { kind: 'simple-password', password: 'x' } as const };
    flood(listening(configuration), 'authentication-type-mismatch', advert(200, version2));
  });

  test.each([
    ['authentication-unknown-key', 1, 7],
    ['authentication-failed', 12, 0],
  ] as const)('%s', (reason, offset, value) => {
    const host = listening({ ...router(), authentication });
    const trailer = new Uint8Array(28).with(0, 1).with(1, 1).with(offset, value);
    const datagram = advert(200);
    flood(host, reason, { ...datagram, payload: Uint8Array.from([...datagram.payload, ...trailer]) });
  });

  test.each([
    ['authentication-stale', 100_000],
    ['authentication-replayed', 0],
  ] as const)('%s', (reason, wallClockMs) => {
    const host = listening({ ...router(), authentication });
    const parameters = { ...authentication, keys: new Map([[1, Buffer.from(secret, 'hex')]]), advertIntervalMs: 1000 };
    const proof = new Authenticator(parameters, mac).nextProof({ now: 0, wallClockMs });
    const datagram = advert(200, proof === undefined ? {} : { proof });
    if (reason === 'authentication-replayed') host.deliver(datagram);
    flood(host, reason, datagram);
  });
});

describe('evidence', () => {
  test('says who sent it, and what it says', () => {
    const host = listening(router());
    host.deliver(advert(200, { addresses: ['10.7.0.1', '10.7.0.2'] }));
    expect(host.told('advertisement-discarded')).toEqual([
      {
        reason: 'vrid-collision',
        router: 'web',
        interface: 'eth0',
        family: 4,
        source: PEER,
        ttl: 255,
        vrid: 7,
        version: 3,
        priority: 200,
        advert_interval_ms: 1000,
        addresses: '10.7.0.1 10.7.0.2',
      },
    ]);
  });

  test('a stranger with our VRID and none of our addresses is ignored and counted [D15]', () => {
    const host = listening(router());
    host.deliver(advert(200, { addresses: ['10.7.0.1'] }));
    expect(count(host, 'vrid_collisions')).toBe(1);
    expect(host.engine.snapshotRouters()[0]).toMatchObject({ master: undefined, heard: [] });
  });

  test('a peer with some of our addresses is heard, and its list is told [D15]', () => {
    const host = listening(router());
    host.deliver(advert(200, { addresses: [VIP, '10.7.0.1'] }));
    expect(host.engine.snapshotRouters()[0]?.master).toEqual({ address: PEER, priority: 200 });
    expect(host.told('address-drift')).toEqual([
      expect.objectContaining({ router: 'web', source: PEER, addresses: `${VIP} 10.7.0.1` }),
    ]);
  });

  test('a master that is none of the known routers is heard and told [D16]', () => {
    const host = listening(router({ knownRouters: ['10.9.0.3'] }));
    host.deliver(advert(255));
    expect(count(host, 'unknown_masters')).toBe(1);
    expect(host.told('unknown-master')).toEqual([
      expect.objectContaining({ router: 'web', source: PEER, priority: 255 }),
    ]);
  });

  test('another interval is learned and told', () => {
    const host = listening(router());
    host.deliver(advert(200, { advertIntervalMs: 500 }));
    expect(host.told('interval-mismatch')).toEqual([expect.objectContaining({ advert_interval_ms: 500 })]);
    expect(host.engine.snapshotRouters()[0]?.masterDownIntervalMs).toBeCloseTo(3609.375 / 2, 6);
  });

  test('another owner of our addresses is heard and told', () => {
    const host = listening(router({ priority: 255 }));
    host.deliver(advert(255));
    expect(host.told('owner-conflict')).toEqual([expect.objectContaining({ router: 'web', priority: 255 })]);
  });

  test('the form of the checksum of each heard router is shown', () => {
    const host = listening(dualRouter());
    host.deliver(advert(200));
    host.deliver(advert6(200));
    expect(host.engine.snapshotRouters()[0]?.heard.map(({ address, checksumForm }) => [address, checksumForm])).toEqual(
      [
        [PEER, 'pseudo-header'],
        ['fe80::2', 'pseudo-header'],
      ],
    );
  });
});

// How advertisements leave: source, destination, copies, proofs, and what a refused send costs.

import { describe, expect, test } from '@jest/globals';
import { advert, FakeHost, hosting, MASTER_DOWN_MS, OWN, parameters6, PEER, router, VIP } from './fixtures.js';
import type { RouterAuthentication, RouterConfiguration } from './messages.js';

const KEYS = ['11', '22'].map((byte, index) => ({ id: index + 1, secret: byte.repeat(32) }));
const HMAC = {
  kind: 'hmac',
  mode: 'enforce',
  activeKeyId: 1,
  keys: KEYS,
  antiReplay: 'time',
  timeWindowMs: 10_000,
} as const satisfies RouterAuthentication;
const THIRD = '10.9.0.3';
const UNICAST = { peers: [PEER, THIRD].map((address) => ({ address, minTtl: 255 })), checkSource: true };

function running(configuration: RouterConfiguration): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [configuration]);
  return host;
}

function master(configuration: RouterConfiguration): FakeHost {
  const host = running(configuration);
  host.runUntil(host.now + MASTER_DOWN_MS);
  return host;
}

/** The neighbour, which hears what the host has sent. */
function neighbour(configuration: RouterConfiguration): FakeHost {
  const host = new FakeHost();
  host.link = { ...host.link, addresses: [{ address: THIRD, prefixLength: 24 }] };
  host.engine.configure(1, [configuration]);
  return host;
}

/** Carries what `sender` has sent last to `receiver`. */
function carry(sender: FakeHost, receiver: FakeHost): void {
  const sent = sender.sent.at(-1);
  if (sent === undefined) throw new Error('nothing was sent');
  const { payload, envelope } = sent;
  receiver.deliver({ interface: 'eth0', ttl: 255, headerValid: true, payload, ...envelope });
}

describe('where to', () => {
  test('unicast sends a copy to each peer, and counts one advertisement', () => {
    const host = master(router({ unicast: UNICAST }));
    expect(host.sent.map(({ envelope }) => envelope)).toEqual([
      { source: OWN, destination: PEER },
      { source: OWN, destination: THIRD },
    ]);
    expect(host.engine.snapshotRouters()[0]?.statistics.adverts_sent).toBe(1);
  });

  test('a list of peers that names this node, too, sends nothing to itself', () => {
    const peers = [...UNICAST.peers, { address: OWN, minTtl: 255 }];
    const host = master(router({ unicast: { ...UNICAST, peers } }));
    expect(host.sent.map(({ envelope }) => envelope.destination)).toEqual([PEER, THIRD]);
  });

  test('all copies of an authenticated advertisement carry one sequence number', () => {
    const host = master({ ...router({ unicast: UNICAST }), authentication: HMAC });
    const trailers = host.sent.map(({ payload }) => Buffer.from(payload.subarray(-28)).toString('hex'));
    expect(trailers).toHaveLength(2);
    expect(new Set(trailers).size).toBe(1);
  });

  test('a peer is heard in unicast, by an advertisement to our own address', () => {
    const host = running(router({ unicast: UNICAST }));
    host.deliver(advert(200, { destination: OWN }));
    expect(host.engine.snapshotRouters()[0]?.master).toEqual({ address: PEER, priority: 200 });
  });
});

describe('where from', () => {
  const other = '10.9.0.5';

  test('the source that the router was given', () => {
    const host = new FakeHost();
    host.link = { ...host.link, addresses: [...host.link.addresses, { address: other, prefixLength: 24 }] };
    host.engine.configure(1, [{ ...router(), sourceAddresses: { 4: other } }]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.sent[0]?.envelope.source).toBe(other);
    expect(host.engine.snapshotRouters()[0]?.primaryAddress).toBe(other);
  });

  test('a source that is not on the interface is a fault with its own reason, until it appears', () => {
    const host = running({ ...router(), sourceAddresses: { 4: other } });
    expect(host.engine.snapshotRouters()[0]).toMatchObject({
      state: 'fault',
      faults: ['source-address-missing', 'no-primary-address'],
    });
    expect(host.calls).toContain('initialize -> fault (source-address-missing)');
    host.changeLink({ addresses: [...host.link.addresses, { address: other, prefixLength: 24 }] });
    expect(host.engine.snapshotRouters()[0]?.state).toBe('backup');
  });

  test('another source is taken on reload, without a change of state', () => {
    const host = new FakeHost();
    host.link = { ...host.link, addresses: [...host.link.addresses, { address: other, prefixLength: 24 }] };
    host.engine.configure(1, [router()]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.engine.configure(2, [{ ...router(), sourceAddresses: { 4: other } }]);
    expect(host.takeCalls()).toEqual(['send priority 100']);
    expect(host.sent.at(-1)?.envelope.source).toBe(other);
  });
});

describe('what it proves', () => {
  test('version 2 carries its simple password, and demands it', () => {
    const authentication = { kind: 'simple-password', password: 'secret12' } as const;
    const host = master({ ...router({ version: 2 }), authentication });
    expect(host.sent[0]?.payload[4]).toBe(1);
    expect(Buffer.from(host.sent[0]?.payload.subarray(-8) ?? []).toString()).toBe('secret12');
    const friend = neighbour({ ...router({ version: 2 }), authentication });
    const stranger = neighbour({ ...router({ version: 2 }), authentication: { ...authentication, password: 'other' } });
    carry(host, friend);
    carry(host, stranger);
    expect(friend.engine.snapshotRouters()[0]?.master).toEqual({ address: OWN, priority: 100 });
    expect(stranger.engine.snapshotRouters()[0]?.statistics.authentication_failures).toBe(1);
  });

  test('a router that has the key hears, one that has another does not, and nobody is heard without one', () => {
    const host = master({ ...router(), authentication: HMAC });
    const friend = neighbour({ ...router(), authentication: { ...HMAC, activeKeyId: 2 } });
    const stranger = neighbour({ ...router(), authentication: { ...HMAC, keys: KEYS.slice(1), activeKeyId: 2 } });
    for (const receiver of [friend, stranger]) carry(host, receiver);
    expect(friend.engine.snapshotRouters()[0]?.master).toEqual({ address: OWN, priority: 100 });
    expect(stranger.engine.snapshotRouters()[0]?.statistics.authentication_unknown_keys).toBe(1);
    friend.deliver(advert(200));
    expect(friend.engine.snapshotRouters()[0]?.statistics.authentication_missing).toBe(1);
  });

  test.each([
    ['nothing', HMAC],
    ['the key that signs', { ...HMAC, activeKeyId: 2 }],
    ['the mode and the window', { ...HMAC, mode: 'permissive', timeWindowMs: 5000 } as const],
  ])('what was heard is not heard again after a reload that changes %s', (_what, authentication) => {
    const host = master({ ...router(), authentication: HMAC });
    const friend = neighbour({ ...router(), authentication: HMAC });
    carry(host, friend);
    friend.engine.configure(2, [{ ...router({ priority: 50 }), authentication }]);
    carry(host, friend);
    expect(friend.engine.snapshotRouters()[0]?.statistics.authentication_replayed).toBe(1);
  });

  test('a rotated key signs from the next advertisement on, and the state stays', () => {
    const host = master({ ...router(), authentication: HMAC });
    host.takeCalls();
    host.engine.configure(2, [{ ...router(), authentication: { ...HMAC, activeKeyId: 2 } }]);
    expect(host.takeCalls()).toEqual([]);
    host.runUntil(host.now + 1000);
    expect(host.sent.at(-1)?.payload[12 + 1]).toBe(2);
    const friend = neighbour({ ...router(), authentication: HMAC });
    carry(host, friend);
    expect(friend.engine.snapshotRouters()[0]?.master).toEqual({ address: OWN, priority: 100 });
  });

  test('a clock that was set back before the key was rotated stamps nothing that is older than before', () => {
    const host = new FakeHost();
    host.wallClockMs = 1_000_000;
    host.engine.configure(1, [{ ...router(), authentication: HMAC }]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    const friend = neighbour({ ...router(), authentication: HMAC });
    friend.wallClockMs = 1_000_000;
    carry(host, friend);
    host.wallClockMs = 995_000;
    host.engine.configure(2, [{ ...router(), authentication: { ...HMAC, activeKeyId: 2 } }]);
    host.runUntil(host.now + 1000);
    carry(host, friend);
    expect(friend.engine.snapshotRouters()[0]?.statistics).toMatchObject({
      adverts_received: 2,
      authentication_replayed: 0,
    });
  });

  test('no secret shows in what the engine tells, nor in an error', () => {
    const host = master({ ...router(), authentication: HMAC });
    host.deliver(advert(200));
    const password = {
      ...router({ version: 2, name: 'old', vrid: 8 }),
      authentication: { kind: 'simple-password', password: 'topsecrt' } as const,
    };
    expect(() => {
      host.engine.configure(2, [password]);
    }).not.toThrow();
    host.runUntil(host.now + MASTER_DOWN_MS);
    const shown = JSON.stringify([
      host.messages,
      host.engine.snapshotRouters(),
      host.engine.snapshotEngine(),
      host.engine,
    ]);
    for (const secret of [...KEYS.map((key) => key.secret), 'topsecrt']) expect(shown).not.toContain(secret);
    const broken = { ...router(), authentication: { ...HMAC, keys: [{ id: 1, secret: 'deadbeef' }] } };
    expect(() => {
      host.engine.configure(3, [broken]);
    }).toThrow(/^(?!.*deadbeef).*key 1 has 32–64 bytes/u);
  });

  test('IPv6 advertisements are authenticated too', () => {
    const host = master({ ...hosting([parameters6()]), authentication: HMAC });
    expect(host.sent[0]?.payload).toHaveLength(8 + 32 + 28);
  });
});

describe('a send that the kernel refuses [F21]', () => {
  test.each(['ENOBUFS', 'ENETDOWN'])(
    '%s is counted, said once, retried with the next advertisement, and changes nothing',
    (errno) => {
      const host = master(router());
      host.sendErrno = errno;
      host.takeCalls();
      host.runUntil(host.now + 3000);
      expect(host.takeCalls()).toEqual([]);
      const [snapshot] = host.engine.snapshotRouters();
      expect(snapshot).toMatchObject({ state: 'master', statistics: { adverts_sent: 1, send_errors: 3 } });
      expect(host.told('advertisement-send-failed')).toEqual([{ router: 'web', interface: 'eth0', family: 4, errno }]);
      host.sendErrno = undefined;
      host.runUntil(host.now + 1000);
      expect(host.takeCalls()).toEqual(['send priority 100']);
    },
  );

  test('a promotion whose advertisement is refused still claims and announces', () => {
    const host = running(router());
    host.sendErrno = 'ENOBUFS';
    host.takeCalls();
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.takeCalls()).toEqual([`claim ${VIP}`, `announce ${VIP} x5`, 'backup -> master (master-down-timer)']);
  });
});

test('a resignation that no peer was sent is not counted as one', () => {
  const host = master(router());
  const statistics = host.engine.routers[0]?.families[0].router.statistics;
  host.sendErrno = 'ENETUNREACH';
  host.engine.shutdown();
  expect(statistics).toMatchObject({ adverts_sent: 1, priority_zero_sent: 0, send_errors: 1 });
});

test('a mastership is told once, with the address of the master and the reason [J05]', () => {
  const host = master(router());
  host.runUntil(host.now + 10_000);
  const told = host.messages.filter((message) => message.type === 'state-changed' && message.change.to === 'master');
  expect(told).toEqual([
    expect.objectContaining({
      router: 'web',
      change: expect.objectContaining({
        from: 'backup',
        reason: 'master-down-timer',
        master: { address: OWN, priority: 100 },
      }) as unknown,
    }),
  ]);
});

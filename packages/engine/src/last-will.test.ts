// What an engine wishes for when it dies, and what is done for it then.

import { describe, expect, test } from '@jest/globals';
import { advert, dualRouter, FakeHost, MASTER_DOWN_MS, OWN, parameters, router, VIP } from './fixtures.js';
import { executeWills, type ProvedWill } from './last-will.js';
import type { RouterAuthentication, RouterConfiguration } from './messages.js';

function wills(host: FakeHost): readonly (ProvedWill | undefined)[] {
  return host.messages.flatMap((message) => (message.type === 'will' ? [message.will] : []));
}

function lastWill(host: FakeHost): ProvedWill {
  const will = wills(host).at(-1);
  if (will === undefined) throw new Error('there is no will');
  return JSON.parse(JSON.stringify(will)) as ProvedWill;
}

function master(configuration: RouterConfiguration): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [configuration]);
  host.runUntil(host.now + MASTER_DOWN_MS);
  return host;
}

describe('the will', () => {
  test('is told when a router becomes master, once and not with each advertisement', () => {
    const host = master(router());
    host.runUntil(host.now + 10_000);
    expect(host.sent.length).toBeGreaterThan(10);
    expect(wills(host)).toEqual([
      {
        configuration: { name: 'web', sourceAddresses: {}, virtualMac: false, acceptMode: true, routes: [] },
        families: [{ parameters: parameters(), source: OWN, preexisting: [] }],
      },
    ]);
  });

  test('is none of a backup, and is taken back when a master yields', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router()]);
    expect(wills(host)).toEqual([]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.deliver(advert(200));
    expect(wills(host).at(-1)).toBeUndefined();
    expect(wills(host)).toHaveLength(2);
  });

  test('is taken back by an orderly end', () => {
    const host = master(router());
    host.engine.shutdown();
    expect(wills(host).at(-1)).toBeUndefined();
  });

  test('follows the address that the router sends from, and a reload', () => {
    const host = master(router());
    host.changeLink({ addresses: [{ address: '10.9.0.77', prefixLength: 24 }] });
    expect(lastWill(host).families[0]?.source).toBe('10.9.0.77');
    host.engine.configure(2, [router({ advertIntervalMs: 500 })]);
    expect(lastWill(host).families[0]?.parameters.advertIntervalMs).toBe(500);
    expect(wills(host)).toHaveLength(3);
  });

  test('is told again to an agent that is new', () => {
    const host = master(router());
    host.engine.restateWills();
    expect(wills(host)).toHaveLength(2);
  });

  test('holds no secret', () => {
    const authentication: RouterAuthentication = { kind: 'simple-password', password: 'geheim' };
    expect(JSON.stringify(lastWill(master({ ...router({ version: 2 }), authentication })))).not.toContain('geheim');
  });
});

describe('a survivor', () => {
  test('resigns for every router before it takes the first address off', () => {
    const [web, dual] = [master(router()), master(dualRouter({ vrid: 8, name: 'dual' }))].map(lastWill);
    const survivor = new FakeHost();
    const report = executeWills([web, dual].flatMap((will) => will ?? []), survivor.ports);
    expect(survivor.calls).toEqual([
      'open eth0',
      'open eth0 (IPv6)',
      'send priority 0',
      'send priority 0',
      'send priority 0 (IPv6)',
      `release ${VIP}`,
      `release ${VIP}`,
      'release fd09::100',
      'release fe80::100',
      'close eth0',
      'close eth0 (IPv6)',
    ]);
    expect(report.routers).toEqual(['web', 'dual']);
  });

  test('sends from where the engine has sent, in its form, and proves it with a newer number', () => {
    const key = { id: 1, secret: '11'.repeat(32) };
    const authentication = {
      kind: 'hmac', mode: 'enforce', activeKeyId: 1, keys: [key], antiReplay: 'time', timeWindowMs: 10_000,
    } as const satisfies RouterAuthentication;
    const host = master({ ...router(), authentication });
    const survivor = new FakeHost();
    survivor.wallClockMs = 10_000;
    executeWills([{ ...lastWill(host), authentication }], survivor.ports);
    expect(survivor.sent[0]?.envelope).toEqual(host.sent.at(-1)?.envelope);

    const peer = new FakeHost();
    peer.link = { ...peer.link, addresses: [{ address: '10.9.0.3', prefixLength: 24 }] };
    peer.wallClockMs = 10_000;
    peer.engine.configure(1, [{ ...router({ priority: 253 }), authentication }]);
    for (const { payload, envelope } of [...host.sent.slice(-1), ...survivor.sent]) {
      peer.deliver({ interface: 'eth0', ttl: 255, headerValid: true, payload, ...envelope });
    }
    peer.runUntil(peer.now + 50);
    expect(peer.engine.snapshotRouters()[0]).toMatchObject({ state: 'master', reason: 'priority-zero-received' });
  });

  test('leaves what is the own address of an owner', () => {
    const host = new FakeHost();
    host.held.push({ address: VIP, prefixLength: 24, interface: 'eth0', ours: false });
    host.engine.configure(1, [router({ priority: 255 })]);
    const survivor = new FakeHost();
    executeWills([lastWill(host)], survivor.ports);
    expect(survivor.calls).toEqual(['open eth0', 'send priority 0', 'close eth0']);
  });

  test('removes routes before addresses, and virtual links after them, also those of backups', () => {
    const routes = [{ to: { address: '0.0.0.0', prefixLength: 0 }, via: '10.9.0.254', table: 254 }];
    const host = master({ ...router(), routes, virtualMac: true, acceptMode: false });
    const survivor = new FakeHost();
    const link = { parent: 'eth0', name: 'vr4.9.2', mac: '00:00:5e:00:01:09', family: 4 } as const;
    survivor.leftLinks.push(link);
    survivor.refusedTraffic = [VIP];
    executeWills([lastWill(host)], survivor.ports);
    const { virtualLink } = lastWill(host).families[0] ?? {};
    expect(survivor.calls).toEqual([
      'open eth0',
      'send priority 0',
      'release route 0.0.0.0/0',
      `release ${VIP}`,
      `deactivate ${String(virtualLink?.name)}`,
      `remove ${link.name}`,
      'refuse []',
      'close eth0',
    ]);
    expect(survivor.sent[0]?.envelope.sourceMac).toBe('00:00:5e:00:01:07');
  });
});

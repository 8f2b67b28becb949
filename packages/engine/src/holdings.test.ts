// What a master holds besides its advertised addresses: a virtual MAC, extra addresses, routes, and traffic refused.

import { describe, expect, test } from '@jest/globals';
import type { OwnedRoute } from '@baton/net';
import { advert, dualRouter, FakeHost, MASTER_DOWN_MS, OWN, router, VIP, VIPS6 } from './fixtures.js';
import { MAX_LOSSES } from './loss-history.js';
import type { RouterConfiguration } from './messages.js';

const MAC = '00:00:5e:00:01:07';
const vmac: RouterConfiguration = { ...router(), virtualMac: true };

function started(...configurations: RouterConfiguration[]): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, configurations);
  return host;
}

function master(...configurations: RouterConfiguration[]): FakeHost {
  const host = started(...configurations);
  host.runUntil(host.now + MASTER_DOWN_MS);
  host.takeCalls();
  return host;
}

describe('a virtual MAC', () => {
  test('is there from the start, and on only from the claim to the release', () => {
    const host = started(vmac);
    expect(host.takeCalls()).toEqual(['open eth0', 'ensure vr4.7.2', 'initialize -> backup (startup)']);
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.takeCalls()).toEqual([
      'activate vr4.7.2',
      `claim ${VIP}`,
      'send priority 100',
      `announce ${VIP} x5 as reply of ${MAC} by eth0`,
      'backup -> master (master-down-timer)',
    ]);
    expect(host.held).toEqual([expect.objectContaining({ interface: 'vr4.7.2', metric: 4096 })]);
    expect(host.sent[0]?.envelope).toEqual({ source: OWN, destination: '224.0.0.18', sourceMac: MAC });
    host.deliver(advert(200));
    expect(host.takeCalls()).toEqual([
      'send priority 100',
      `release ${VIP}`,
      'deactivate vr4.7.2',
      'master -> backup (higher-priority-advert)',
    ]);
  });

  test('each family has its own', () => {
    const host = master({ ...dualRouter(), virtualMac: true });
    expect(host.sent.map(({ envelope }) => envelope.sourceMac)).toEqual([MAC, '00:00:5e:00:02:07']);
    expect(host.engine.snapshotRouters()[0]?.families.map(({ virtualLink }) => virtualLink)).toEqual([
      { interface: 'vr4.7.2', mac: MAC },
      { interface: 'vr6.7.2', mac: '00:00:5e:00:02:07' },
    ]);
    expect(host.engine.snapshotRouters()[0]?.addresses.every(({ installed }) => installed)).toBe(true);
  });

  test('goes with the router: after the resignation and the release', () => {
    const host = master(vmac);
    host.engine.shutdown();
    expect(host.takeCalls()).toEqual([
      'send priority 0',
      `release ${VIP}`,
      'deactivate vr4.7.2',
      'master -> initialize (shutdown)',
      'remove vr4.7.2',
      'close eth0',
    ]);
  });

  test('that cannot be used keeps the router from being master', () => {
    const host = started(vmac);
    host.takeCalls();
    host.linkErrno = 'EADDRINUSE';
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.calls.filter((call) => call.startsWith('claim') || call.includes('-> master'))).toEqual([]);
    expect(host.calls).toContain('backup -> fault (address-install-failed)');
    expect(host.told('virtual-link-failed')).toEqual([
      { router: 'web', interface: 'eth0', link: 'vr4.7.2', mac: MAC, errno: 'EADDRINUSE' },
    ]);
  });

  test('is made anew when its interface is', () => {
    const host = master(vmac);
    host.changeLink({ exists: false, up: false, index: 0, addresses: [] });
    expect(host.calls).toContain('master -> fault (interface-missing)');
    host.takeCalls();
    host.changeLink({ exists: true, up: true, index: 9, addresses: [{ address: OWN, prefixLength: 24 }] });
    expect(host.takeCalls()).toEqual([
      'open eth0',
      'remove vr4.7.2',
      'ensure vr4.7.9',
      'fault -> backup (fault-cleared)',
    ]);
  });

  test('that was refused is tried again with the next news of its interface', () => {
    const host = new FakeHost();
    host.linkErrno = 'EROFS';
    host.engine.configure(1, [vmac]);
    host.linkErrno = undefined;
    host.takeCalls();
    host.changeLink({});
    expect(host.takeCalls()).toEqual(['ensure vr4.7.2']);
    host.changeLink({});
    expect(host.takeCalls()).toEqual([]);
  });

  test('whose addresses somebody takes off has them back in the same tick', () => {
    const host = master(vmac);
    host.changeVirtualLink('vr4.7.2', { exists: true, addresses: [] });
    expect(host.takeCalls()).toEqual([
      'activate vr4.7.2',
      `claim ${VIP}`,
      `announce ${VIP} x5 as reply of ${MAC} by eth0`,
    ]);
  });

  test('that somebody deletes is put back, until that has happened too often', () => {
    const host = master(vmac);
    const remove = (): void => {
      host.changeVirtualLink('vr4.7.2', { exists: false, addresses: [] });
    };
    remove();
    expect(host.takeCalls()).toContain(`claim ${VIP}`);
    for (let count = 0; count < MAX_LOSSES; count += 1) remove();
    expect(host.calls).toContain('master -> fault (address-install-failed)');
  });

  test('that went with its interface is no loss', () => {
    const host = master(vmac);
    host.link = { ...host.link, exists: false, up: false, index: 0, addresses: [] };
    host.changeVirtualLink('vr4.7.2', { exists: false, addresses: [] });
    expect(host.takeCalls()).toEqual([]);
    expect(host.notices()).not.toContain('address-lost');
  });

  test('of a past life is taken away before anything is sent', () => {
    const host = new FakeHost();
    host.leftLinks.push({ parent: 'eth0', name: 'vr4.9.2', mac: '00:00:5e:00:01:09', family: 4 });
    host.engine.configure(1, [router()]);
    expect(host.takeCalls()).toEqual(['remove vr4.9.2', 'open eth0', 'initialize -> backup (startup)']);
    expect(host.notices()).toContain('leftover-link-removed');
  });

  test('that is configured or not is another router', () => {
    const host = master(router());
    host.engine.configure(2, [vmac]);
    const calls = host.takeCalls();
    expect(calls[0]).toBe('send priority 0');
    expect(calls).toContain('ensure vr4.7.2');
  });

  test('is not where an address was given an interface of its own', () => {
    const addresses = [
      { address: VIP, prefixLength: 24 },
      { address: '10.8.0.100', prefixLength: 24, interface: 'eth1' },
    ];
    const host = started({ ...router({ addresses }), virtualMac: true });
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.held.map((held) => held.interface)).toEqual(['vr4.7.2', 'eth1']);
    expect(host.calls).toContain('announce 10.8.0.100 x5');
  });
});

describe('extra addresses', () => {
  const extra = router({ extraAddresses: [{ address: 'fd09::7', prefixLength: 64 }] });

  test('are held, announced and released with the others, shown, and never advertised', () => {
    const host = master(extra);
    expect(host.held.map(({ address }) => address)).toEqual([VIP, 'fd09::7']);
    expect(host.sent[0]?.payload).toHaveLength(8 + 4);
    expect(host.engine.snapshotRouters()[0]?.addresses.map(({ address }) => address)).toEqual([
      `${VIP}/24`,
      'fd09::7/64',
    ]);
    host.engine.shutdown();
    expect(host.held).toEqual([]);
  });

  test('of a past life are taken off', () => {
    const host = new FakeHost();
    host.held.push({ address: 'fd09::7', prefixLength: 64, interface: 'eth0', ours: true });
    host.engine.configure(1, [extra]);
    expect(host.held).toEqual([]);
  });
});

describe('routes', () => {
  const out: OwnedRoute = { to: { address: '0.0.0.0', prefixLength: 0 }, via: '10.9.0.254', table: 254 };
  const far: OwnedRoute = { to: { address: '10.50.0.0', prefixLength: 16 }, via: '10.9.0.253', table: 254 };
  const far6: OwnedRoute = { to: { address: 'fd50::', prefixLength: 32 }, via: 'fd09::fe', table: 254 };
  const routed: RouterConfiguration = { ...router(), routes: [out, far] };

  test('come after the addresses and go before them', () => {
    const host = started(routed);
    host.takeCalls();
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.takeCalls()).toEqual([
      `claim ${VIP}`,
      'claim route 0.0.0.0/0',
      'claim route 10.50.0.0/16',
      'send priority 100',
      `announce ${VIP} x5`,
      'backup -> master (master-down-timer)',
    ]);
    host.engine.shutdown();
    expect(host.takeCalls().slice(1, 4)).toEqual([
      'release route 10.50.0.0/16',
      'release route 0.0.0.0/0',
      `release ${VIP}`,
    ]);
  });

  test('that the kernel refuses are told, and are no fault: clients can go on using the addresses', () => {
    const host = started(routed);
    host.refusedRoutes = true;
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.engine.snapshotRouters()[0]?.state).toBe('master');
    expect(host.told('route-install-failed')).toEqual([
      { router: 'web', to: '0.0.0.0/0', via: '10.9.0.254', table: 254, errno: 'EEXIST' },
      { router: 'web', to: '10.50.0.0/16', via: '10.9.0.253', table: 254, errno: 'EEXIST' },
    ]);
  });

  test('of a family come with the addresses of that family', () => {
    const host = started({ ...dualRouter(), routes: [out, far6] });
    host.runUntil(host.now + MASTER_DOWN_MS);
    const calls = host.takeCalls();
    expect(calls.indexOf('claim route 0.0.0.0/0')).toBeLessThan(calls.indexOf(`claim ${VIPS6[0]}`));
    expect(calls.indexOf('claim route fd50::/32')).toBeGreaterThan(calls.indexOf(`claim ${VIPS6[1]}`));
  });

  test('change with a reload, and nothing else moves', () => {
    const host = master(routed);
    host.engine.configure(2, [{ ...routed, routes: [far, far6] }]);
    expect(host.takeCalls()).toEqual(['release route 0.0.0.0/0', 'claim route fd50::/32']);
  });

  test('are not touched by a reload of a backup', () => {
    const host = started(routed);
    host.takeCalls();
    host.engine.configure(2, [{ ...routed, routes: [far] }]);
    expect(host.takeCalls()).toEqual([]);
  });

  test('of a past life that lead where ours do are taken away, those of others are left', () => {
    const host = new FakeHost();
    host.leftRoutes.push({ ...out, via: '10.9.0.1' }, { ...far, table: 100 });
    host.engine.configure(1, [routed]);
    expect(host.calls.filter((call) => call.includes('route'))).toEqual(['release route 0.0.0.0/0']);
  });
});

describe('accept: false', () => {
  const deaf: RouterConfiguration = { ...router(), acceptMode: false };

  test('refuses traffic before any address is there, and no longer than the router runs', () => {
    const host = started(deaf);
    expect(host.calls.slice(0, 2)).toEqual(['open eth0', `refuse [${VIP}]`]);
    host.engine.configure(2, [
      deaf,
      router({ name: 'mail', vrid: 8, addresses: [{ address: '10.9.0.101', prefixLength: 24 }] }),
    ]);
    expect(host.calls.filter((call) => call.startsWith('refuse'))).toHaveLength(1);
    host.engine.shutdown();
    expect(host.refusedTraffic).toEqual([]);
  });

  test('counts for all addresses of all such routers, except those of an owner', () => {
    const owner = {
      ...router({ name: 'own', vrid: 9, priority: 255, addresses: [{ address: OWN, prefixLength: 24 }] }),
      acceptMode: false,
    };
    const host = started({ ...dualRouter(), acceptMode: false }, owner);
    expect(host.refusedTraffic).toEqual([VIP, ...VIPS6].sort());
  });

  test('that the kernel cannot do refuses the configuration, and changes nothing', () => {
    const host = master(router());
    host.filterErrno = 'EOPNOTSUPP';
    const elsewhere = {
      ...deaf,
      name: 'mail',
      families: [{ ...deaf.families[0], name: 'mail', vrid: 8, interface: 'lo' }] as const,
    };
    const configure = (): void => {
      host.engine.configure(2, [router(), elsewhere]);
    };
    expect(configure).toThrow('cannot refuse traffic to the addresses of routers with accept: false: EOPNOTSUPP');
    expect(host.takeCalls()).toEqual(['open lo', 'close lo']);
    expect(host.engine.snapshotRouters().map(({ name, state }) => [name, state])).toEqual([['web', 'master']]);
  });

  test('that cannot be ended refuses the configuration, and is ended by the next one', () => {
    const host = started(deaf);
    host.filterErrno = 'ENOBUFS';
    const accept = (): void => {
      host.engine.configure(2, [router()]);
    };
    expect(accept).toThrow('cannot stop refusing traffic: ENOBUFS');
    host.filterErrno = undefined;
    accept();
    expect(host.refusedTraffic).toEqual([]);
  });

  test('is nothing to end where the kernel has no filters', () => {
    const host = new FakeHost();
    host.filterErrno = 'EOPNOTSUPP';
    host.engine.configure(1, [router()]);
    expect(host.engine.snapshotRouters()).toHaveLength(1);
  });

  test('of an earlier life ends with the start', () => {
    const host = started(router());
    expect(host.refusedTraffic).toEqual([]);
  });
});

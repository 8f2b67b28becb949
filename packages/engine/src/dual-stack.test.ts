// One router with addresses of both families: two VRRP sessions, one state for the agent.

import { describe, expect, test } from '@jest/globals';
import {
  advert,
  advert6,
  dualRouter,
  FakeHost,
  hosting,
  MASTER_DOWN_MS,
  OWN6,
  parameters6,
  VIP,
  VIPS6,
} from './fixtures.js';

function dualHost(): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [dualRouter()]);
  return host;
}

function dualMaster(): FakeHost {
  const host = dualHost();
  host.runUntil(host.now + MASTER_DOWN_MS);
  return host;
}

/** What the agent was told of states. */
function transitions(host: FakeHost): string[] {
  const changes = host.messages.flatMap((message) => (message.type === 'state-changed' ? [message.change] : []));
  return changes.map(({ from, to, reason, epoch }) => `${from} -> ${to} (${reason}) epoch ${String(epoch)}`);
}

describe('a router with addresses of both families', () => {
  test('is told once, after both families have acted', () => {
    const host = dualMaster();
    expect(host.takeCalls()).toEqual([
      'open eth0',
      'open eth0 (IPv6)',
      'initialize -> backup (startup)',
      `claim ${VIP}`,
      ...VIPS6.map((address) => `claim ${address}`),
      'send priority 100',
      `announce ${VIP} x5`,
      'send priority 100 (IPv6)',
      `announce ${VIPS6.join(',')} x5`,
      'backup -> master (master-down-timer)',
    ]);
    expect(transitions(host)).toEqual([
      'initialize -> backup (startup) epoch 0',
      'backup -> master (master-down-timer) epoch 1',
    ]);
  });

  test('sends each family from its own primary address to its own group', () => {
    const host = dualMaster();
    expect(host.sent.map(({ envelope }) => envelope)).toEqual([
      { source: '10.9.0.1', destination: '224.0.0.18' },
      { source: OWN6, destination: 'ff02::12' },
    ]);
  });

  test('shows one state, and each family by itself', () => {
    const host = dualHost();
    host.deliver(advert(200));
    host.deliver(advert6(200));
    const [snapshot] = host.engine.snapshotRouters();
    expect(snapshot).toMatchObject({
      state: 'backup',
      primaryAddress: '10.9.0.1',
      statistics: { adverts_received: 2 },
    });
    expect(snapshot?.families.map(({ family, primaryAddress, master }) => [family, primaryAddress, master])).toEqual([
      [4, '10.9.0.1', { address: '10.9.0.2', priority: 200 }],
      [6, OWN6, { address: 'fe80::2', priority: 200 }],
    ]);
    expect(snapshot?.addresses.map(({ address }) => address)).toEqual([`${VIP}/24`, 'fe80::100/64', 'fd09::100/64']);
  });

  test('counts a mastership once', () => {
    const [snapshot] = dualMaster().engine.snapshotRouters();
    expect(snapshot?.statistics).toMatchObject({ became_master: 1, adverts_sent: 2 });
  });

  test('is in fault while one family is, and never called master for addresses that it does not hold', () => {
    const host = new FakeHost();
    host.refusedAddresses.add(VIPS6[1]);
    host.engine.configure(1, [dualRouter()]);
    host.takeCalls();
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(transitions(host)).toEqual([
      'initialize -> backup (startup) epoch 0',
      'backup -> fault (address-install-failed) epoch 0',
    ]);
    expect(host.engine.snapshotRouters()[0]).toMatchObject({ state: 'fault', faults: ['address-install-failed'] });
  });

  test('waits for a link-local address, and does not take a virtual one for it', () => {
    const host = new FakeHost();
    host.link = {
      ...host.link,
      addresses: [
        { address: '10.9.0.1', prefixLength: 24 },
        { address: VIPS6[0], prefixLength: 64 },
      ],
    };
    host.engine.configure(1, [dualRouter()]);
    expect(host.engine.snapshotRouters()[0]).toMatchObject({ state: 'fault', faults: ['no-primary-address'] });
    host.changeLink({ addresses: [...host.link.addresses, { address: OWN6, prefixLength: 64 }] });
    expect(host.engine.snapshotRouters()[0]?.state).toBe('backup');
  });

  test('sends IPv6 from a link-local address also when a global one comes first', () => {
    const host = new FakeHost();
    host.link = { ...host.link, addresses: [{ address: 'fd09::1', prefixLength: 64 }, ...host.link.addresses] };
    host.engine.configure(1, [hosting([parameters6()])]);
    expect(host.engine.snapshotRouters()[0]?.primaryAddress).toBe(OWN6);
  });
});

describe('addresses that somebody takes off a master of both families', () => {
  test('are back in the same tick, each family by itself', () => {
    const host = dualMaster();
    const own = host.link.addresses;
    const virtual = [VIP, ...VIPS6].map((address) => ({ address, prefixLength: 64 }));
    host.changeLink({ addresses: [...own, ...virtual] });
    host.takeCalls();
    host.changeLink({ addresses: own });
    expect(host.takeCalls()).toEqual([
      `claim ${VIP}`,
      `announce ${VIP} x5`,
      ...VIPS6.map((address) => `claim ${address}`),
      `announce ${VIPS6.join(',')} x5`,
    ]);
    expect(host.told('address-lost')).toHaveLength(3);
  });
});

// Routers that move together: the families of one router, and the routers of a sync group, also across a reload.

import { describe, expect, test } from '@jest/globals';
import {
  advert,
  advert6,
  dualRouter,
  FakeHost,
  hosting,
  MASTER_DOWN_MS,
  OWN,
  parameters,
  parameters6,
  router,
  VIP,
  VIPS6,
} from './fixtures.js';
import type { SyncGroupConfiguration } from './messages.js';

const OTHER_VIP = '10.9.0.101';
const web = router();
const inside = router({ name: 'inside', vrid: 8, addresses: [{ address: OTHER_VIP, prefixLength: 24 }] });
const EDGE: SyncGroupConfiguration[] = [{ name: 'edge', routers: ['web', 'inside'] }];

/** Runs as master of both routers. */
function edgeMaster(): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [web, inside], EDGE);
  host.runUntil(host.now + MASTER_DOWN_MS);
  host.takeCalls();
  return host;
}

function states(host: FakeHost): string[] {
  return host.engine.snapshotRouters().map(({ name, state }) => `${name} ${state}`);
}

describe('a sync group', () => {
  test('is promoted in one step, and told when all hold their addresses', () => {
    const host = new FakeHost();
    host.engine.configure(1, [web, inside], EDGE);
    host.takeCalls();
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.takeCalls()).toEqual([
      `claim ${VIP}`,
      `claim ${OTHER_VIP}`,
      'send priority 100',
      `announce ${VIP} x5`,
      'send priority 100',
      `announce ${OTHER_VIP} x5`,
      'backup -> master (master-down-timer)',
      'backup -> master (master-down-timer)',
    ]);
  });

  test('yields as a whole when one member has a failed tracker', () => {
    const host = edgeMaster();
    host.engine.setHealth('inside', { adjustment: 0, failed: true });
    expect(host.calls).toContain('master -> fault (tracker-failed)');
    expect(host.calls).toContain('master -> backup (group-member-left)');
    expect(host.held).toEqual([]);
  });

  test.each([
    [OTHER_VIP, ['web backup', 'inside fault']],
    [VIP, ['web fault', 'inside backup']],
  ])('of which %s is refused is nowhere called master, and holds nothing', (refused, expected) => {
    const host = new FakeHost();
    host.refusedAddresses.add(refused);
    host.engine.configure(1, [web, inside], EDGE);
    host.takeCalls();
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(host.calls.filter((call) => call.includes('-> master'))).toEqual([]);
    expect(states(host)).toEqual(expected);
    expect(host.engine.snapshotRouters().map(({ epoch }) => epoch)).toEqual([0, 0]);
    expect(host.held).toEqual([]);
    // What comes after the refusal is void.
    if (refused === VIP) expect(host.calls.filter((call) => call.startsWith('announce'))).toEqual([]);
  });

  test('stays backup while one member hears a master, and says so after a while', () => {
    const host = new FakeHost();
    host.engine.configure(1, [web, inside], EDGE);
    for (let second = 0; second < 12; second += 1) {
      host.deliver(advert(200));
      host.runUntil(host.now + 1000);
    }
    expect(states(host)).toEqual(['web backup', 'inside backup']);
    expect(host.told('sync-group-split')).toEqual([
      { router: 'inside', family: 4, group: 'edge', active: true, following: 'web' },
    ]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(states(host)).toEqual(['web master', 'inside master']);
    expect(host.told('sync-group-split').at(-1)).toMatchObject({ active: false });
  });

  test('that slept too long steps down as a whole and sends nothing', () => {
    const host = edgeMaster();
    host.sleep(6000);
    host.fireTimer();
    expect(host.calls.filter((call) => call.startsWith('send'))).toEqual([]);
    expect(states(host)).toEqual(['web backup', 'inside backup']);
  });

  test('leaves at shutdown with one resignation of each', () => {
    const host = edgeMaster();
    host.engine.shutdown();
    expect(host.calls.filter((call) => call.startsWith('send'))).toEqual(['send priority 0', 'send priority 0']);
    expect(host.calls.filter((call) => call.includes('->'))).toEqual([
      'master -> initialize (shutdown)',
      'master -> initialize (shutdown)',
    ]);
  });
});

describe('a reload of a sync group', () => {
  test('that changes nothing does nothing', () => {
    const host = edgeMaster();
    host.engine.configure(2, [web, inside], EDGE);
    expect(host.takeCalls()).toEqual([]);
  });

  test('lets a member go without moving the others', () => {
    const host = edgeMaster();
    host.engine.configure(2, [web]);
    expect(host.takeCalls()).toEqual(['send priority 0', `release ${OTHER_VIP}`, 'master -> initialize (shutdown)']);
    expect(states(host)).toEqual(['web master']);
  });

  test('takes a running router out of the group, and it goes on by itself', () => {
    const host = edgeMaster();
    host.engine.configure(2, [web, inside]);
    expect(host.takeCalls()).toEqual([]);
    host.engine.setHealth('inside', { adjustment: 0, failed: true });
    expect(states(host)).toEqual(['web master', 'inside fault']);
  });

  test('takes a member in, which follows when it is ready', () => {
    const host = new FakeHost();
    host.engine.configure(1, [web]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.engine.configure(2, [web, inside], EDGE);
    expect(host.takeCalls()).toEqual(['initialize -> backup (startup)']);
    host.runUntil(host.now + MASTER_DOWN_MS);
    expect(states(host)).toEqual(['web master', 'inside master']);
    expect(host.calls).not.toContain(`release ${VIP}`);
  });

  test('puts two masters into a group without moving either', () => {
    const host = new FakeHost();
    host.engine.configure(1, [web, inside]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.engine.configure(2, [web, inside], EDGE);
    expect(host.takeCalls()).toEqual([]);
    host.engine.setHealth('web', { adjustment: 0, failed: true });
    expect(states(host)).toEqual(['web fault', 'inside backup']);
  });
});

describe('the families of one router move together', () => {
  test('one that hears a master keeps the other from being one', () => {
    const host = new FakeHost();
    host.engine.configure(1, [dualRouter()]);
    for (let second = 0; second < 6; second += 1) {
      host.deliver(advert6(200));
      host.runUntil(host.now + 1000);
    }
    expect(states(host)).toEqual(['web backup']);
    expect(host.held).toEqual([]);
  });

  test('a link that goes down is one fault, and no send is tried over it', () => {
    const host = new FakeHost();
    host.engine.configure(1, [dualRouter()]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.sendErrno = 'ENETDOWN';
    host.changeLink({ up: false });
    expect(host.calls.filter((call) => call.includes('->'))).toEqual(['master -> fault (link-down)']);
    expect(host.told('advertisement-send-failed')).toEqual([]);
    expect(host.held).toEqual([]);
  });

  test('without its link-local address the IPv4 addresses go, too, and both come back', () => {
    const host = new FakeHost();
    const { addresses } = host.link;
    host.engine.configure(1, [dualRouter()]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.changeLink({ addresses: [{ address: OWN, prefixLength: 24 }] });
    expect(states(host)).toEqual(['web fault']);
    expect(host.held).toEqual([]);
    host.changeLink({ addresses });
    host.runUntil(host.now + 2 * MASTER_DOWN_MS);
    expect(states(host)).toEqual(['web master']);
  });

  test('a family that a reload adds to a master is no change of state, and is announced when it is master', () => {
    const host = new FakeHost();
    host.engine.configure(1, [web]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.engine.configure(2, [dualRouter()]);
    expect(host.takeCalls()).toEqual(['open eth0 (IPv6)']);
    expect(states(host)).toEqual(['web master']);
    host.runUntil(host.now + MASTER_DOWN_MS);
    const calls = host.takeCalls();
    expect(calls.filter((call) => call.includes('->') || call.startsWith('release'))).toEqual([]);
    expect(calls).toContain(`announce ${VIPS6.join(',')} x5`);
    expect(host.engine.snapshotRouters()[0]?.families.map(({ state }) => state)).toEqual(['master', 'master']);
    host.engine.setHealth('web', { adjustment: 0, failed: true });
    expect(host.calls.filter((call) => call.includes('->'))).toEqual(['master -> fault (tracker-failed)']);
  });

  test('a family that a reload adds to a backup is told when both wait', () => {
    const host = new FakeHost();
    host.engine.configure(1, [hosting([parameters6()])]);
    host.takeCalls();
    host.engine.configure(2, [hosting([parameters(), parameters6()])]);
    expect(host.takeCalls()).toEqual(['open eth0']);
    expect(host.engine.snapshotRouters()[0]?.families.map(({ family }) => family)).toEqual([4, 6]);
  });

  test('a family that a reload takes away resigns alone', () => {
    const host = new FakeHost();
    host.engine.configure(1, [dualRouter()]);
    host.runUntil(host.now + MASTER_DOWN_MS);
    host.takeCalls();
    host.engine.configure(2, [web]);
    expect(host.takeCalls()).toEqual([
      'send priority 0 (IPv6)',
      ...VIPS6.toReversed().map((address) => `release ${address}`),
      'close eth0 (IPv6)',
    ]);
    expect(states(host)).toEqual(['web master']);
  });
});

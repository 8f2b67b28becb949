// What the agent orders: letting go, taking over, maintenance.

import { describe, expect, test } from '@jest/globals';
import { advert, dualRouter, FakeHost, MASTER_DOWN_MS, parameters, router, VIP, VIPS6 } from './fixtures.js';

function backup(): FakeHost {
  const host = new FakeHost();
  host.engine.configure(1, [router()]);
  host.takeCalls();
  return host;
}

function master(): FakeHost {
  const host = backup();
  host.runUntil(host.now + MASTER_DOWN_MS);
  host.takeCalls();
  return host;
}

function answers(host: FakeHost): unknown[] {
  return host.messages.filter(({ type }) => type === 'take-over-answered');
}

const refused = (why: string, name = 'web'): unknown => ({ type: 'take-over-answered', router: name, ok: false, why });

describe('a router that is told to take over', () => {
  test('holds its addresses before it advertises, and answers when it is master [BATON-handover-2]', () => {
    const host = backup();
    host.engine.takeOver('web');
    expect(host.takeCalls()).toEqual([
      `claim ${VIP}`, `announce ${VIP} x5`, 'send priority 100', 'backup -> master (handover)',
    ]);
    expect(answers(host)).toEqual([{ type: 'take-over-answered', router: 'web', ok: true }]);
  });

  test('does so with both families [BATON-handover-6]', () => {
    const host = new FakeHost();
    host.engine.configure(1, [dualRouter()]);
    host.takeCalls();
    host.engine.takeOver('web');
    expect(host.takeCalls()).toEqual([
      `claim ${VIP}`, ...VIPS6.map((address) => `claim ${address}`), `announce ${VIP} x5`, 'send priority 100',
      `announce ${VIPS6.join(',')} x5`, 'send priority 100 (IPv6)', 'backup -> master (handover)',
    ]);
  });

  test('answers that its addresses were refused, and sends nothing', () => {
    const host = backup();
    host.refusedAddresses.add(VIP);
    host.engine.takeOver('web');
    expect(host.takeCalls().filter((call) => call.startsWith('send'))).toEqual([]);
    expect(answers(host)).toEqual([refused('address-install-failed')]);
  });

  test('answers that it is in fault, or that there is no such router', () => {
    const host = backup();
    host.engine.setHealth('web', { adjustment: 0, failed: true });
    host.engine.takeOver('web');
    host.engine.takeOver('inside');
    expect(answers(host)).toEqual([refused('fault'), refused('unknown-router', 'inside')]);
  });
});

describe('a router that has to let go', () => {
  test('advertises the lowest priority, lets go to whoever answers and shows it [BATON-handover-1]', () => {
    const host = master();
    host.engine.setHeld('web', true);
    host.deliver(advert(50));
    expect(host.takeCalls()).toEqual([
      'send priority 1', 'send priority 1', `release ${VIP}`, 'master -> backup (handover)',
    ]);
    expect(host.engine.snapshotRouters()[0]).toMatchObject({ held: true, priority: { configured: 100, effective: 1 } });
    host.engine.setHeld('web', false);
    expect(host.engine.snapshotRouters()[0]).toMatchObject({ held: false, priority: { effective: 100 } });
  });

  test('is told of when it owns its addresses [BATON-handover-4]', () => {
    const host = new FakeHost();
    host.engine.configure(1, [router({ priority: 255 })]);
    host.takeCalls();
    host.engine.setHeld('web', true);
    host.engine.setHeld('inside', true);
    expect(host.takeCalls()).toEqual([]);
    expect(host.messages).toContainEqual(expect.objectContaining({
      type: 'notice', event: 'hold-refused', fields: { router: 'web', why: 'address-owner' },
    }));
    expect(host.engine.snapshotRouters()[0]?.held).toBe(false);
  });
});

describe('maintenance', () => {
  test('makes a master resign, and ends', () => {
    const host = master();
    host.engine.setMaintenance(true);
    host.engine.setMaintenance(true);
    expect(host.takeCalls()).toEqual(['send priority 0', `release ${VIP}`, 'master -> fault (maintenance)']);
    host.engine.setMaintenance(false);
    expect(host.takeCalls()).toEqual(['fault -> backup (fault-cleared)']);
  });

  test('holds for routers that come later, and before the first configuration', () => {
    const host = new FakeHost();
    host.engine.setMaintenance(true);
    host.engine.configure(1, [router({ priority: 255 })]);
    host.engine.configure(2, [router({ priority: 255 }), router({ ...parameters(), name: 'inside', vrid: 8 })]);
    expect(host.engine.snapshotRouters().map(({ state, faults }) => [state, faults]))
      .toEqual([['fault', ['maintenance']], ['fault', ['maintenance']]]);
  });
});

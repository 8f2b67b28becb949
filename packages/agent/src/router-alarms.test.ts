import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AlarmRegistry } from './alarms.js';
import type { Notice } from './events.js';
import { settings } from './machine.fixture.js';
import { CLAIM_MEMORY_MS, RouterAlarms } from './router-alarms.js';

const web = settings('web');
const claim = (address: string): Notice => ({
  type: 'notice', level: 'warn', event: 'foreign-claim-seen', at: 0,
  fields: { interface: 'eth0', address, mac: '02:00:00:00:00:99' },
});

let registry: AlarmRegistry;
let routers: RouterAlarms;
const up = (): string[] => registry.list().map(({ name, subject }) => `${name} ${subject}`);
beforeEach(() => {
  jest.useFakeTimers();
  registry = new AlarmRegistry(() => 0, () => undefined);
  routers = new RouterAlarms(registry, () => ['lo', 'eth1']);
});
afterEach(() => {
  routers.close();
  jest.useRealTimers();
});

describe('alarms of routers', () => {
  test('a missing interface is an alarm of its router until it is there', () => {
    routers.noteState('web', 'fault', ['interface-missing'], web);
    expect(up()).toEqual(['interface-missing web']);
    routers.noteState('web', 'fault', ['link-down'], web);
    expect(up()).toEqual([]);
  });

  test('an interface that is missing is named with its place in the file and those that there are', () => {
    routers.noteState('web', 'fault', ['interface-missing'], web);
    routers.noteFile({ file: '/f', places: { 'virtual_routers.web.interface': { line: 4, column: 20 } } });
    expect(registry.list()).toMatchObject([
      { detail: 'eth0 does not exist (/f:4:20); waiting for it; this host has lo, eth1' }]);
  });

  test.each([
    ['socket-unavailable', 'no socket could be opened on eth0; tried again each second'],
    ['source-address-missing', 'source_address 10.0.0.5 is not on eth0'],
    ['no-primary-address', 'eth0 has no address to send from besides the virtual ones; give it one of its own'],
    ['address-install-failed', '192.0.2.10 on eth0: EACCES'],
  ] as const)('the fault %s is an alarm with its circumstances until it is over', (reason, detail) => {
    routers.noteNotice({
      ...claim('192.0.2.10'), event: 'address-install-failed',
      fields: { router: 'web', address: '192.0.2.10', interface: 'eth0', errno: 'EACCES' },
    });
    routers.noteState('web', 'fault', [reason], { ...web, sourceAddresses: { 4: '10.0.0.5' } });
    expect(registry.list()).toMatchObject([{ name: reason, subject: 'web', detail }]);
    routers.noteState('web', 'backup', [], web);
    expect(up()).toEqual([]);
  });

  test('somebody else who claims an address is an alarm only while this node is its master', () => {
    routers.noteState('web', 'backup', [], web);
    routers.noteNotice(claim('192.0.2.10'));
    expect(up()).toEqual([]);
    routers.noteState('web', 'master', [], web);
    routers.noteNotice(claim('192.0.2.99'));
    expect(up()).toEqual([]);
    routers.noteNotice(claim('192.0.2.10'));
    expect(up()).toEqual(['duplicate-address 192.0.2.10']);
    routers.noteState('web', 'backup', [], web);
    expect(up()).toEqual([]);
  });

  test('the alarm ends when the claims do, and goes on while they do', () => {
    routers.noteState('web', 'master', [], web);
    routers.noteNotice(claim('192.0.2.10'));
    jest.advanceTimersByTime(CLAIM_MEMORY_MS - 1);
    routers.noteNotice(claim('192.0.2.10'));
    jest.advanceTimersByTime(CLAIM_MEMORY_MS - 1);
    expect(up()).toEqual(['duplicate-address 192.0.2.10']);
    jest.advanceTimersByTime(1);
    expect(up()).toEqual([]);
  });

  test('a member that its sync group holds back is an alarm until it is not any more', () => {
    const split = (active: boolean): Notice => ({
      ...claim(''), event: 'sync-group-split', fields: { router: 'web', active, following: 'inside dmz' },
    });
    routers.noteNotice(split(true));
    expect(registry.list()).toMatchObject([{
      name: 'sync-group-split', subject: 'web',
      detail: 'hears no master and may not become one, because another hears its own: inside, dmz',
    }]);
    routers.noteNotice(split(false));
    expect(up()).toEqual([]);
  });

  test('other notices are none', () => {
    routers.noteState('web', 'master', [], web);
    routers.noteNotice({ ...claim('192.0.2.10'), event: 'leftover-address-removed' });
    expect(up()).toEqual([]);
  });
});

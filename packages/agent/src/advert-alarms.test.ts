import { beforeEach, describe, expect, test } from '@jest/globals';
import { AdvertAlarms, ALARM_SILENCE_MS, MAX_SOURCES, MAX_TROUBLES } from './advert-alarms.js';
import { AlarmRegistry } from './alarms.js';
import type { Notice } from './events.js';
import { counted } from './machine.fixture.js';

const WALL = Date.UTC(2026, 0, 1);
const SAID = { vrid: 51, version: 3, priority: 255, advert_interval_ms: 1000, addresses: '192.0.2.10 192.0.2.11' };
const FROM = { router: 'web', interface: 'eth0', family: 4, source: '10.0.0.99', ttl: 255 };

let registry: AlarmRegistry;
let alarms: AdvertAlarms;
let told: string[];
const up = (): string[] => registry.list().map(({ name, subject }) => `${name} ${subject}`);
const detail = (): string | undefined => registry.list()[0]?.detail;
beforeEach(() => {
  told = [];
  registry = new AlarmRegistry(() => WALL, (change, { name }) => { told.push(`${change} ${name}`); });
  alarms = new AdvertAlarms(registry);
});

function notice(event: string, fields: Notice['fields'] = {}): Notice {
  return { type: 'notice', level: 'warn', event, fields: { ...FROM, ...fields }, at: WALL };
}

function discarded(reason: string, fields: Notice['fields'] = {}): Notice {
  return notice('advertisement-discarded', { reason, ...fields });
}

describe('an advertisement that is discarded', () => {
  test.each([
    ['vrid-collision', 'vrid-collision'], ['checksum-error', 'checksum-mismatch'],
    ['authentication-missing', 'authentication-failed'], ['authentication-type-mismatch', 'authentication-failed'],
    ['authentication-unknown-key', 'authentication-failed'], ['authentication-failed', 'authentication-failed'],
    ['authentication-stale', 'authentication-failed'], ['authentication-replayed', 'authentication-failed'],
    ['interval-error', 'interval-mismatch'], ['address-list-error', 'address-list-mismatch'],
    ['ttl-error', 'adverts-discarded'], ['packet-length-error', 'adverts-discarded'],
    ['version-error', 'adverts-discarded'], ['type-error', 'adverts-discarded'],
    ['destination-error', 'adverts-discarded'], ['unknown-source', 'adverts-discarded'],
    ['own-packet', 'adverts-discarded'],
  ])('because of %s is the alarm %s when it repeats, and none when it does not', (reason, alarm) => {
    alarms.noteNotice(discarded(reason), 0);
    alarms.takeSnapshot(counted({ discarded: { [reason]: 1 } }), 2000, WALL + 2000);
    expect(up()).toEqual([]);
    alarms.takeSnapshot(counted({ discarded: { [reason]: 2 } }), 4000, WALL + 4000);
    expect(up()).toEqual([`${alarm} web`]);
  });

  test('because of owner-conflict is an alarm at once', () => {
    alarms.noteNotice(discarded('owner-conflict'), 0);
    expect(up()).toEqual(['owner-conflict web']);
  });

  test('says who, what, how often, since when and when last, with the MAC address where the observer saw it', () => {
    const senders = [
      { interface: 'eth0', address: '10.0.0.99', mac: '02:00:00:00:00:99' },
      { interface: 'eth1', address: '10.0.0.99', mac: '02:00:00:00:00:98' },
    ];
    alarms.noteNotice(discarded('ttl-error', { ...SAID, source: '10.0.0.98' }), 0);
    alarms.noteNotice(discarded('own-packet', SAID), 500);
    alarms.takeSnapshot(counted({ discarded: { 'ttl-error': 12, 'own-packet': 1 }, senders }), 2000, WALL + 2000);
    expect(registry.list()).toEqual([{
      name: 'adverts-discarded', subject: 'web', sinceMs: WALL,
      detail: 'ttl-error 12 times, own-packet once from 10.0.0.98 on eth0, 10.0.0.99 (02:00:00:00:00:99) on eth0: ' +
        'priority 255, every 1000 ms, 192.0.2.10 192.0.2.11',
      evidence: {
        reasons: { 'ttl-error': 12, 'own-packet': 1 }, lastAtMs: WALL + 2000,
        sources: [
          { address: '10.0.0.98', interface: 'eth0' },
          { address: '10.0.0.99', interface: 'eth0', mac: '02:00:00:00:00:99' },
        ],
        advertisement: {
          vrid: 51, version: 3, priority: 255, advertIntervalMs: 1000, addresses: ['192.0.2.10', '192.0.2.11'],
        },
      },
    }]);
  });

  test('counts from the beginning of the alarm, not of the engine', () => {
    alarms.takeSnapshot(counted({ discarded: { 'ttl-error': 100 } }), 0, WALL);
    alarms.noteNotice(discarded('ttl-error'), 1000);
    alarms.takeSnapshot(counted({ discarded: { 'ttl-error': 103 } }), 2000, WALL);
    expect(detail()).toMatch(/^ttl-error 3 times /u);
  });

  test('counts on when the router was made anew and its counters began again', () => {
    alarms.takeSnapshot(counted({ discarded: { 'ttl-error': 100 } }), 0, WALL);
    alarms.noteNotice(discarded('ttl-error'), 1000);
    alarms.takeSnapshot(counted({ discarded: { 'ttl-error': 3 } }), 2000, WALL);
    expect(detail()).toMatch(/^ttl-error 3 times /u);
  });

  test('without a router of ours is an alarm of the interface', () => {
    const fields = { reason: 'ttl-error', interface: 'eth0', source: '10.0.0.99' };
    alarms.noteNotice({ ...discarded('ttl-error'), fields }, 0);
    alarms.takeSnapshot(counted({ discarded: { 'ttl-error': 7 }, unrelated: { 'ttl-error': 2 } }), 2000, WALL);
    expect(up()).toEqual(['adverts-discarded eth0']);
    expect(detail()).toMatch(/^ttl-error 2 times /u);
  });
});

describe('an advertisement that is accepted', () => {
  test.each(['address-drift', 'address-list-mismatch', 'interval-mismatch'])('with %s is an alarm when it repeats',
    (remark) => {
      alarms.noteNotice(notice(remark), 0);
      expect(up()).toEqual([]);
      alarms.takeSnapshot(counted({ remarked: { [remark]: 2 } }), 2000, WALL);
      expect(up()).toEqual([`${remark} web`]);
    });

  test.each(['unknown-master', 'owner-conflict'])('with %s is an alarm at once [D16]', (remark) => {
    alarms.noteNotice(notice(remark, SAID), 0);
    expect(up()).toEqual([`${remark} web`]);
  });

  test.each(['unauthenticated', 'state-changed', 'stall-detected'])('with %s is none', (event) => {
    expect(alarms.noteNotice(notice(event), 0)).toBe(false);
    alarms.takeSnapshot(counted({ remarked: { [event]: 9 } }), 2000, WALL);
    expect([up(), alarms.isWatching()]).toEqual([[], false]);
  });
});

test('a virtual router of others is no alarm, however often it is heard', () => {
  alarms.noteNotice({ ...discarded('unknown-vrid'), fields: { reason: 'unknown-vrid', interface: 'eth0' } }, 0);
  alarms.takeSnapshot(counted({ unrelated: { 'unknown-vrid': 1000 } }), 2000, WALL);
  expect(up()).toEqual([]);
});

describe('an alarm about advertisements', () => {
  test('goes on while the counter grows, and ends when it was silent for long enough', () => {
    alarms.noteNotice(discarded('vrid-collision'), 0);
    alarms.takeSnapshot(counted({ discarded: { 'vrid-collision': 2 } }), 1000, WALL);
    alarms.takeSnapshot(counted({ discarded: { 'vrid-collision': 3 } }), ALARM_SILENCE_MS, WALL);
    alarms.takeSnapshot(counted({ discarded: { 'vrid-collision': 3 } }), 2 * ALARM_SILENCE_MS - 1, WALL);
    expect(up()).toEqual(['vrid-collision web']);
    expect(alarms.isWatching()).toBe(true);
    alarms.takeSnapshot(counted({ discarded: { 'vrid-collision': 3 } }), 2 * ALARM_SILENCE_MS, WALL);
    expect(up()).toEqual([]);
    expect(alarms.isWatching()).toBe(false);
    expect(told).toEqual(['alarm-raised vrid-collision', 'alarm-cleared vrid-collision']);
  });

  test('does not watch for ever what happened once', () => {
    alarms.noteNotice(discarded('ttl-error'), 0);
    alarms.takeSnapshot(counted({ discarded: { 'ttl-error': 1 } }), ALARM_SILENCE_MS, WALL);
    expect([alarms.isWatching(), told]).toEqual([false, []]);
  });

  test('ends with its router', () => {
    alarms.noteNotice(notice('unknown-master'), 0);
    alarms.noteNotice(notice('unknown-master', { router: 'inside' }), 0);
    alarms.forgetRouter('web');
    expect(up()).toEqual(['unknown-master inside']);
  });

  test('names the newest senders only, however many somebody invents', () => {
    for (let index = 0; index < 100; index += 1) {
      alarms.noteNotice(notice('unknown-master', { source: `10.0.1.${String(index)}` }), 0);
    }
    const sources = registry.list()[0]?.evidence?.sources.map(({ address }) => address);
    expect(sources).toHaveLength(MAX_SOURCES);
    expect(sources?.at(-1)).toBe('10.0.1.99');
  });

  test('cannot be one of too many: the one that is silent for longest gives way', () => {
    for (let index = 0; index <= MAX_TROUBLES; index += 1) {
      alarms.noteNotice(notice('unknown-master', { router: `r${String(index)}` }), 0);
    }
    expect(up()).toHaveLength(MAX_TROUBLES);
    expect(up()[0]).toBe('unknown-master r1');
  });
});

import { describe, expect, test } from '@jest/globals';
import { assert } from '@baton/base';
import type { FamilySnapshot, HeardRouter, RouterSnapshot } from '@baton/engine/messages';
import { createStatistics } from '@baton/vrrp';
import type { RouterStatus } from './control/messages.js';
import { routerSnapshot, settings } from './machine.fixture.js';
import { buildStatus, type StatusSource } from './status.js';

const NOW = Date.UTC(2026, 0, 1, 0, 0, 10);
const heard = (address: string, agoMs: number, priority = 100): HeardRouter =>
  ({ address, priority, advertIntervalMs: 1000, checksumForm: 'pseudo-header', lastHeardMs: NOW - agoMs });

/** A router with one family. */
function router(change: Partial<RouterSnapshot> = {}, family: Partial<FamilySnapshot> = {}): RouterSnapshot {
  const { families: [first], ...whole } = routerSnapshot({
    state: 'backup', priority: { configured: 200, effective: 150 }, held: true, sinceMs: NOW - 10_000, epoch: 7,
    addresses: [{ address: '192.0.2.10/24', interface: 'eth0', installed: false }], masterDownIntervalMs: 3609,
    ...change,
  });
  assert(first !== undefined, 'every router has a family');
  const { state, master, heard, masterDownIntervalMs } = whole;
  return { ...whole, families: [{ ...first, state, master, heard, masterDownIntervalMs, ...family }] };
}
const source = (routers: readonly RouterSnapshot[]): StatusSource => ({
  node: 'lb-a', version: '1.0.0', peers: [{ node: 'lb-b', address: '10.0.0.12', port: 8512 }], routers,
  settings: [settings('web')], groups: [],
  engine: {
    pid: 42, driver: 'koffi', scheduling: 'round-robin', generation: 3, rssBytes: 1, stallMs: 0, discarded: { ttl: 2 },
    observer: 'off', senders: [],
  },
  alarms: [{ name: 'interface-missing', subject: 'web', sinceMs: NOW - 1000, detail: 'eth0 does not exist' }],
  maintenance: false, refused: null, channel: undefined, nowMs: NOW,
});
const first = (change: Partial<RouterSnapshot>): RouterStatus | undefined =>
  buildStatus(source([router(change)])).virtual_routers[0];

describe('the status report', () => {
  test('has every field that users are promised', () => {
    expect(buildStatus(source([router()]))).toEqual({
      node: 'lb-a', version: '1.0.0', generation: 3, maintenance: false,
      virtual_routers: [{
        name: 'web', interface: 'eth0', vrid: 51, version: 3, state: 'backup', faults: [],
        priority: { configured: 200, effective: 150 }, held: true, advert_interval_ms: 1000, preempt: true,
        master_down_interval_ms: 3609,
        since: '2026-01-01T00:00:00.000Z', reason: 'startup', epoch: 7,
        addresses: [{ address: '192.0.2.10/24', installed: false }], master: null,
        peers: [{
          node: 'lb-b', address: '10.0.0.12', state: 'unknown', priority: null, last_heard_ms: null, checksum: null,
          advert_interval_ms: null, reported: null,
        }],
        statistics: createStatistics(),
        families: [{
          family: 'ipv4', state: 'backup', faults: [], source_address: '10.0.0.11', unicast_peers: null,
          virtual_mac: null, master: null, master_down_interval_ms: 3609, statistics: createStatistics(),
          discarded: {}, remarked: {},
        }],
      }],
      sync_groups: [],
      peers: [{ node: 'lb-b', address: '10.0.0.12', connected: false, version: null, round_trip_ms: null, drift: [] }],
      trackers: [], floating_ips: [], session_sync: { tables: [] },
      alarms: [{
        name: 'interface-missing', subject: 'web', since: '2026-01-01T00:00:09.000Z',
        detail: 'web: eth0 does not exist',
      }],
      engine: {
        pid: 42, packet_driver: 'koffi', scheduling: 'round-robin', rss_bytes: 1, stall_ms: 0, observer: 'off',
        discarded: { ttl: 2 },
      },
      refused_configuration: null,
      control_channel: null,
    });
  });

  test('this node is named as the master while it is', () => {
    expect(first({ state: 'master' })?.master).toEqual({ node: 'lb-a', address: '10.0.0.11', priority: 150 });
  });

  test('a master is named by the node that has its address, or null for a stranger', () => {
    expect(first({ master: { address: '10.0.0.12', priority: 100 } })?.master?.node).toBe('lb-b');
    expect(first({ master: { address: '10.0.0.99', priority: 100 } })?.master?.node).toBeNull();
  });

  test.each([
    ['that is the current master', 300, { address: '10.0.0.12', priority: 100 }, 'backup', 'master'],
    ['that advertises and lost', 300, { address: '10.0.0.99', priority: 100 }, 'backup', 'backup'],
    ['that was heard while we are master', 300, { address: '10.0.0.12', priority: 100 }, 'master', 'backup'],
    ['that is silent for too long', 3610, { address: '10.0.0.12', priority: 100 }, 'backup', 'unknown'],
  ] as const)('a peer %s', (_, agoMs, master, state, expected) => {
    expect(first({ state, master, heard: [heard('10.0.0.12', agoMs)] })?.peers)
      .toEqual([{
        node: 'lb-b', address: '10.0.0.12', state: expected, priority: 100, last_heard_ms: agoMs,
        checksum: 'pseudo-header', advert_interval_ms: 1000, reported: null,
      }]);
  });

  test('a stranger who advertises our VRID is shown after the configured peers', () => {
    const peers = first({ heard: [heard('10.0.0.99', 5), heard('10.0.0.12', 5)] })?.peers;
    expect(peers?.map(({ node, address }) => [node, address])).toEqual([['lb-b', '10.0.0.12'], [null, '10.0.0.99']]);
  });

  test('a peer that has resigned is not called a backup, and 0 is not called its priority', () => {
    const peers = first({ state: 'master', heard: [heard('10.0.0.12', 5, 0)] })?.peers;
    expect(peers).toMatchObject([{ node: 'lb-b', state: 'unknown', priority: null, last_heard_ms: 5 }]);
  });

  test('both families of a router are in one entry, each by itself too, and its peers are those of both', () => {
    const both = router({ heard: [heard('10.0.0.12', 5)] });
    const [ipv4] = both.families;
    assert(ipv4 !== undefined, 'every router has a family');
    const ipv6: FamilySnapshot = {
      ...ipv4, family: 6, state: 'master', primaryAddress: 'fe80::1', heard: [heard('fe80::2', 7)],
      virtualLink: { interface: 'vr6.51.2', mac: '00:00:5e:00:02:33' }, discarded: { 'ttl-error': 3 },
      remarked: { 'interval-mismatch': 4 },
    };
    const [shown, ...others] = buildStatus(source([{ ...both, families: [ipv4, ipv6] }])).virtual_routers;
    expect(others).toEqual([]);
    expect(shown?.peers.map(({ node, address }) => [node, address]))
      .toEqual([['lb-b', '10.0.0.12'], [null, 'fe80::2']]);
    expect(shown?.families).toMatchObject([
      { family: 'ipv4', state: 'backup', virtual_mac: null, discarded: {} },
      {
        family: 'ipv6', state: 'master', source_address: 'fe80::1',
        virtual_mac: { interface: 'vr6.51.2', mac: '00:00:5e:00:02:33' }, discarded: { 'ttl-error': 3 },
        remarked: { 'interval-mismatch': 4 },
      },
    ]);
  });

  test('whom a unicast router advertises to is told by the configuration', () => {
    const [parameters] = settings('web').families;
    const unicast = { peers: [{ address: '10.0.0.12', minTtl: 255 }], checkSource: true };
    const configured = { ...settings('web'), families: [{ ...parameters, unicast }] as const };
    const [shown] = buildStatus({ ...source([router()]), settings: [configured] }).virtual_routers;
    expect(shown?.families[0]?.unicast_peers).toEqual(['10.0.0.12']);
  });

  test('a peer that is connected is shown with its own view of its routers, its version, round trip and drift', () => {
    const standing = {
      router: 'web', state: 'master', priority: { configured: 100, effective: 90 }, epoch: 4, sinceMs: NOW - 3000,
      reason: 'startup', held: true, maintenance: false, faults: [],
    } as const;
    const lbB = { node: 'lb-b', version: '1.1.0', roundTripMs: 0.42345, drift: ['web: vrid'], standings: [standing] };
    const channel = {
      listen: '10.0.0.11:8512', authentication: 'pre-shared-key', refused: { 'bad-message': 2 }, peers: [lbB],
    } as const;
    const shown = buildStatus({ ...source([router()]), channel });
    expect(shown.peers).toEqual([{
      node: 'lb-b', address: '10.0.0.12', connected: true, version: '1.1.0', round_trip_ms: 0.423,
      drift: ['web: vrid'],
    }]);
    expect(shown.control_channel).toEqual(
      { listen: '10.0.0.11:8512', authentication: 'pre-shared-key', refused: { 'bad-message': 2 } });
    expect(shown.virtual_routers[0]?.peers[0]?.reported).toEqual({
      state: 'master', priority: { configured: 100, effective: 90 }, epoch: 4, since: '2026-01-01T00:00:07.000Z',
      reason: 'startup', held: true, maintenance: false, faults: [],
    });
  });

  test('sync groups are shown with the state that their members have together', () => {
    const group = { name: 'edge', routers: ['web', 'inside'] };
    const groups = [{ group, state: 'fault', epoch: 3, reason: 'link-down', atMs: NOW }] as const;
    expect(buildStatus({ ...source([]), groups }).sync_groups).toEqual([{
      name: 'edge', state: 'fault', since: '2026-01-01T00:00:10.000Z', reason: 'link-down',
      virtual_routers: ['web', 'inside'],
    }]);
  });

  test('an alarm about advertisements brings its evidence', () => {
    const evidence = {
      reasons: { 'ttl-error': 12 }, lastAtMs: NOW, advertisement: undefined,
      sources: [{ address: '10.0.0.99', interface: 'eth0' }],
    };
    const alarm = { name: 'adverts-discarded', subject: 'web', sinceMs: NOW - 1000, detail: 'x', evidence } as const;
    expect(buildStatus({ ...source([]), alarms: [alarm] }).alarms).toEqual([{
      name: 'adverts-discarded', subject: 'web', since: '2026-01-01T00:00:09.000Z', detail: 'web: x',
      evidence: {
        reasons: { 'ttl-error': 12 }, last_seen: '2026-01-01T00:00:10.000Z', advertisement: null,
        sources: [{ address: '10.0.0.99', interface: 'eth0', mac: null }],
      },
    }]);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { HeardRouter, RouterSnapshot } from '@baton/engine/messages';
import { createStatistics } from '@baton/vrrp';
import type { RouterStatus } from './control/messages.js';
import { buildStatus, type StatusSource } from './status.js';

const NOW = Date.UTC(2026, 0, 1, 0, 0, 10);
const heard = (address: string, agoMs: number, priority = 100): HeardRouter =>
  ({ address, priority, advertIntervalMs: 1000, checksumForm: 'pseudo-header', lastHeardMs: NOW - agoMs });

const router = (change: Partial<RouterSnapshot> = {}): RouterSnapshot => ({
  name: 'web', interface: 'eth0', vrid: 51, version: 3, state: 'backup', faults: [],
  priority: { configured: 200, effective: 150 }, advertIntervalMs: 1000, sinceMs: NOW - 10_000,
  reason: 'startup', epoch: 7,
  addresses: [{ address: '192.0.2.10/24', interface: 'eth0', installed: false }],
  primaryAddress: '10.0.0.11', master: undefined, heard: [], masterDownIntervalMs: 3609, skewTimeMs: 609,
  statistics: createStatistics(), families: [], ...change,
});
const source = (routers: readonly RouterSnapshot[]): StatusSource => ({
  node: 'lb-a', version: '1.0.0', peers: [{ node: 'lb-b', address: '10.0.0.12', port: 8512 }], routers,
  engine: {
    pid: 42, driver: 'koffi', scheduling: 'round-robin', generation: 3, rssBytes: 1, stallMs: 0, discarded: { ttl: 2 },
    observer: 'off', senders: [],
  },
  alarms: [{ name: 'interface-missing', subject: 'web', sinceMs: NOW - 1000, detail: 'eth0 does not exist' }],
  nowMs: NOW,
});
const first = (change: Partial<RouterSnapshot>): RouterStatus | undefined =>
  buildStatus(source([router(change)])).virtual_routers[0];

describe('the status report', () => {
  test('has every field that users are promised', () => {
    expect(buildStatus(source([router()]))).toEqual({
      node: 'lb-a', version: '1.0.0', generation: 3, maintenance: false,
      virtual_routers: [{
        name: 'web', interface: 'eth0', vrid: 51, version: 3, state: 'backup', faults: [],
        priority: { configured: 200, effective: 150 }, advert_interval_ms: 1000, master_down_interval_ms: 3609,
        since: '2026-01-01T00:00:00.000Z', reason: 'startup', epoch: 7,
        addresses: [{ address: '192.0.2.10/24', installed: false }], master: null,
        peers: [{ node: 'lb-b', address: '10.0.0.12', state: 'unknown', priority: null, last_heard_ms: null }],
        statistics: createStatistics(),
      }],
      peers: [{ node: 'lb-b', address: '10.0.0.12', connected: false, round_trip_ms: null, drift: [] }],
      trackers: [], floating_ips: [], session_sync: { tables: [] },
      alarms: [{
        name: 'interface-missing', subject: 'web', since: '2026-01-01T00:00:09.000Z',
        detail: 'web: eth0 does not exist',
      }],
      engine: {
        pid: 42, packet_driver: 'koffi', scheduling: 'round-robin', rss_bytes: 1, stall_ms: 0, observer: 'off',
        discarded: { ttl: 2 },
      },
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
      .toEqual([{ node: 'lb-b', address: '10.0.0.12', state: expected, priority: 100, last_heard_ms: agoMs }]);
  });

  test('a stranger who advertises our VRID is shown after the configured peers', () => {
    const peers = first({ heard: [heard('10.0.0.99', 5), heard('10.0.0.12', 5)] })?.peers;
    expect(peers?.map(({ node, address }) => [node, address])).toEqual([['lb-b', '10.0.0.12'], [null, '10.0.0.99']]);
  });

  test('a peer that has resigned is not called a backup, and 0 is not called its priority', () => {
    const peers = first({ state: 'master', heard: [heard('10.0.0.12', 5, 0)] })?.peers;
    expect(peers).toMatchObject([{ node: 'lb-b', state: 'unknown', priority: null, last_heard_ms: 5 }]);
  });
});

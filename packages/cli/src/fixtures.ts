// A status as a daemon gives it, for the tests of this package.

import type { FamilyStatus, RouterStatus, StatusReport } from '@baton/agent/control';

/** A virtual router that is master, with one address and one peer. */
export function routerStatus(change: Partial<RouterStatus> = {}): RouterStatus {
  return {
    name: 'web', interface: 'eth0', vrid: 51, version: 3, state: 'master', faults: [],
    priority: { configured: 254, effective: 254 }, held: false, advert_interval_ms: 1000, preempt: true,
    master_down_interval_ms: 3008, since: '2026-01-01T00:00:00.000Z', reason: 'master-down-timer', epoch: 7,
    addresses: [{ address: '192.0.2.10/24', installed: true }],
    master: { node: 'lb-a', address: '10.0.0.11', priority: 254 },
    peers: [peerState()], statistics: {}, families: [], ...change,
  };
}

/** A peer that was heard as it should be. */
export function peerState(change: Partial<RouterStatus['peers'][number]> = {}): RouterStatus['peers'][number] {
  return {
    node: 'lb-b', address: '10.0.0.12', state: 'backup', priority: 100, last_heard_ms: 312, checksum: 'pseudo-header',
    advert_interval_ms: 1000, reported: null, ...change,
  };
}

/** One address family of a virtual router. */
export function familyStatus(change: Partial<FamilyStatus> = {}): FamilyStatus {
  return {
    family: 'ipv4', state: 'master', faults: [], source_address: '10.0.0.11', unicast_peers: null, virtual_mac: null,
    master: null, master_down_interval_ms: 3008, statistics: {}, discarded: {}, remarked: {}, ...change,
  };
}

/** The status of a node with these virtual routers. */
export function statusReport(routers: readonly RouterStatus[], change: Partial<StatusReport> = {}): StatusReport {
  return {
    node: 'lb-a', version: '0.1.0', generation: 3, maintenance: false, virtual_routers: routers, sync_groups: [],
    peers: [],
    trackers: [], floating_ips: [], session_sync: { tables: [] }, alarms: [],
    engine: {
      pid: 42, packet_driver: 'raw-socket', scheduling: 'SCHED_RR', rss_bytes: 0, stall_ms: 0, observer: 'off',
      discarded: {},
    },
    refused_configuration: null,
    control_channel: null,
    ...change,
  };
}

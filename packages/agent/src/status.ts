// Builds `baton status --json` from what the engine says about itself and what the configuration says about the peers.
// Pure.

import type { PeerConfiguration } from '@baton/config';
import type { EngineSnapshot, HeardRouter, RouterSnapshot } from '@baton/engine/messages';
import type { Alarm, AlarmEvidence } from './alarms.js';
import type { AlarmStatus, RouterStatus, StatusReport } from './control/messages.js';

/** Everything a status report is made of. */
export interface StatusSource {
  readonly node: string;
  readonly version: string;
  readonly peers: readonly PeerConfiguration[];
  readonly routers: readonly RouterSnapshot[];
  readonly engine: EngineSnapshot;
  readonly alarms: readonly Alarm[];
  /** Wall-clock milliseconds since 1970. */
  readonly nowMs: number;
}

/** The report as it is promised to users. */
export function buildStatus(source: StatusSource): StatusReport {
  const { node, version, peers, routers, engine, alarms } = source;
  return {
    node, version, generation: engine.generation, maintenance: false,
    virtual_routers: routers.map((router) => buildRouter(router, source)),
    // Nothing connects to the peers yet: the control channel is what will fill these in.
    peers: peers.map((peer) => ({
      node: peer.node, address: peer.address, connected: false, round_trip_ms: null, drift: [],
    })),
    trackers: [], floating_ips: [], session_sync: { tables: [] },
    alarms: alarms.map(buildAlarm),
    engine: {
      pid: engine.pid, packet_driver: engine.driver, scheduling: engine.scheduling, rss_bytes: engine.rssBytes,
      stall_ms: engine.stallMs, observer: engine.observer, discarded: engine.discarded,
    },
  };
}

type EvidenceStatus = NonNullable<AlarmStatus['evidence']>;

function buildAlarm({ name, subject, sinceMs, detail, evidence }: Alarm): AlarmStatus {
  const told = { name, subject, since: isoTime(sinceMs), detail: subject === '' ? detail : `${subject}: ${detail}` };
  return evidence === undefined ? told : { ...told, evidence: buildEvidence(evidence) };
}

function buildEvidence({ reasons, sources, lastAtMs, advertisement }: AlarmEvidence): EvidenceStatus {
  const said = advertisement && {
    vrid: advertisement.vrid, version: advertisement.version, priority: advertisement.priority,
    advert_interval_ms: advertisement.advertIntervalMs, addresses: advertisement.addresses,
  };
  return {
    reasons, last_seen: isoTime(lastAtMs), advertisement: said ?? null,
    sources: sources.map(({ address, interface: place, mac }) => ({ address, interface: place, mac: mac ?? null })),
  };
}

function buildRouter(router: RouterSnapshot, source: StatusSource): RouterStatus {
  return {
    name: router.name, interface: router.interface, vrid: router.vrid, version: router.version,
    state: router.state, faults: router.faults, priority: router.priority,
    advert_interval_ms: router.advertIntervalMs, master_down_interval_ms: router.masterDownIntervalMs,
    since: isoTime(router.sinceMs), reason: router.reason, epoch: router.epoch,
    addresses: router.addresses.map(({ address, installed }) => ({ address, installed })),
    master: buildMaster(router, source),
    peers: buildPeers(router, source),
    statistics: router.statistics,
  };
}

function buildMaster(router: RouterSnapshot, { node, peers }: StatusSource): RouterStatus['master'] {
  if (router.state === 'master') {
    return { node, address: router.primaryAddress ?? '', priority: router.priority.effective };
  }
  if (router.master === undefined) return null;
  return { node: nodeOf(router.master.address, peers), ...router.master };
}

/** Configured peers in file order, then strangers in the order in which they were last heard. */
function buildPeers(router: RouterSnapshot, { peers, nowMs }: StatusSource): RouterStatus['peers'] {
  const heard = new Map(router.heard.map((other) => [other.address, other]));
  const strangers = router.heard.filter((other) => nodeOf(other.address, peers) === null);
  return [
    ...peers.map((peer) => buildPeer(peer.node, peer.address, heard.get(peer.address), router, nowMs)),
    ...strangers.map((other) => buildPeer(null, other.address, other, router, nowMs)),
  ];
}

function buildPeer(
  node: string | null, address: string, heard: HeardRouter | undefined, router: RouterSnapshot, nowMs: number,
): RouterStatus['peers'][number] {
  if (heard === undefined) return { node, address, state: 'unknown', priority: null, last_heard_ms: null };
  const lastHeardMs = Math.max(0, nowMs - heard.lastHeardMs);
  const state = peerState(heard, lastHeardMs, router);
  // Priority 0 is no priority: it says that the router has left, as what nobody knows.
  const priority = heard.priority === 0 ? null : heard.priority;
  return { node, address, state, priority, last_heard_ms: lastHeardMs };
}

/** Only masters advertise: who was heard lately is the master, or one that has just been overruled. */
function peerState(heard: HeardRouter, lastHeardMs: number, router: RouterSnapshot): 'master' | 'backup' | 'unknown' {
  if (lastHeardMs > router.masterDownIntervalMs || heard.priority === 0) return 'unknown';
  return router.state !== 'master' && router.master?.address === heard.address ? 'master' : 'backup';
}

function nodeOf(address: string, peers: readonly PeerConfiguration[]): string | null {
  return peers.find((peer) => peer.address === address)?.node ?? null;
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

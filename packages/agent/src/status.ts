// Builds `baton status --json` from what the engine says about itself and what the configuration says about the peers.
// Pure.

import type { PeerConfiguration, RouterSettings } from '@baton/config';
import type { EngineSnapshot, FamilySnapshot, HeardRouter, RouterSnapshot } from '@baton/engine/messages';
import type { Alarm, AlarmEvidence } from './alarms.js';
import type {
  AlarmStatus, FamilyStatus, PeerStatus, RefusedConfiguration, ReportedState, RouterStatus, StatusReport,
} from './control/messages.js';
import type { ChannelView } from './peers/channel.js';
import type { GroupState } from './sync-groups.js';

/** Everything a status report is made of. */
export interface StatusSource {
  readonly node: string;
  readonly version: string;
  readonly peers: readonly PeerConfiguration[];
  readonly routers: readonly RouterSnapshot[];
  /** How the routers are configured. */
  readonly settings: readonly RouterSettings[];
  readonly groups: readonly GroupState[];
  readonly engine: EngineSnapshot;
  readonly alarms: readonly Alarm[];
  readonly maintenance: boolean;
  readonly refused: RefusedConfiguration | null;
  /** Undefined without one. */
  readonly channel: ChannelView | undefined;
  /** Wall-clock milliseconds since 1970. */
  readonly nowMs: number;
}

/** The report as it is promised to users. */
export function buildStatus(source: StatusSource): StatusReport {
  const { node, version, peers, routers, groups, engine, alarms } = source;
  return {
    node, version, generation: engine.generation, maintenance: source.maintenance,
    virtual_routers: routers.map((router) => buildRouter(router, source)),
    sync_groups: groups.map(({ group, state, reason, atMs }) => ({
      name: group.name, state, since: isoTime(atMs), reason, virtual_routers: group.routers,
    })),
    peers: peers.map((peer) => buildPeer(peer, source.channel)),
    trackers: [], floating_ips: [], session_sync: { tables: [] },
    alarms: alarms.map(buildAlarm),
    engine: {
      pid: engine.pid, packet_driver: engine.driver, scheduling: engine.scheduling, rss_bytes: engine.rssBytes,
      stall_ms: engine.stallMs, observer: engine.observer, discarded: engine.discarded,
    },
    refused_configuration: source.refused,
    control_channel: source.channel === undefined ? null : {
      listen: source.channel.listen ?? null, authentication: source.channel.authentication,
      refused: source.channel.refused,
    },
  };
}

function buildPeer({ node, address }: PeerConfiguration, channel: ChannelView | undefined): PeerStatus {
  const seen = channel?.peers.find((peer) => peer.node === node);
  const roundTripMs = seen?.roundTripMs;
  return {
    node, address, connected: seen !== undefined, version: seen?.version ?? null,
    round_trip_ms: roundTripMs === undefined ? null : Math.round(roundTripMs * 1000) / 1000, drift: seen?.drift ?? [],
  };
}

function buildReported(node: string, router: string, channel: ChannelView | undefined): ReportedState | null {
  const seen = channel?.peers.find((peer) => peer.node === node);
  const standing = seen?.standings.find((each) => each.router === router);
  if (standing === undefined) return null;
  const { state, priority, epoch, sinceMs, reason, held, maintenance, faults } = standing;
  return { state, priority, epoch, since: isoTime(sinceMs), reason, held, maintenance, faults };
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
    state: router.state, faults: router.faults, priority: router.priority, held: router.held,
    advert_interval_ms: router.advertIntervalMs,
    preempt: source.settings.find(({ name }) => name === router.name)?.families[0].preemptMode ?? true,
    master_down_interval_ms: router.masterDownIntervalMs,
    since: isoTime(router.sinceMs), reason: router.reason, epoch: router.epoch,
    addresses: router.addresses.map(({ address, installed }) => ({ address, installed })),
    master: buildMaster(router, source),
    peers: buildPeers(router, source),
    statistics: router.statistics,
    families: router.families.map((family) => buildFamily(family, router.name, source)),
  };
}

function buildFamily(snapshot: FamilySnapshot, router: string, { settings }: StatusSource): FamilyStatus {
  const { family, state, faults, primaryAddress, virtualLink, master, masterDownIntervalMs } = snapshot;
  const configured = settings.find(({ name }) => name === router)?.families;
  const unicast = configured?.find((parameters) => parameters.family === family)?.unicast;
  return {
    family: family === 4 ? 'ipv4' : 'ipv6', state, faults, source_address: primaryAddress ?? null,
    unicast_peers: unicast?.peers.map(({ address }) => address) ?? null, virtual_mac: virtualLink ?? null,
    master: master ?? null, master_down_interval_ms: masterDownIntervalMs, statistics: snapshot.statistics,
    discarded: snapshot.discarded, remarked: snapshot.remarked,
  };
}

function buildMaster(router: RouterSnapshot, { node, peers }: StatusSource): RouterStatus['master'] {
  if (router.state === 'master') {
    return { node, address: router.primaryAddress ?? '', priority: router.priority.effective };
  }
  if (router.master === undefined) return null;
  return { node: nodeOf(router.master.address, peers), ...router.master };
}

/** Configured peers in file order, then strangers in the order in which they were last heard, family by family. */
function buildPeers({ name, families }: RouterSnapshot, source: StatusSource): RouterStatus['peers'] {
  const { peers, nowMs, channel } = source;
  const heard = families.flatMap((family) => family.heard.map((other) => buildHeard(other, family, peers, nowMs)));
  const configured = peers.map(({ node, address }) => ({
    ...heard.find((other) => other.address === address) ?? { ...NEVER_HEARD, node, address },
    reported: buildReported(node, name, channel),
  }));
  return [...configured, ...heard.filter(({ node }) => node === null)];
}

type PeerState = RouterStatus['peers'][number];

const NEVER_HEARD = {
  state: 'unknown', priority: null, last_heard_ms: null, checksum: null, advert_interval_ms: null,
  reported: null,
} as const satisfies Omit<PeerState, 'node' | 'address'>;

function buildHeard(
  heard: HeardRouter, family: FamilySnapshot, peers: readonly PeerConfiguration[], nowMs: number,
): PeerState {
  const { address, priority, checksumForm, advertIntervalMs } = heard;
  const lastHeardMs = Math.max(0, nowMs - heard.lastHeardMs);
  return {
    node: nodeOf(address, peers), address, state: peerState(heard, lastHeardMs, family),
    // Priority 0 is no priority: it says that the router has left, as what nobody knows.
    priority: priority === 0 ? null : priority,
    last_heard_ms: lastHeardMs, checksum: checksumForm, advert_interval_ms: advertIntervalMs,
    reported: null,
  };
}

/** Only masters advertise: who was heard lately is the master, or one that has just been overruled. */
function peerState(heard: HeardRouter, lastHeardMs: number, family: FamilySnapshot): PeerState['state'] {
  if (lastHeardMs > family.masterDownIntervalMs || heard.priority === 0) return 'unknown';
  return family.state !== 'master' && family.master?.address === heard.address ? 'master' : 'backup';
}

function nodeOf(address: string, peers: readonly PeerConfiguration[]): string | null {
  return peers.find((peer) => peer.address === address)?.node ?? null;
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

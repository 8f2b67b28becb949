// What is counted for each virtual router: one table that status, metrics and documentation iterate over. Every row
// names who counts it. Discards that belong to no router of ours are the engine's.

import type { Remark, RouterDiscardReason } from './receive-checks.js';

/** One thing that is counted. */
export interface StatisticDescription {
  /** As `status --json` shows it. */
  readonly name: string;
  /** The leaf of RFC 8347 that counts the same, where there is one. */
  readonly leaf?: string;
  /** router: VirtualRouter while it handles an input · receive: whoever calls checkReceived · send: whoever performs
   *  a send. */
  readonly countedBy: 'router' | 'receive' | 'send';
  readonly meaning: string;
}

/** Every statistic of a virtual router, in the order in which they are shown. */
export const STATISTICS = [
  { name: 'adverts_sent', leaf: 'advertisement-sent', countedBy: 'router',
    meaning: 'Advertisements sent, resignations included.' },
  { name: 'adverts_received', leaf: 'advertisement-rcvd', countedBy: 'router',
    meaning: 'Advertisements received that passed every check.' },
  { name: 'became_master', leaf: 'master-transitions', countedBy: 'router',
    meaning: 'Times this router became master.' },
  { name: 'released_master', countedBy: 'router', meaning: 'Times this router stopped being master.' },
  { name: 'priority_zero_sent', leaf: 'priority-zero-pkts-sent', countedBy: 'router',
    meaning: 'Resignations sent: advertisements with priority 0.' },
  { name: 'priority_zero_received', leaf: 'priority-zero-pkts-rcvd', countedBy: 'router',
    meaning: 'Resignations received: advertisements with priority 0.' },
  { name: 'lower_priority_received', countedBy: 'router',
    meaning: 'Losing advertisements that this router overruled while it was master.' },
  { name: 'answers_withheld', countedBy: 'router',
    meaning: 'Losing advertisements and resignations not answered at once: the last answer was less than 10 ms ago.' },
  { name: 'claims_refused', countedBy: 'router', meaning: 'Times the addresses could not be installed.' },
  { name: 'send_errors', countedBy: 'send', meaning: 'Advertisements and announcements that the kernel refused.' },
  { name: 'interval_errors', leaf: 'interval-errors', countedBy: 'receive',
    meaning: 'Advertisements with the interval 0 (discarded) or another one than ours (discarded in version 2).' },
  { name: 'address_list_errors', leaf: 'address-list-errors', countedBy: 'receive',
    meaning: 'Advertisements with other addresses than ours (discarded in version 2) or without a link-local first.' },
  { name: 'owner_conflicts', countedBy: 'receive',
    meaning: 'Advertisements heard although this router owns the addresses (discarded in version 2).' },
  { name: 'vrid_collisions', countedBy: 'receive',
    meaning: 'Advertisements of strangers discarded: our VRID, and none of our addresses.' },
  { name: 'unknown_masters', countedBy: 'receive',
    meaning: 'Advertisements of a master that is none of the routers we know (accepted).' },
  { name: 'length_errors', leaf: 'packet-length-errors', countedBy: 'receive',
    meaning: 'Packets discarded because of their length, their address count or a broken IP header.' },
  { name: 'ttl_errors', leaf: 'ip-ttl-errors', countedBy: 'receive',
    meaning: 'Packets discarded because their TTL or hop limit was too low.' },
  { name: 'version_errors', leaf: 'version-errors', countedBy: 'receive',
    meaning: 'Packets discarded because of another protocol version.' },
  { name: 'type_errors', leaf: 'invalid-type-pkts-rcvd', countedBy: 'receive',
    meaning: 'Packets discarded because they were no advertisements.' },
  { name: 'checksum_errors', leaf: 'checksum-errors', countedBy: 'receive',
    meaning: 'Packets discarded because of a wrong checksum.' },
  { name: 'authentication_missing', countedBy: 'receive',
    meaning: 'Advertisements discarded because they proved nothing while authentication is enforced.' },
  { name: 'authentication_type_mismatches', countedBy: 'receive',
    meaning: 'Advertisements discarded because of another type of authentication.' },
  { name: 'authentication_unknown_keys', countedBy: 'receive',
    meaning: 'Advertisements discarded because they were signed with a key that we do not have.' },
  { name: 'authentication_failures', countedBy: 'receive',
    meaning: 'Advertisements discarded because of a wrong MAC or password.' },
  { name: 'authentication_stale', countedBy: 'receive',
    meaning: 'Advertisements discarded because they were signed too long ago or by a clock too far from ours.' },
  { name: 'authentication_replayed', countedBy: 'receive',
    meaning: 'Advertisements discarded because they were heard before.' },
  { name: 'unauthenticated_accepted', countedBy: 'receive',
    meaning: 'Advertisements accepted although they proved nothing, because authentication is not enforced yet.' },
  { name: 'destination_errors', countedBy: 'receive',
    meaning: 'Packets discarded because they were sent neither to the group nor, with unicast, to our own address.' },
  { name: 'unknown_sources', countedBy: 'receive',
    meaning: 'Unicast packets discarded because they came from no peer.' },
  { name: 'own_packets', countedBy: 'receive',
    meaning: 'Packets discarded because they came from our own primary address.' },
] as const satisfies readonly StatisticDescription[];

/** The name of a statistic, as `status --json` shows it. */
export type StatisticName = (typeof STATISTICS)[number]['name'];

/** The counters of one virtual router. */
export type Statistics = Record<StatisticName, number>;

/** Which statistic a discarded packet counts in, when it names a virtual router of ours. Whoever calls checkReceived
 *  counts. */
export const DISCARD_STATISTICS: Readonly<Record<RouterDiscardReason, StatisticName>> = {
  'packet-length-error': 'length_errors',
  'ttl-error': 'ttl_errors',
  'version-error': 'version_errors',
  'type-error': 'type_errors',
  'checksum-error': 'checksum_errors',
  'authentication-missing': 'authentication_missing',
  'authentication-type-mismatch': 'authentication_type_mismatches',
  'authentication-unknown-key': 'authentication_unknown_keys',
  'authentication-failed': 'authentication_failures',
  'authentication-stale': 'authentication_stale',
  'authentication-replayed': 'authentication_replayed',
  'interval-error': 'interval_errors',
  'destination-error': 'destination_errors',
  'unknown-source': 'unknown_sources',
  'own-packet': 'own_packets',
  'address-list-error': 'address_list_errors',
  'vrid-collision': 'vrid_collisions',
  'owner-conflict': 'owner_conflicts',
};

/** Which statistic a remark on an accepted advertisement counts in. Whoever calls checkReceived counts. */
export const REMARK_STATISTICS: Readonly<Record<Remark, StatisticName>> = {
  'unauthenticated': 'unauthenticated_accepted',
  'interval-mismatch': 'interval_errors',
  'address-drift': 'address_list_errors',
  'address-list-mismatch': 'address_list_errors',
  'owner-conflict': 'owner_conflicts',
  'unknown-master': 'unknown_masters',
};

/** Fresh counters, all zero. */
export function createStatistics(): Statistics {
  return Object.fromEntries(STATISTICS.map(({ name }) => [name, 0])) as Statistics;
}

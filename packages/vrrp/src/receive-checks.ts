// Decides whether a received datagram is an advertisement for one of our virtual routers (RFC 9568 §7.1, for version 2
// RFC 3768 §7.1), check by check, cheap and attributable ones first. What is rejected here never reaches a router, so
// it cannot touch a timer. Knows neither states nor sockets.

import { addressFamily, type IpAddress } from '@baton/base';
import { compareLists, isLinkLocal } from './address-list.js';
import {
  ADVERTISEMENT_TYPE, decodeAdvertisement, decodeHeader, decodePassword, statedBytes, VRRP_GROUP_IPV4,
  VRRP_GROUP_IPV6, type Advertisement, type AdvertisementHeader,
} from './advertisement.js';
import {
  isEqualInConstantTime, NO_AUTHENTICATION_TYPE, passwordData, SIMPLE_PASSWORD_TYPE, TRAILER_BYTES, type Demand,
  type ProofRejection,
} from './authentication.js';
import { acceptedChecksumForms, verifyChecksum, type ChecksumForm } from './checksum.js';
import { OWNER_PRIORITY, RESIGN_PRIORITY, type VirtualRouterParameters } from './parameters.js';

/** Why a datagram was thrown away, in the order in which the checks run. */
export const DISCARD_REASONS = [
  /** The IP header contradicts itself, fewer than 8 bytes, no address, or not exactly the length that the count
   *  states. */
  'packet-length-error',
  /** The TTL or hop limit is not 255, or lower than the unicast peer's: the packet has crossed a router. */
  'ttl-error',
  /** Another version than the one configured for the virtual router. */
  'version-error',
  /** Not an advertisement. */
  'type-error',
  /** No such virtual router on the interface that received it. */
  'unknown-vrid',
  /** No form of the checksum that this virtual router accepts fits. */
  'checksum-error',
  /** It proves nothing, and authentication is enforced. */
  'authentication-missing',
  /** Its authentication is of another type than ours. */
  'authentication-type-mismatch',
  /** It was signed with a key whose id we do not have. */
  'authentication-unknown-key',
  /** Its MAC or password is wrong: another key, or forged. */
  'authentication-failed',
  /** It was signed too long ago, or by a clock that is too far from ours. */
  'authentication-stale',
  /** It was heard before. */
  'authentication-replayed',
  /** The interval is zero, or, in version 2, not ours. */
  'interval-error',
  /** Not sent to where this router listens: the VRRP group, or its own address with unicast. */
  'destination-error',
  /** Unicast from an address that is no peer's. */
  'unknown-source',
  /** Sent from our own primary address: a loop, or somebody uses our address. */
  'own-packet',
  /** An IPv6 list that does not begin with a link-local address, or, in version 2, another list than ours. */
  'address-list-error',
  /** A stranger uses our VRID: it has none of our addresses. */
  'vrid-collision',
  /** Version 2: we own the addresses, and yet another router is master of them. */
  'owner-conflict',
] as const;

/** Why a datagram was thrown away. */
export type DiscardReason = (typeof DISCARD_REASONS)[number];

/** What is odd about an advertisement that is accepted all the same (RFC 9568 §7.1: log, do not drop). */
export type Remark =
  /** It proves nothing; it will be discarded when authentication is enforced. */
  | 'unauthenticated'
  /** Its interval is not ours; a backup learns it. */
  | 'interval-mismatch'
  /** Some of its addresses are ours, some are not: a peer in mid-change, or one configured differently. */
  | 'address-drift'
  /** None of its addresses is ours, and strangers are not ignored. */
  | 'address-list-mismatch'
  /** We own the addresses, and yet another router is master of them (RFC 9568 §8.3.2). */
  | 'owner-conflict'
  /** It calls itself master, and is none of the routers we know. */
  | 'unknown-master';

/** A datagram of protocol 112 with what the IP header said about it. */
export interface VrrpDatagram {
  readonly interface: string;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** 0–255. */
  readonly ttl: number;
  readonly payload: Uint8Array;
  /** False when the IP header contradicts itself. */
  readonly headerValid: boolean;
}

/** What the checks must know of the virtual router that a datagram is meant for. */
export interface ReceiveContext {
  readonly primaryAddress: IpAddress | undefined;
  readonly parameters: VirtualRouterParameters;
  /** What its advertisements must prove; absent: nothing. */
  readonly demand?: Demand;
}

/** An advertisement for one of our routers, or why it is none. A discard carries `vrid` when it names one of our
 *  routers: it then counts for that router, else only for the interface. */
export type ReceiveResult =
  | {
      readonly ok: true;
      readonly vrid: number;
      readonly advertisement: Advertisement;
      readonly checksumForm: ChecksumForm;
      readonly remarks: readonly Remark[];
    }
  | { readonly ok: false; readonly reason: 'unknown-vrid'; readonly vrid?: undefined }
  | { readonly ok: false; readonly reason: RouterDiscardReason; readonly vrid: number | undefined };

/** The reasons that can be blamed on a virtual router of ours: all but the one that says there is none. */
export type RouterDiscardReason = Exclude<DiscardReason, 'unknown-vrid'>;

/** Judges one datagram; never throws, whatever the bytes are.
 *  @param lookup finds the virtual router with this VRID and family on the receiving interface */
export function checkReceived(
  datagram: VrrpDatagram, lookup: (vrid: number, family: 4 | 6) => ReceiveContext | undefined,
): ReceiveResult {
  const { payload } = datagram;
  const family = addressFamily(datagram.source);
  const named = payload[1];
  const found = named === undefined ? undefined : lookup(named, family);
  const context = found?.parameters.family === family ? found : undefined;
  const discard = (reason: RouterDiscardReason): ReceiveResult =>
    ({ ok: false, reason, vrid: context === undefined ? undefined : named });

  if (!datagram.headerValid) return discard('packet-length-error');
  // [RFC9568-5.1.1.3-1] [RFC9568-5.1.2.3-1] [RFC3768-5.2.3-1]
  if (datagram.ttl < leastTtl(datagram, context)) return discard('ttl-error');
  const header = decodeHeader(payload);
  if (header === undefined) return discard('packet-length-error'); // [RFC9568-7.1-2]
  // [RFC9568-7.1-1] [RFC3768-7.1-1]
  if (!isExpectedVersion(header.version, family, context)) return discard('version-error');
  if (header.type !== ADVERTISEMENT_TYPE) return discard('type-error'); // [RFC9568-5.2.2-1]
  if (context === undefined) return { ok: false, reason: 'unknown-vrid' }; // [RFC9568-7.1-3]
  const message = messageOf(payload, header, context);
  const advertisement = message === undefined ? undefined : decodeAdvertisement(message, family);
  // [RFC9568-5.2.5-1] [RFC9568-7.1-2] [RFC3768-7.1-2]
  if (message === undefined || advertisement === undefined) return discard('packet-length-error');
  const summed = family === 6 ? payload : message;
  const forms = acceptedChecksumForms(context.parameters);
  const checksumForm = verifyChecksum(summed, forms, datagram.source, datagram.destination);
  if (checksumForm === undefined) return discard('checksum-error'); // [RFC9568-7.1-4] [RFC3768-7.1-3]
  const { remarks, rejected } = judgeProof(message, datagram, context);
  const reason = rejected ?? rejectionOf(advertisement, datagram, context);
  if (reason !== undefined) return discard(reason);
  return {
    ok: true, vrid: header.vrid, advertisement, checksumForm,
    remarks: [...remarks, ...remarksOn(advertisement, datagram.source, context.parameters)],
  };
}

/** 255, or what the peer is allowed in unicast mode. */
function leastTtl({ source }: VrrpDatagram, context: ReceiveContext | undefined): number {
  return context?.parameters.unicast?.peers.find(({ address }) => address === source)?.minTtl ?? 255;
}

/** Where no router of ours is meant, any version there is. */
function isExpectedVersion(version: number, family: 4 | 6, context: ReceiveContext | undefined): boolean {
  if (context !== undefined) return version === context.parameters.version;
  return version === 3 || (version === 2 && family === 4);
}

/** The payload without its trailer; undefined when it is not as long as it says. Only who understands trailers accepts
 *  one behind a message. */
function messageOf(
  payload: Uint8Array, header: AdvertisementHeader, { parameters, demand }: ReceiveContext,
): Uint8Array | undefined {
  const messageBytes = statedBytes(header, parameters.family);
  if (messageBytes === undefined) return undefined;
  if (payload.length === messageBytes) return payload;
  const trailed = demand?.kind === 'trailer' && payload.length === messageBytes + TRAILER_BYTES;
  return trailed ? payload.subarray(0, messageBytes) : undefined;
}

/** What came of the proof: a reason to discard, or remarks. */
interface ProofVerdict {
  readonly rejected?: ProofRejection;
  readonly remarks: readonly Remark[];
}

function judgeProof(
  message: Uint8Array, { payload, source }: VrrpDatagram, { parameters, demand }: ReceiveContext,
): ProofVerdict {
  if (parameters.version === 2) {
    const rejected = judgePassword(message, demand);
    if (rejected !== undefined) return { rejected, remarks: [] };
  }
  if (demand?.kind !== 'trailer') return { remarks: [] };
  const trailer = payload.subarray(message.length);
  if (trailer.length === 0) {
    return demand.authenticator.mode === 'enforce'
      ? { rejected: 'authentication-missing', remarks: [] } : { remarks: ['unauthenticated'] };
  }
  const rejected = demand.authenticator.verify({ message, source }, trailer, demand.moment);
  return rejected === undefined ? { remarks: [] } : { rejected, remarks: [] };
}

/** [RFC3768-5.3.6-2] [RFC3768-5.3.10-2]: the type must be ours; the data of type 0 is not looked at. */
function judgePassword(message: Uint8Array, demand: Demand | undefined): ProofRejection | undefined {
  const { type, data } = decodePassword(message);
  if (demand?.kind !== 'simple-password') {
    return type === NO_AUTHENTICATION_TYPE ? undefined : 'authentication-type-mismatch';
  }
  if (type !== SIMPLE_PASSWORD_TYPE) return 'authentication-type-mismatch';
  return isEqualInConstantTime(data, passwordData(demand.password)) ? undefined : 'authentication-failed';
}

/** What a sound advertisement can still be discarded for. */
function rejectionOf(
  advertisement: Advertisement, { source, destination }: VrrpDatagram, { parameters, primaryAddress }: ReceiveContext,
): RouterDiscardReason | undefined {
  const { version, family, unicast } = parameters;
  const { advertIntervalMs } = advertisement;
  if (advertIntervalMs === 0) return 'interval-error'; // [RFC9568-5.2.7-2]
  if (version === 2 && advertIntervalMs !== parameters.advertIntervalMs) return 'interval-error'; // [RFC3768-7.1-4]
  const group = family === 4 ? VRRP_GROUP_IPV4 : VRRP_GROUP_IPV6;
  // [RFC9568-5.1.1.2-1] [RFC9568-5.1.2.2-1]
  if (destination !== (unicast === undefined ? group : primaryAddress)) return 'destination-error';
  if (unicast?.checkSource === true && !unicast.peers.some(({ address }) => address === source)) {
    return 'unknown-source';
  }
  if (source === primaryAddress) return 'own-packet';
  return listRejectionOf(advertisement, parameters);
}

/** [RFC9568-5.2.9-3] [RFC3768-7.1-5] [RFC3768-7.1-6]. A stranger is not to be mistaken for a peer: that our addresses
 *  vanish because somebody else took our VRID is worse than two masters of different addresses. */
function listRejectionOf(
  advertisement: Advertisement, parameters: VirtualRouterParameters,
): 'address-list-error' | 'vrid-collision' | 'owner-conflict' | undefined {
  const { version, family, rules, priority } = parameters;
  if (family === 6 && !rules.tolerateMissingLinkLocal && !beginsLinkLocal(advertisement)) return 'address-list-error';
  const comparison = compareToOurs(advertisement, parameters);
  if (comparison === 'disjoint' && rules.vridCollision === 'ignore') return 'vrid-collision';
  if (version === 2 && comparison !== 'same' && advertisement.priority !== OWNER_PRIORITY) return 'address-list-error';
  return version === 2 && priority === OWNER_PRIORITY ? 'owner-conflict' : undefined;
}

/** [RFC9568-7.1-5] [RFC9568-7.1-6] [RFC9568-7.1-7]: none of these is a reason to drop. */
function remarksOn(advertisement: Advertisement, source: IpAddress, parameters: VirtualRouterParameters): Remark[] {
  const remarks: Remark[] = [];
  if (advertisement.advertIntervalMs !== parameters.advertIntervalMs) remarks.push('interval-mismatch');
  const comparison = compareToOurs(advertisement, parameters);
  if (comparison !== 'same') remarks.push(comparison === 'overlapping' ? 'address-drift' : 'address-list-mismatch');
  if (parameters.priority === OWNER_PRIORITY) remarks.push('owner-conflict');
  const unknown = parameters.knownRouters !== undefined && !parameters.knownRouters.includes(source);
  if (unknown && advertisement.priority !== RESIGN_PRIORITY) remarks.push('unknown-master');
  return remarks;
}

/** A list that lacks its link-local address, where that is tolerated, is compared without ours. */
function compareToOurs(
  advertisement: Advertisement, { family, addresses }: VirtualRouterParameters,
): ReturnType<typeof compareLists> {
  const ours = addresses.map(({ address }) => address);
  const lacking = family === 6 && !beginsLinkLocal(advertisement);
  return compareLists(advertisement.addresses, lacking ? ours.filter((address) => !isLinkLocal(address)) : ours);
}

function beginsLinkLocal({ addresses }: Advertisement): boolean {
  return isLinkLocal(addresses[0] ?? '');
}

// Decides whether a received datagram is an advertisement for one of our virtual routers (RFC 9568 §7.1), check by
// check, cheap and attributable ones first. What is rejected here never reaches a router, so it cannot touch a timer.
// Knows neither states nor sockets.

import type { IpAddress } from '@baton/base';
import {
  ADVERTISEMENT_TYPE, decodeAdvertisement, decodeHeader, VRRP_GROUP_IPV4, type Advertisement,
} from './advertisement.js';
import { verifyChecksum, type ChecksumForm } from './checksum.js';
import { OWNER_PRIORITY, type VirtualRouterParameters } from './parameters.js';

/** Why a datagram was thrown away, in the order in which the checks run. */
export const DISCARD_REASONS = [
  /** The IP header contradicts itself, fewer than 8 bytes, no address, or not exactly the length that the count
   *  states. */
  'packet-length-error',
  /** The TTL is not 255: the packet has crossed a router. */
  'ttl-error',
  /** Another version than the one configured for the virtual router. */
  'version-error',
  /** Not an advertisement. */
  'type-error',
  /** No such virtual router on the interface that received it. */
  'unknown-vrid',
  /** Neither form of the checksum fits. */
  'checksum-error',
  /** The interval is zero. */
  'interval-error',
  /** Not sent to the VRRP group. */
  'not-multicast',
  /** Sent from our own primary address: a loop, or somebody uses our address. */
  'own-packet',
] as const;

/** Why a datagram was thrown away. */
export type DiscardReason = (typeof DISCARD_REASONS)[number];

/** What is odd about an advertisement that is accepted all the same (RFC 9568 §7.1: log, do not drop). */
export type Remark =
  /** Its interval is not ours; a backup learns it. */
  | 'interval-mismatch'
  /** Its addresses are not ours, order aside. */
  | 'address-list-mismatch'
  /** We own the addresses, and yet another router is master of them (RFC 9568 §8.3.2). */
  | 'owner-conflict';

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
 *  @param lookup finds the virtual router with this VRID on the receiving interface */
export function checkReceived(
  datagram: VrrpDatagram, lookup: (vrid: number) => ReceiveContext | undefined,
): ReceiveResult {
  const { payload } = datagram;
  const named = payload[1];
  const context = named === undefined ? undefined : lookup(named);
  const discard = (reason: RouterDiscardReason): ReceiveResult =>
    ({ ok: false, reason, vrid: context === undefined ? undefined : named });

  if (!datagram.headerValid) return discard('packet-length-error');
  if (datagram.ttl !== 255) return discard('ttl-error'); // [RFC9568-5.1.1.3-1]
  const header = decodeHeader(payload);
  if (header === undefined) return discard('packet-length-error'); // [RFC9568-7.1-2]
  if (header.version !== (context?.parameters.version ?? 3)) return discard('version-error'); // [RFC9568-7.1-1]
  if (header.type !== ADVERTISEMENT_TYPE) return discard('type-error'); // [RFC9568-5.2.2-1]
  if (context === undefined) return { ok: false, reason: 'unknown-vrid' }; // [RFC9568-7.1-3]
  const advertisement = decodeAdvertisement(payload);
  // [RFC9568-5.2.5-1] [RFC9568-7.1-2]
  if (advertisement === undefined) return discard('packet-length-error');
  const checksumForm = verifyChecksum(payload, datagram.source, datagram.destination);
  if (checksumForm === undefined) return discard('checksum-error'); // [RFC9568-7.1-4]
  if (advertisement.advertIntervalMs === 0) return discard('interval-error'); // [RFC9568-5.2.7-2]
  if (datagram.destination !== VRRP_GROUP_IPV4) return discard('not-multicast'); // [RFC9568-5.1.1.2-1]
  if (datagram.source === context.primaryAddress) return discard('own-packet');
  const remarks = remarksOn(advertisement, context.parameters);
  return { ok: true, vrid: header.vrid, advertisement, checksumForm, remarks };
}

/** [RFC9568-7.1-5] [RFC9568-7.1-6] [RFC9568-7.1-7]: none of these is a reason to drop. */
function remarksOn(advertisement: Advertisement, parameters: VirtualRouterParameters): Remark[] {
  const remarks: Remark[] = [];
  if (advertisement.advertIntervalMs !== parameters.advertIntervalMs) remarks.push('interval-mismatch');
  if (!sameAddresses(advertisement, parameters)) remarks.push('address-list-mismatch');
  if (parameters.priority === OWNER_PRIORITY) remarks.push('owner-conflict');
  return remarks;
}

/** Compares as sets: the order is only a debugging aid (RFC 9568 §5.2.9). */
function sameAddresses(advertisement: Advertisement, parameters: VirtualRouterParameters): boolean {
  const theirs = new Set(advertisement.addresses);
  const ours = new Set(parameters.addresses.map((virtual) => virtual.address));
  return theirs.size === ours.size && [...ours].every((address) => theirs.has(address));
}

// What one virtual router is configured to do, in the core's own units. Knows nothing of YAML:
// config/to-parameters.ts fills it.

import { addressFamily, assert, type AddressPrefix, type IpAddress } from '@baton/base';
import { isLinkLocal, maxAddressCount } from './address-list.js';

/** A virtual IP of a router. */
export interface VirtualAddress extends AddressPrefix {
  /** Interface that carries the address; the router's own when absent. */
  readonly interface?: string;
  /** Interface label (`eth0:web`), at most 15 characters, IPv4 only. */
  readonly label?: string;
}

/** How often a new master tells the LAN about its addresses; not part of any RFC, named after keepalived's
 *  garp_master_*. */
export interface AnnounceParameters {
  /** Frames per address at takeover, 0–100. */
  readonly count: number;
  /** Wait until the second burst, ms, 0 = no second burst. */
  readonly delayMs: number;
  /** Frames per address in the second burst, 0–100. */
  readonly delayedCount: number;
  /** Period of one further frame per address while master, ms, 0 = never. */
  readonly refreshMs: number;
}

/** The protocol version: 3 (RFC 9568), or 2 for neighbours that know nothing newer (RFC 3768, IPv4 only). */
export type ProtocolVersion = 2 | 3;

/** How the checksum of an IPv4 version 3 advertisement is made: `auto` and `pseudo-header` include the IPv4
 *  pseudo-header (what keepalived and FRR demand), `rfc9568` covers the message only (RFC 9568 §5.2.8). Either form
 *  is accepted on receive, except by `rfc9568-strict`, which sends and accepts the message-only form alone. Version 2
 *  and IPv6 leave no choice and ignore this. */
export type ChecksumMode = 'auto' | 'pseudo-header' | 'rfc9568' | 'rfc9568-strict';

/** Another router of the same VRID in unicast mode. */
export interface UnicastPeer {
  readonly address: IpAddress;
  /** Lowest TTL or hop limit accepted from it, 0–255; 255 = it is on this link. */
  readonly minTtl: number;
}

/** Advertising to each peer instead of to the group: part of no RFC, named after keepalived's unicast_peer. */
export interface UnicastParameters {
  /** At least one. */
  readonly peers: readonly UnicastPeer[];
  /** Whether advertisements of anybody else are discarded. */
  readonly checkSource: boolean;
}

/** Where implementations and RFCs disagree, and this router has to choose. */
export interface ProtocolRules {
  /** What a master says to a losing advertisement: `answer` it at once (RFC 9568 §6.4.3; keepalived, in every version)
   *  or `discard` it (RFC 3768, RFC 5798). `auto`: as the RFC of the version says. */
  readonly losingAdvert: 'auto' | 'answer' | 'discard';
  /** What a master says as it yields to a better one: `send` one last advertisement, so that the better one learns that
   *  there were two and announces its addresses again, or nothing at all (`silent`, RFC 9568 §6.4.3). */
  readonly yieldingAdvert: 'send' | 'silent';
  /** What to do with an advertisement that has our VRID and not one of our addresses: `ignore` it as a stranger's
   *  (guarantee D15), or `process` it (RFC 9568 §7.1). */
  readonly vridCollision: 'ignore' | 'process';
  /** Whether an IPv6 list that does not begin with a link-local address is accepted (FRR sends such; RFC 9568 erratum
   *  8300 says discard). */
  readonly tolerateMissingLinkLocal: boolean;
}

/** The rules of a router that was told nothing else: by the RFC, except that strangers are ignored and that nobody
 *  yields without a word. */
export const DEFAULT_RULES: ProtocolRules = {
  losingAdvert: 'auto', yieldingAdvert: 'send', vridCollision: 'ignore', tolerateMissingLinkLocal: false,
};

/** The configuration of one virtual router (RFC 9568 §6.1). Secrets are no part of it: it is shown and recorded. */
export interface VirtualRouterParameters {
  readonly name: string;
  readonly interface: string;
  /** 1–255. */
  readonly vrid: number;
  readonly version: ProtocolVersion;
  /** What carries the advertisements, and what its addresses are; 6 needs version 3. A router with addresses of both
   *  families is two of these. */
  readonly family: 4 | 6;
  /** 1–255; 255 = address owner. */
  readonly priority: number;
  /** Advertisement_Interval: version 3 10–40 950 ms in steps of 10, version 2 1000–255 000 ms in steps of 1000. */
  readonly advertIntervalMs: number;
  /** At least one; sent in this order, link-local ones first. An IPv6 router has a link-local one
   *  (RFC 9568 §5.2.9). */
  readonly addresses: readonly VirtualAddress[];
  /** Claimed, announced and released with the others, never advertised; of either family. Absent: none. */
  readonly extraAddresses?: readonly VirtualAddress[];
  readonly preemptMode: boolean;
  /** How long a lower-priority master is left alone before it is preempted, ms (RFC 8347 hold-time). */
  readonly preemptDelayMs: number;
  /** How long the router stays silent and deaf after start, ms. */
  readonly startupDelayMs: number;
  readonly checksum: ChecksumMode;
  readonly announce: AnnounceParameters;
  /** How long the kernel keeps an address that is not renewed any more, whole seconds, at least shortestLeaseSeconds of
   *  the interval; the peers are taken to have the same. Absent: for ever. An address owner needs none. */
  readonly leaseSeconds?: number;
  readonly rules: ProtocolRules;
  /** Absent: multicast. */
  readonly unicast?: UnicastParameters;
  /** The primary addresses of all other routers of this VRID; absent: not known, so that nobody is unknown. */
  readonly knownRouters?: readonly IpAddress[];
}

/** How each version counts its interval on the wire. */
export const INTERVAL_UNITS = { 2: { unitMs: 1000, maxUnits: 255 }, 3: { unitMs: 10, maxUnits: 4095 } } as const;

/** The priority of an address owner (RFC 9568 §5.2.4). */
export const OWNER_PRIORITY = 255;
/** The priority of a master that leaves (RFC 9568 §5.2.4). */
export const RESIGN_PRIORITY = 0;

/** Whether a version can advertise this interval: version 3 10–40 950 ms in steps of 10 [RFC9568-5.2.7-1], version 2
 *  1–255 whole seconds [RFC3768-5.3.7-1].
 *  @param intervalMs any number */
export function isAdvertInterval(version: ProtocolVersion, intervalMs: number): boolean {
  const { unitMs, maxUnits } = INTERVAL_UNITS[version];
  const units = intervalMs / unitMs;
  return Number.isInteger(units) && units >= 1 && units <= maxUnits;
}

/** Whether a master answers a losing advertisement at once: what the rules say, or else the RFC of the version
 *  [RFC9568-6.4.3-5] [RFC3768-6.4.3-1]. */
export function answersLosingAdverts({ version, rules }: VirtualRouterParameters): boolean {
  return rules.losingAdvert === 'auto' ? version === 3 : rules.losingAdvert === 'answer';
}

/** Whether a master that yields to a better one advertises once more. Not when its own interval is the shorter one: a
 *  third router could learn it from this advertisement, lose the next of the better master, and take over.
 *  @param betterIntervalMs the interval of the better master */
export function yieldsWithAdvert(
  { advertIntervalMs, rules }: VirtualRouterParameters, betterIntervalMs: number,
): boolean {
  return rules.yieldingAdvert === 'send' && advertIntervalMs >= betterIntervalMs;
}

/** Everything that a master of this configuration holds: what it advertises, then what it does not. */
export function heldAddresses({ addresses, extraAddresses = [] }: VirtualRouterParameters): readonly VirtualAddress[] {
  return [...addresses, ...extraAddresses];
}

/** Whether two configurations are of one router; if not, the one has to leave and the other to begin. */
export function isSameRouter(a: VirtualRouterParameters, b: VirtualRouterParameters): boolean {
  return a.name === b.name && a.interface === b.interface && a.vrid === b.vrid && a.version === b.version
    && a.family === b.family;
}

/** Whether a router of these families goes on as one of those: they have a family in common, and each common one is the
 *  same router. */
export function isSameAcrossFamilies(
  before: readonly VirtualRouterParameters[], after: readonly VirtualRouterParameters[],
): boolean {
  const common = before.flatMap((was) =>
    after.filter(({ family }) => family === was.family).map((becomes) => [was, becomes] as const));
  return common.length > 0 && common.every(([was, becomes]) => isSameRouter(was, becomes));
}

/** Asserts what the core relies on; configurations are validated, with messages for people, long before.
 *  @throws {InvariantError} */
export function assertParameters(parameters: VirtualRouterParameters): void {
  const { name, vrid, version, family, priority, advertIntervalMs, addresses } = parameters;
  assert(Number.isInteger(vrid) && vrid >= 1 && vrid <= 255, `${name}: VRID ${String(vrid)} is 1–255`);
  assert(
    Number.isInteger(priority) && priority > RESIGN_PRIORITY && priority <= OWNER_PRIORITY,
    `${name}: priority ${String(priority)} is 1–255`,
  );
  assert(version === 3 || family === 4, `${name}: version 2 speaks IPv4 only`);
  assert(
    isAdvertInterval(version, advertIntervalMs),
    `${name}: ${String(advertIntervalMs)} ms is no interval of version ${String(version)}`,
  );
  assert(addresses.every(({ address }) => addressFamily(address) === family), `${name}: an address of another family`);
  assert(
    addresses.length >= 1 && addresses.length <= maxAddressCount(family),
    `${name}: an advertisement carries 1–${String(maxAddressCount(family))} addresses`,
  );
  assert(
    family === 4 || addresses.some(({ address }) => isLinkLocal(address)),
    `${name}: an IPv6 router has a link-local virtual address`,
  );
}

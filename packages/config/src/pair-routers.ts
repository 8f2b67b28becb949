// Decides where one virtual router of two nodes would not be one: what they advertise, what they expect, and who wins.
// Pure; secrets are compared and never told.

import { addressFamily, formatAddressPrefix, type AddressPrefix, type IpAddress } from '@baton/base';
import { OWNER_PRIORITY, type VirtualRouterParameters } from '@baton/vrrp';
import type { RouterSettings } from './configuration.js';
import { quote } from './findings.js';
import { authenticationDifference } from './pair-authentication.js';
import { spellDuration } from './schema/duration.js';

/** What is wrong or doubtful about a pair, at a key of the first file. */
export interface PairFinding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  /** Dotted path; the key need not be given in the file. */
  readonly key: string;
  readonly message: string;
}

type Difference = PairFinding | undefined;
type Comparison = (own: RouterSettings, peer: RouterSettings, nodes: PairAddresses) => Difference;

/** What `peers` of either file says about the two nodes. */
export interface PairAddresses {
  readonly own: IpAddress | undefined;
  readonly peer: IpAddress | undefined;
}

const BOTH_MASTER = 'each would be master for itself';

/** Where the same router on two nodes differs, or must not be equal. */
export function compareRouters(
  own: RouterSettings, peer: RouterSettings, nodes: PairAddresses,
): readonly PairFinding[] {
  return COMPARISONS.flatMap((compare) => compare(own, peer, nodes) ?? [])
    .map((finding) => ({ ...finding, key: `virtual_routers.${own.name}.${finding.key}` }));
}

const COMPARISONS: readonly Comparison[] = [
  compareNames, compareVrids, compareVersions, compareIntervals, comparePriorities, compareFamilies, compareAddresses,
  compareExtraAddresses, compareChecksums, compareDestinations, compareVirtualMac, compareAccept, compareAuthentication,
];

function compareNames({ name }: RouterSettings, peer: RouterSettings): Difference {
  if (name === peer.name) return undefined;
  return warning('vrid', 'pair-name', `is the VRID of ${quote(peer.name)} there: one router under two names`);
}

function compareVrids({ families: [own] }: RouterSettings, { families: [peer] }: RouterSettings): Difference {
  if (own.vrid === peer.vrid) return undefined;
  return error('vrid', 'pair-vrid', `is ${String(peer.vrid)} there: ${BOTH_MASTER}`);
}

function compareVersions({ families: [own] }: RouterSettings, { families: [peer] }: RouterSettings): Difference {
  if (own.version === peer.version) return undefined;
  return error('version', 'pair-version', `is ${String(peer.version)} there: ${BOTH_MASTER}`);
}

/** Version 3 learns the interval of the master, version 2 discards another one. */
function compareIntervals({ families: [own] }: RouterSettings, { families: [peer] }: RouterSettings): Difference {
  if (own.advertIntervalMs === peer.advertIntervalMs) return undefined;
  const there = `is ${spellDuration(peer.advertIntervalMs)} there`;
  return own.version === 2
    ? error('advert_interval', 'pair-interval', `${there}, and version 2 demands the same: ${BOTH_MASTER}`)
    : warning('advert_interval', 'pair-interval', `${there}: how fast a takeover is depends on who was master`);
}

function comparePriorities({ families: [own] }: RouterSettings, { families: [peer] }: RouterSettings): Difference {
  if (own.priority !== peer.priority) return undefined;
  if (own.priority === OWNER_PRIORITY) {
    return error('priority', 'two-owners', 'is 255 there too: two nodes cannot own the same addresses');
  }
  const message = `is ${String(peer.priority)} there too: the higher address decides; give each node its own`;
  return warning('priority', 'equal-priority', message);
}

function compareFamilies({ families: own }: RouterSettings, { families: peer }: RouterSettings): Difference {
  if (own.length === peer.length) return undefined;
  const only = own.length > peer.length ? 'here' : 'there';
  return error('addresses', 'pair-families', `are of both families only ${only}: ${BOTH_MASTER} of one of them`);
}

/** Other addresses make a stranger of a neighbour (guarantee D15), or a peer in mid-change. */
function compareAddresses(own: RouterSettings, peer: RouterSettings): Difference {
  for (const ours of own.families) {
    const theirs = peer.families.find(({ family }) => family === ours.family);
    if (theirs === undefined) continue;
    const [here, there] = [texts(ours.addresses), texts(theirs.addresses)];
    const difference = differenceOf(here, there);
    if (difference === undefined) continue;
    const shared = hosts(ours).some((address) => hosts(theirs).includes(address));
    if (!shared) return error('addresses', 'pair-addresses', `have nothing in common with those there: ${BOTH_MASTER}`);
    return ours.version === 2 && hosts(ours).join() !== hosts(theirs).join()
      ? error('addresses', 'pair-addresses', `${difference}; version 2 demands the same: ${BOTH_MASTER}`)
      : warning('addresses', 'pair-addresses', difference);
  }
  return undefined;
}

function compareExtraAddresses(own: RouterSettings, peer: RouterSettings): Difference {
  const extra = ({ families }: RouterSettings): readonly string[] =>
    texts(families.flatMap(({ extraAddresses = [] }) => extraAddresses));
  const difference = differenceOf(extra(own), extra(peer));
  return difference === undefined ? undefined : warning('extra_addresses', 'pair-addresses', difference);
}

function compareChecksums({ families: [own] }: RouterSettings, { families: [peer] }: RouterSettings): Difference {
  const isStrict = own.checksum === 'rfc9568-strict' || peer.checksum === 'rfc9568-strict';
  const isOther = own.checksum.startsWith('rfc9568') !== peer.checksum.startsWith('rfc9568');
  if (own.version !== 3 || own.family !== 4 || !isStrict || !isOther) return undefined;
  const message = `is ${peer.checksum} there, and one of the two accepts no other: ${BOTH_MASTER}`;
  return error('checksum', 'pair-checksum', message);
}

/** The two must listen where the other one sends to, and in unicast expect it from where it sends. */
function compareDestinations(own: RouterSettings, peer: RouterSettings, nodes: PairAddresses): Difference {
  for (const ours of own.families) {
    const theirs = peer.families.find(({ family }) => family === ours.family);
    if (theirs === undefined) continue;
    if ((ours.unicast === undefined) !== (theirs.unicast === undefined)) {
      return error('unicast', 'pair-unicast', `is used by one node only: ${BOTH_MASTER}`);
    }
    const [from, to] = [own.sourceAddresses[ours.family], peer.sourceAddresses[ours.family]];
    const unheard = unknownOf(from, theirs) ?? unknownOf(to, ours);
    if (unheard !== undefined) {
      return error('unicast', 'pair-unicast', `advertisements from ${unheard} are expected by nobody: ${BOTH_MASTER}`);
    }
    const doubtful = unknownOf(from ?? nodes.own, theirs) ?? unknownOf(to ?? nodes.peer, ours);
    if (doubtful !== undefined) {
      const message = `advertisements from ${doubtful}, the address under peers, are expected by nobody: `
        + `${BOTH_MASTER}, unless they leave from another address; source_address says which`;
      return warning('unicast', 'pair-unicast', message);
    }
  }
  return undefined;
}

/** A source that a router would not listen to; one that no file tells, or of the other family, is none. */
function unknownOf(
  source: IpAddress | undefined, { unicast, family }: VirtualRouterParameters,
): IpAddress | undefined {
  if (source === undefined || unicast === undefined || addressFamily(source) !== family) return undefined;
  return unicast.peers.some(({ address }) => address === source) ? undefined : source;
}

function compareVirtualMac({ virtualMac }: RouterSettings, peer: RouterSettings): Difference {
  if (virtualMac === peer.virtualMac) return undefined;
  const message = `is ${String(peer.virtualMac)} there: a takeover changes the MAC of the addresses all the same`;
  return warning('virtual_mac', 'pair-virtual-mac', message);
}

function compareAccept({ acceptMode }: RouterSettings, peer: RouterSettings): Difference {
  if (acceptMode === peer.acceptMode) return undefined;
  return warning('accept', 'pair-accept', 'is not the same there: the addresses answer on one node only');
}

function compareAuthentication(own: RouterSettings, peer: RouterSettings): Difference {
  const difference = authenticationDifference(own.authentication, peer.authentication);
  if (difference === undefined) return undefined;
  return error('authentication', 'pair-authentication', `${difference}: ${BOTH_MASTER}`);
}

function hosts({ addresses }: VirtualRouterParameters): readonly IpAddress[] {
  return addresses.map(({ address }) => address).sort();
}

function texts(addresses: readonly AddressPrefix[]): readonly string[] {
  return addresses.map(formatAddressPrefix).sort();
}

/** Which of these are on one side only; undefined when none is. */
function differenceOf(here: readonly string[], there: readonly string[]): string | undefined {
  const [onlyHere, onlyThere] = [without(here, there), without(there, here)];
  const parts = [onlyHere === '' ? '' : `only here: ${onlyHere}`, onlyThere === '' ? '' : `only there: ${onlyThere}`];
  const difference = parts.filter((part) => part !== '').join('; ');
  return difference === '' ? undefined : difference;
}

function without(those: readonly string[], these: readonly string[]): string {
  return those.filter((each) => !these.includes(each)).slice(0, 8).join(', ');
}

function error(key: string, code: string, message: string): PairFinding {
  return { severity: 'error', code, key, message };
}

function warning(key: string, code: string, message: string): PairFinding {
  return { severity: 'warning', code, key, message };
}

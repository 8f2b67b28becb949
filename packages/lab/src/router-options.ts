// One virtual router in words that every daemon of the lab understands, so that a test can give the same one to any of
// them. Knows no daemon's file.

import type { IpAddress } from '@baton/base';

import type { LabHost } from './namespaces.js';

/** What two nodes have to agree on, and the priority that tells them apart. */
export interface RouterOptions {
  /** 1–255; 255 is the owner. */
  readonly priority: number;
  /** Default 51. */
  readonly vrid?: number;
  /** Protocol version, default 3. */
  readonly version?: 2 | 3;
  /** Advertisement interval in milliseconds, a multiple of 10 (of 1000 in version 2); default 1000. */
  readonly advertIntervalMs?: number;
  /** `address/length`, in this order on the wire. The family follows from the addresses, IPv6 with its link-local one
   *  first; both families together are dual stack. */
  readonly addresses: readonly string[];
  /** Default true. */
  readonly preempt?: boolean;
  /** Simple password of version 2, at most 8 characters. */
  readonly password?: string;
  /** The other nodes. */
  readonly peers?: readonly LabHost[];
  /** Adverts go from an address of the host's own subnet to each peer's instead of to the group; default false. */
  readonly unicast?: boolean;
  /** What Baton accepts from a unicast peer, 1–255; default 255. */
  readonly lowestTtl?: number;
  /** 00:00:5e:00:01:VRID (02 for IPv6) on a macvlan; default false. */
  readonly virtualMac?: boolean;
  /** Program and arguments that become the daemon: `['env', 'X=1']`, `['setpriv', …]`; default none. */
  readonly launcher?: readonly string[];
}

/** Default virtual router id of the lab. */
export const LAB_VRID = 51;
/** Default advertisement interval, ms. */
const INTERVAL_MS = 1000;

/** Addresses of one family. */
export interface FamilyAddresses {
  readonly family: 4 | 6;
  readonly addresses: readonly string[];
}

/** The families of a router's addresses, IPv4 first, each with its addresses in the given order. */
export function familiesOf({ addresses }: Pick<RouterOptions, 'addresses'>): readonly FamilyAddresses[] {
  return ([4, 6] as const)
    .map((family) => ({ family, addresses: addresses.filter((text) => text.includes(':') === (family === 6)) }))
    .filter((part) => part.addresses.length > 0);
}

/** The address of a host that unicast adverts go to and come from. */
export function unicastAddress(host: LabHost, family: 4 | 6): IpAddress {
  return family === 4 ? host.address : host.addressIpv6;
}

/** The advertisement interval of a router, ms. */
export function intervalOf({ advertIntervalMs = INTERVAL_MS }: Pick<RouterOptions, 'advertIntervalMs'>): number {
  return advertIntervalMs;
}

/** The virtual MAC of a router (RFC 9568 §7.3). */
export function virtualMac(family: 4 | 6, vrid: number = LAB_VRID): string {
  return `00:00:5e:00:0${family === 4 ? '1' : '2'}:${vrid.toString(16).padStart(2, '0')}`;
}

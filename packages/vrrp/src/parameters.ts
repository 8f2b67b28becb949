// What one virtual router is configured to do, in the core's own units. Knows nothing of YAML:
// config/to-parameters.ts fills it.

import type { AddressPrefix } from '@baton/base';

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

/** How the checksum of an IPv4 version 3 advertisement is made: `auto` and `pseudo-header` include the IPv4
 *  pseudo-header (what keepalived and FRR demand), `rfc9568` covers the message only (RFC 9568 §5.2.8). Either form
 *  is accepted on receive. */
export type ChecksumMode = 'auto' | 'pseudo-header' | 'rfc9568';

/** The configuration of one virtual router (RFC 9568 §6.1). */
export interface VirtualRouterParameters {
  readonly name: string;
  readonly interface: string;
  /** 1–255. */
  readonly vrid: number;
  readonly version: 3;
  /** 1–255; 255 = address owner. */
  readonly priority: number;
  /** Advertisement_Interval, 10–40 950 ms in steps of 10. */
  readonly advertIntervalMs: number;
  /** At least one; sent in this order. */
  readonly addresses: readonly VirtualAddress[];
  readonly preemptMode: boolean;
  /** How long a lower-priority master is left alone before it is preempted, ms (RFC 8347 hold-time). */
  readonly preemptDelayMs: number;
  /** How long the router stays silent and deaf after start, ms. */
  readonly startupDelayMs: number;
  readonly checksum: ChecksumMode;
  readonly announce: AnnounceParameters;
}

/** The priority of an address owner (RFC 9568 §5.2.4). */
export const OWNER_PRIORITY = 255;
/** The priority of a master that leaves (RFC 9568 §5.2.4). */
export const RESIGN_PRIORITY = 0;

// The two ways in which a router can be on a LAN, and the addresses that the tests of the data plane give to it.

import { virtualMac, type LabHost } from '@baton/lab';
import { VIP, VIP_PREFIX } from './bed.js';

/** The virtual address of the tests in IPv6. */
export const VIP6 = 'fd09::100';
/** Both families, the link-local address first (RFC 9568 §5.2.9). */
export const DUAL_STACK = [VIP_PREFIX, 'fe80::100/64', `${VIP6}/64`];
/** One address of each family. */
export const VIPS = [VIP, VIP6] as const;

/** Whose MAC the virtual addresses have. */
export interface Mode {
  readonly name: string;
  readonly virtualMac: boolean;
}

export const MODES: readonly Mode[] = [
  { name: 'with the MACs of the hosts', virtualMac: false },
  { name: 'with the virtual MAC', virtualMac: true },
];

/** The MAC that answers for the addresses of a family while this host is their master. */
export function masterMac(mode: Mode, host: LabHost, family: 4 | 6): string {
  return mode.virtualMac ? virtualMac(family) : host.mac;
}

/** The family of an address. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

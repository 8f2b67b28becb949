// Interfaces of kind macvlan (<linux/if_link.h>) and the IPv4 settings of any interface (<linux/ip.h>), in the words of
// rtnetlink. Knows nothing of virtual routers: which settings are needed is decided above.

import {
  concatenate, decodeAttributes, decodeText, encodeAttribute, encodeText, encodeUint32,
} from './attribute.js';
import { AF_INET, NLM_F_CREATE, NLM_F_EXCL } from './constants.js';
import { EBADMSG, ENODEV } from './errno.js';
import { type NetlinkMessage, type NetlinkSocket, netlinkFailure } from './netlink.js';
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK, decodeLink } from './route.js';
import type { SyscallResult } from './syscalls.js';

/** How a macvlan treats frames of its neighbours on the same parent; it keeps hearing those of the LAN in any mode. */
export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru';

/** What is to be made. */
export interface MacvlanRequest {
  readonly name: string;
  readonly parentIndex: number;
  /** 6 bytes. */
  readonly mac: Uint8Array;
  readonly mode: MacvlanMode;
}

/** An interface with what only some users need to know of it. */
export interface LinkDetails {
  readonly index: number;
  readonly name: string;
  readonly mac: Uint8Array | undefined;
  /** IFF_UP: switched on, whether there is a carrier or not. */
  readonly switchedOn: boolean;
  /** The interface it stands on, 0 when on none. Of a macvlan on a macvlan the kernel tells the lowest. */
  readonly parentIndex: number;
  /** Undefined when it is no macvlan. */
  readonly mode: MacvlanMode | undefined;
  /** What `ip link set alias` wrote. */
  readonly alias: string | undefined;
  readonly ipv4Settings: Ipv4Settings;
}

/** IPv4 settings of one interface by name, as under /proc/sys/net/ipv4/conf. */
export type Ipv4Settings = Readonly<Partial<Record<keyof typeof IPV4_SETTINGS, number>>>;

/** Reads one interface, by name or index.
 *  @returns undefined when there is none
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer */
export function readLinkDetails(socket: NetlinkSocket, which: string | number): LinkDetails | undefined {
  const name = typeof which === 'string' ? [encodeAttribute(IFLA_IFNAME, encodeText(which))] : [];
  const header = encodeLinkHeader(typeof which === 'number' ? which : 0, 0, 0);
  const { result, messages } = socket.request(RTM_GETLINK, 0, concatenate([header, SKIP_STATISTICS, ...name]));
  if (result === ENODEV) return undefined;
  const link = messages.map(decodeLinkDetails).find((candidate) => candidate !== undefined);
  if (link === undefined) throw netlinkFailure(`cannot read interface ${String(which)}`, result < 0 ? result : EBADMSG);
  return link;
}

/** Reads all interfaces.
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer than a list */
export function readAllLinkDetails(socket: NetlinkSocket): LinkDetails[] {
  const { result, messages } = socket.dump(RTM_GETLINK, concatenate([encodeLinkHeader(0, 0, 0), SKIP_STATISTICS]));
  if (result < 0) throw netlinkFailure('cannot read interfaces', result);
  return messages.map(decodeLinkDetails).filter((link) => link !== undefined);
}

/** Makes a macvlan, switched off; -EEXIST when the name is taken, -EOPNOTSUPP when the kernel knows no macvlan, -EBUSY
 *  when the parent already is the port of a bridge or the like. */
export function createMacvlan(socket: NetlinkSocket, request: MacvlanRequest): SyscallResult {
  return socket.request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, encodeMacvlan(request)).result;
}

/** Writes the text that `ip link` shows as alias, at most 255 bytes. */
export function setLinkAlias(socket: NetlinkSocket, index: number, alias: string): SyscallResult {
  // Without the terminating zero: the kernel counts every byte of it as text.
  const text = new TextEncoder().encode(alias);
  return socket.request(RTM_SETLINK, 0, concatenate([
    encodeLinkHeader(index, 0, 0), encodeAttribute(IFLA_IFALIAS, text),
  ])).result;
}

/** Switches an interface on or off. Done when it returns. */
export function switchLink(socket: NetlinkSocket, index: number, state: 'up' | 'down'): SyscallResult {
  return socket.request(RTM_SETLINK, 0, encodeLinkHeader(index, state === 'up' ? IFF_UP : 0, IFF_UP)).result;
}

/** Removes an interface that can be removed; -ENODEV when it is gone. */
export function deleteLink(socket: NetlinkSocket, index: number): SyscallResult {
  return socket.request(RTM_DELLINK, 0, encodeLinkHeader(index, 0, 0)).result;
}

/** Changes IPv4 settings of one interface, which works also where /proc/sys is read-only. The kernel tells everybody
 *  who monitors links, also when nothing changed. */
export function setIpv4Settings(socket: NetlinkSocket, index: number, settings: Ipv4Settings): SyscallResult {
  return socket.request(RTM_SETLINK, 0, encodeIpv4Settings(index, settings)).result;
}

/** The body of RTM_NEWLINK: struct ifinfomsg, name, parent, MAC, kind and mode. */
export function encodeMacvlan({ name, parentIndex, mac, mode }: MacvlanRequest): Uint8Array {
  const data = encodeAttribute(IFLA_MACVLAN_MODE, encodeUint32(MODES[mode]));
  return concatenate([
    encodeLinkHeader(0, 0, 0),
    encodeAttribute(IFLA_IFNAME, encodeText(name)),
    encodeAttribute(IFLA_LINK, encodeUint32(parentIndex)),
    encodeAttribute(IFLA_ADDRESS, mac),
    encodeAttribute(IFLA_LINKINFO, concatenate([
      encodeAttribute(IFLA_INFO_KIND, encodeText('macvlan')), encodeAttribute(IFLA_INFO_DATA, data),
    ])),
  ]);
}

/** The body of RTM_SETLINK for IPv4 settings. */
export function encodeIpv4Settings(index: number, settings: Ipv4Settings): Uint8Array {
  const values = NAMES_OF_SETTINGS.flatMap((name) => {
    const value = settings[name];
    return value === undefined ? [] : [encodeAttribute(IPV4_SETTINGS[name], encodeUint32(value))];
  });
  const family = encodeAttribute(AF_INET, encodeAttribute(IFLA_INET_CONF, concatenate(values)));
  return concatenate([encodeLinkHeader(index, 0, 0), encodeAttribute(IFLA_AF_SPEC, family)]);
}

/** Reads the body of RTM_NEWLINK.
 *  @returns undefined when it is too short to be one */
export function decodeLinkDetails(message: NetlinkMessage): LinkDetails | undefined {
  const link = decodeLink(message);
  if (link === undefined) return undefined;
  const { body } = message;
  const attributes = decodeAttributes(body.subarray(LINK_HEADER_BYTES));
  const info = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? NOTHING);
  const isMacvlan = decodeText(info.get(IFLA_INFO_KIND)) === 'macvlan';
  const mode = decodeUint32(decodeAttributes(info.get(IFLA_INFO_DATA) ?? NOTHING).get(IFLA_MACVLAN_MODE));
  return {
    index: link.index, name: link.name, mac: link.mac,
    switchedOn: (new DataView(body.buffer, body.byteOffset).getUint32(8, true) & IFF_UP) !== 0,
    parentIndex: decodeUint32(attributes.get(IFLA_LINK)) ?? 0,
    mode: isMacvlan ? NAMES_OF_MODES.find((name) => MODES[name] === mode) : undefined,
    alias: decodeText(attributes.get(IFLA_IFALIAS)),
    ipv4Settings: decodeIpv4Settings(attributes.get(IFLA_AF_SPEC) ?? NOTHING),
  };
}

/** Numbers of IPv4 settings, counted from 1. */
const IPV4_SETTINGS = { rp_filter: 8, arp_filter: 13, arp_announce: 18, arp_ignore: 19 } as const;
const NAMES_OF_SETTINGS = ['rp_filter', 'arp_filter', 'arp_announce', 'arp_ignore'] as const;
const MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
const NAMES_OF_MODES = ['private', 'vepa', 'bridge', 'passthru'] as const;

const LINK_HEADER_BYTES = 16; // struct ifinfomsg { family, pad, type, index, flags, change }
const IFF_UP = 0x1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_AF_SPEC = 26;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
const IFLA_INET_CONF = 1;
const NOTHING = new Uint8Array();
const SKIP_STATISTICS = encodeAttribute(IFLA_EXT_MASK, encodeUint32(RTEXT_FILTER_SKIP_STATS));

function encodeLinkHeader(index: number, flags: number, changed: number): Uint8Array {
  return encodeUint32(0, index, flags, changed);
}

/** The kernel shows all settings of a family as one array of 32-bit numbers. */
function decodeIpv4Settings(families: Uint8Array): Ipv4Settings {
  const all = decodeAttributes(decodeAttributes(families).get(AF_INET) ?? NOTHING).get(IFLA_INET_CONF) ?? NOTHING;
  const found = NAMES_OF_SETTINGS.flatMap((name) => {
    const offset = (IPV4_SETTINGS[name] - 1) * 4;
    const value = decodeUint32(all.subarray(offset, offset + 4));
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

function decodeUint32(bytes: Uint8Array | undefined): number | undefined {
  return bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : undefined;
}

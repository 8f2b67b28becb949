// Interfaces and addresses in the words of rtnetlink (<linux/rtnetlink.h>, <linux/if_link.h>, <linux/if_addr.h>). Pure
// encoding and decoding, and the requests that Baton makes. Knows nothing of virtual IPs: who owns an address is
// decided above.

import { type AddressPrefix, addressBytes, formatAddress } from '@baton/base';

import { concatenate, decodeAttributes, decodeText, encodeAttribute, encodeText, encodeUint32 } from './attribute.js';
import {
  AF_INET, AF_INET6, INTERFACE_NAME_BYTES, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, NLM_F_CREATE, NLM_F_EXCL,
  NLM_F_REPLACE,
} from './constants.js';
import { EADDRNOTAVAIL, EBADMSG, EINVAL, ENODEV, EOPNOTSUPP } from './errno.js';
import { type NetlinkMessage, NetlinkSocket, netlinkFailure } from './netlink.js';
import type { SyscallResult } from './syscalls.js';

/** Marks an address as ours (IFA_PROTO): the number of VRRP among the IP protocols. Kernels before 5.18 ignore it. */
export const ADDRESS_PROTOCOL = 112;

/** Multicast groups of rtnetlink. */
export const RTNLGRP_LINK = 1;
export const RTNLGRP_IPV4_IFADDR = 5;
export const RTNLGRP_IPV6_IFADDR = 9;

/** Types of rtnetlink messages. */
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_SETLINK = 19;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

/** An interface as the kernel shows it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_UP and IFF_RUNNING. */
  readonly up: boolean;
  /** 6 bytes on Ethernet; undefined where the interface has no such address. */
  readonly mac: Uint8Array | undefined;
}

/** An address as it lies on an interface. */
export interface InterfaceAddress extends AddressPrefix {
  readonly index: number;
  /** IPv4 only: the interface's name, or what stands behind it. */
  readonly label: string | undefined;
  /** Who put it there (IFA_PROTO), 0 when nobody said. */
  readonly protocol: number;
  /** IPv6 only: still being checked for duplicates, or found to be one. Nothing can be sent from it now. */
  readonly tentative: boolean;
  /** The message's body as the kernel wrote it: all there is to know, for putting it back. */
  readonly encoded: Uint8Array;
}

/** What an address is to be: see InterfaceAddress. */
export interface AddressRequest extends AddressPrefix {
  readonly index: number;
  readonly label?: string;
  /** Whole seconds, 1 to 2^32 - 2, until the kernel removes it by itself, some 20-60 ms late, IPv6 up to 300 ms;
   *  without it the address stays. */
  readonly lifetimeSeconds?: number;
  /** Metric of the route to the subnet that the kernel makes along; without it 0 for IPv4, 256 for IPv6. */
  readonly routeMetric?: number;
}

/** A socket for the requests of this file. Dumps of one interface are cut down by the kernel where it can (strict
 *  checking, 4.20). */
export function openRouteSocket(): NetlinkSocket {
  return new NetlinkSocket(NETLINK_ROUTE, [[NETLINK_GET_STRICT_CHK, 1]]);
}

/** Reads one interface by name.
 *  @returns undefined when there is none
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer */
export function readLink(socket: NetlinkSocket, name: string): Link | undefined {
  const body = concatenate([
    new Uint8Array(LINK_HEADER_BYTES),
    encodeAttribute(IFLA_EXT_MASK, encodeUint32(RTEXT_FILTER_SKIP_STATS)),
    encodeAttribute(IFLA_IFNAME, encodeText(name)),
  ]);
  const { result, messages } = socket.request(RTM_GETLINK, 0, body);
  if (result === ENODEV) return undefined;
  const link = messages.map(decodeLink).find((candidate) => candidate !== undefined);
  // An answer without an interface says nothing about the interface: least of all that it is gone.
  if (link === undefined) throw netlinkFailure(`cannot read interface ${name}`, result < 0 ? result : EBADMSG);
  return link;
}

/** The index of an interface, asked by a socket that is open: a process without a free descriptor finds it, too.
 *  @returns -ENODEV when there is none of this name, or can be none
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer */
export function readLinkIndex(socket: NetlinkSocket, name: string): SyscallResult {
  const { length } = encodeText(name);
  // With its final zero; the kernel calls a name that is none an invalid request.
  if (length <= 1 || length > INTERFACE_NAME_BYTES) return ENODEV;
  return readLink(socket, name)?.index ?? ENODEV;
}

/** Reads all interfaces.
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer than a list */
export function readLinks(socket: NetlinkSocket): Link[] {
  const skipStatistics = encodeAttribute(IFLA_EXT_MASK, encodeUint32(RTEXT_FILTER_SKIP_STATS));
  const request = concatenate([new Uint8Array(LINK_HEADER_BYTES), skipStatistics]);
  const { result, messages } = socket.dump(RTM_GETLINK, request);
  if (result < 0) throw netlinkFailure('cannot read interfaces', result);
  return messages.map(decodeLink).filter((link) => link !== undefined);
}

/** Reads the addresses of one interface, or of all with index 0, in the kernel's order: IPv4 first, then IPv6.
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer than a list; an interface that is gone
 *    has no addresses */
export function readAddresses(socket: NetlinkSocket, index: number): InterfaceAddress[] {
  return [AF_INET, AF_INET6].flatMap((family) => {
    const { result, messages } = socket.dump(RTM_GETADDR, encodeAddressHeader(family, 0, index));
    if (result < 0 && result !== ENODEV) throw netlinkFailure('cannot read addresses', result);
    return messages
      .flatMap((message) => decodeAddress(message) ?? [])
      .filter((address) => index === 0 || address.index === index);
  });
}

/** Puts an address on an interface; -EEXIST when it is there. IPv6 addresses skip duplicate address detection: a
 *  virtual address is taken over while its last owner may still answer (RFC 9568 §8.2.2). */
export function addAddress(socket: NetlinkSocket, request: AddressRequest): SyscallResult {
  return socket.request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, encodeAddress(request)).result;
}

/** Lets an address that is there live for so long from now on, without `lifetimeSeconds` for ever. Nothing else about
 *  it changes, and no address comes back by it.
 *  @param request with the route metric that the address was added with
 *  @returns -EADDRNOTAVAIL when it is not there */
export function renewAddress(socket: NetlinkSocket, request: AddressRequest): SyscallResult {
  const { lifetimeSeconds = FOREVER_SECONDS } = request;
  const wanted = { ...request, lifetimeSeconds };
  const bytes = addressBytes(request.address);
  if (bytes.length === 4) {
    // The kernel makes an IPv4 address that is not there, whether it was asked to create or not. It refuses to make one
    // that is to join its own multicast group and is none; what is there never comes to that question.
    const { result } = socket.request(RTM_NEWADDR, NLM_F_REPLACE, encodeAddress(wanted, IFA_F_MCAUTOJOIN));
    return result === EINVAL || result === EOPNOTSUPP ? EADDRNOTAVAIL : result;
  }
  const question = [encodeAddressHeader(AF_INET6, 0, request.index), encodeAttribute(IFA_LOCAL, bytes)];
  const { result, messages } = socket.request(RTM_GETADDR, 0, concatenate(question));
  const held = messages.flatMap((message) => decodeAddress(message) ?? [])
    .some(({ prefixLength, index }) => prefixLength === request.prefixLength && index === request.index);
  if (result < 0) return result;
  return held ? socket.request(RTM_NEWADDR, NLM_F_REPLACE, encodeAddress(wanted)).result : EADDRNOTAVAIL;
}

/** Puts an address back as it was read: label, mark, scope, lifetimes and all.
 *  @param address from readAddresses
 *  @returns -EEXIST when it is there */
export function restoreAddress(socket: NetlinkSocket, address: InterfaceAddress): SyscallResult {
  return socket.request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address.encoded).result;
}

/** Takes an address of this prefix length off an interface, whatever its label; -EADDRNOTAVAIL when it is not there. An
 *  IPv4 address that was the first of its subnet takes the others of that subnet along, unless the interface promotes
 *  secondary addresses. */
export function deleteAddress(
  socket: NetlinkSocket, { address, prefixLength, index }: AddressPrefix & { readonly index: number },
): SyscallResult {
  return socket.request(RTM_DELADDR, 0, encodeAddress({ address, prefixLength, index })).result;
}

/** Makes the kernel keep the other IPv4 addresses of a subnet when the first of them is deleted (the setting
 *  promote_secondaries of this interface, which is off by default). Set by netlink and index: that works where
 *  /proc/sys is read-only, and no renaming can come between. What is on is only read, because setting it is told to
 *  everybody who monitors links. */
export function promoteSecondaries(socket: NetlinkSocket, index: number): SyscallResult {
  const header = new Uint8Array(LINK_HEADER_BYTES);
  new DataView(header.buffer).setInt32(4, index, true);
  const skipStatistics = encodeAttribute(IFLA_EXT_MASK, encodeUint32(RTEXT_FILTER_SKIP_STATS));
  const { result, messages } = socket.request(RTM_GETLINK, 0, concatenate([header, skipStatistics]));
  if (result < 0 || messages.some(isPromotingSecondaries)) return result;
  const setting = encodeAttribute(IPV4_DEVCONF_PROMOTE_SECONDARIES, encodeUint32(1));
  const family = encodeAttribute(AF_INET, encodeAttribute(IFLA_INET_CONF, setting));
  return socket.request(RTM_SETLINK, 0, concatenate([header, encodeAttribute(IFLA_AF_SPEC, family)])).result;
}

/** Reads the body of RTM_NEWLINK or RTM_DELLINK.
 *  @returns undefined when it is too short to be one */
export function decodeLink(message: NetlinkMessage): Link | undefined {
  const { body } = message;
  if (body.length < LINK_HEADER_BYTES) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const attributes = decodeAttributes(body.subarray(LINK_HEADER_BYTES));
  const mac = attributes.get(IFLA_ADDRESS);
  return {
    index: view.getInt32(4, true),
    name: decodeText(attributes.get(IFLA_IFNAME)) ?? '',
    up: (view.getUint32(8, true) & (IFF_UP | IFF_RUNNING)) === (IFF_UP | IFF_RUNNING),
    mac: mac?.length === 6 ? mac : undefined,
  };
}

/** Reads the body of RTM_NEWADDR or RTM_DELADDR.
 *  @returns undefined when it is too short to be one, or of another family */
export function decodeAddress(message: NetlinkMessage): InterfaceAddress | undefined {
  const { body } = message;
  if (body.length < ADDRESS_HEADER_BYTES) return undefined;
  const attributes = decodeAttributes(body.subarray(ADDRESS_HEADER_BYTES));
  // On a point-to-point interface IFA_ADDRESS is the other end; IFA_LOCAL is ours wherever it is given.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes === undefined || bytes.length !== ADDRESS_BYTES.get(body[0] ?? 0)) return undefined;
  return {
    address: formatAddress(bytes),
    prefixLength: body[1] ?? 0,
    index: new DataView(body.buffer, body.byteOffset).getInt32(4, true),
    label: decodeText(attributes.get(IFA_LABEL)),
    protocol: attributes.get(IFA_PROTO)?.[0] ?? 0,
    // An optimistic address is used while it is being checked.
    tentative: ((body[2] ?? 0) & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) === IFA_F_TENTATIVE,
    encoded: body,
  };
}

/** The body of RTM_NEWADDR: struct ifaddrmsg and its attributes.
 *  @param ipv4Flags IFA_F_* that an IPv4 address is asked for with */
export function encodeAddress(request: AddressRequest, ipv4Flags = 0): Uint8Array {
  const bytes = addressBytes(request.address);
  const family = bytes.length === 4 ? AF_INET : AF_INET6;
  const { label, lifetimeSeconds, routeMetric } = request;
  const flags = family === AF_INET6 ? IFA_F_NODAD : ipv4Flags;
  return concatenate([
    encodeAddressHeader(family, request.prefixLength, request.index),
    encodeAttribute(IFA_LOCAL, bytes),
    encodeAttribute(IFA_ADDRESS, bytes),
    ...(label === undefined ? [] : [encodeAttribute(IFA_LABEL, encodeText(label))]),
    ...(flags === 0 ? [] : [encodeAttribute(IFA_FLAGS, encodeUint32(flags))]),
    // struct ifa_cacheinfo { preferred, valid, created, updated }: the kernel fills the last two
    ...(lifetimeSeconds === undefined
      ? [] : [encodeAttribute(IFA_CACHEINFO, encodeUint32(lifetimeSeconds, lifetimeSeconds, 0, 0))]),
    ...(routeMetric === undefined ? [] : [encodeAttribute(IFA_RT_PRIORITY, encodeUint32(routeMetric))]),
    encodeAttribute(IFA_PROTO, Uint8Array.of(ADDRESS_PROTOCOL)),
  ]);
}

const LINK_HEADER_BYTES = 16; // struct ifinfomsg { family, pad, type, index, flags, change }
const ADDRESS_HEADER_BYTES = 8; // struct ifaddrmsg { family, prefix length, flags, scope, index }
const ADDRESS_BYTES = new Map([[AF_INET, 4], [AF_INET6, 16]]);
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
const IFLA_AF_SPEC = 26;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFLA_INET_CONF = 1;
const IPV4_DEVCONF_PROMOTE_SECONDARIES = 20; // <linux/ip.h>, counted from 1
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_RT_PRIORITY = 9; // since Linux 4.18; older kernels pass over it
const IFA_PROTO = 11;
const IFA_F_NODAD = 0x02;
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_TENTATIVE = 0x40;
const IFA_F_MCAUTOJOIN = 0x400; // since Linux 4.1
const FOREVER_SECONDS = 0xffffffff; // INFINITY_LIFE_TIME

/** Whether an interface says so; its IPv4 settings are one array of 32-bit numbers. */
function isPromotingSecondaries({ body }: NetlinkMessage): boolean {
  const families = decodeAttributes(body.subarray(LINK_HEADER_BYTES)).get(IFLA_AF_SPEC) ?? new Uint8Array();
  const settings = decodeAttributes(decodeAttributes(families).get(AF_INET) ?? new Uint8Array()).get(IFLA_INET_CONF);
  const offset = (IPV4_DEVCONF_PROMOTE_SECONDARIES - 1) * 4;
  return settings?.subarray(offset, offset + 4).some((byte) => byte !== 0) ?? false;
}

function encodeAddressHeader(family: number, prefixLength: number, index: number): Uint8Array {
  const bytes = Uint8Array.of(family, prefixLength, 0, 0, 0, 0, 0, 0);
  new DataView(bytes.buffer).setUint32(4, index, true);
  return bytes;
}

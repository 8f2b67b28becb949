// Unicast routes in the words of rtnetlink (<linux/rtnetlink.h>). Pure encoding and decoding, and the requests that
// Baton makes. Knows nothing of who wants a route and when.

import { type AddressPrefix, type IpAddress, addressBytes, addressFamily, formatAddress } from '@baton/base';

import { concatenate, decodeAttributes, encodeAttribute, encodeUint32 } from './attribute.js';
import { AF_INET, AF_INET6, NLM_F_CREATE, NLM_F_EXCL } from './constants.js';
import { ENOENT } from './errno.js';
import { type NetlinkMessage, type NetlinkSocket, netlinkFailure } from './netlink.js';
import type { SyscallResult } from './syscalls.js';

/** Marks a route as ours (rtm_protocol): the number of VRRP among the IP protocols, as on addresses. The kernel and the
 *  routing daemons use 0–18, 42, 99 and 186–197 there, so `ip route` shows it as a plain `proto 112`. */
export const ROUTE_PROTOCOL = 112;

/** A route as it is asked for: at least a gateway or an interface. */
export interface RouteRequest {
  readonly to: AddressPrefix;
  /** The gateway, of the same family as `to`. */
  readonly via: IpAddress | undefined;
  /** Index of the interface; 0 leaves it to the kernel, which asks its table for the gateway. */
  readonly interfaceIndex: number;
  readonly table: number;
}

/** A route as the kernel holds it. */
export interface UnicastRoute extends RouteRequest {
  /** Who made it (rtm_protocol). */
  readonly protocol: number;
  /** 0 is the best; the kernel gives IPv6 routes 1024 when nobody says another. */
  readonly metric: number;
}

/** Makes a route that is not there yet: -EEXIST when one with this destination and metric is in the table. */
export function addRoute(socket: NetlinkSocket, route: RouteRequest): SyscallResult {
  return socket.request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, encodeRoute(route)).result;
}

/** Removes a route that carries our mark: the kernel compares it, so that no other route can be meant.
 *  @returns -ESRCH when there is none */
export function deleteRoute(socket: NetlinkSocket, route: RouteRequest): SyscallResult {
  return socket.request(RTM_DELROUTE, 0, encodeRoute(route)).result;
}

/** Reads the unicast routes that carry a mark, in all tables, IPv4 first. The kernel sorts them out where it can (since
 *  4.20): a host may have a million others.
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer than a list */
export function readRoutesMarked(socket: NetlinkSocket, protocol: number): UnicastRoute[] {
  return [AF_INET, AF_INET6].flatMap((family) =>
    readRoutes(socket, encodeRouteHeader(family, 0, protocol, 0, 0)).filter((route) => route.protocol === protocol));
}

/** Reads the unicast routes of one family and table.
 *  @throws {BatonError<LinuxErrorCode>} when the kernel gives another answer than a list */
export function readRoutesOfTable(socket: NetlinkSocket, family: 4 | 6, table: number): UnicastRoute[] {
  const header = encodeRouteHeader(family === 4 ? AF_INET : AF_INET6, 0, 0, 0, 0);
  const request = concatenate([header, encodeAttribute(RTA_TABLE, encodeUint32(table))]);
  return readRoutes(socket, request).filter((route) => route.table === table);
}

/** The body of RTM_NEWROUTE and RTM_DELROUTE: struct rtmsg and its attributes. */
export function encodeRoute({ to, via, interfaceIndex, table }: RouteRequest): Uint8Array {
  const family = addressFamily(to.address) === 4 ? AF_INET : AF_INET6;
  // What IPv4 reaches without a gateway lies on the link; IPv6 knows no scopes.
  const scope = family === AF_INET && via === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  return concatenate([
    encodeRouteHeader(family, to.prefixLength, ROUTE_PROTOCOL, scope, RTN_UNICAST),
    encodeAttribute(RTA_TABLE, encodeUint32(table)),
    ...(to.prefixLength === 0 ? [] : [encodeAttribute(RTA_DST, addressBytes(to.address))]),
    ...(via === undefined ? [] : [encodeAttribute(RTA_GATEWAY, addressBytes(via))]),
    ...(interfaceIndex === 0 ? [] : [encodeAttribute(RTA_OIF, encodeUint32(interfaceIndex))]),
  ]);
}

/** Reads the body of RTM_NEWROUTE.
 *  @returns undefined when it is too short to be one, of another kind than unicast, or a copy in a cache */
export function decodeRoute(message: NetlinkMessage): UnicastRoute | undefined {
  const { body } = message;
  if (body.length < ROUTE_HEADER_BYTES) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const addressSize = ADDRESS_BYTES.get(view.getUint8(0));
  if (addressSize === undefined || view.getUint8(7) !== RTN_UNICAST) return undefined;
  if ((view.getUint32(8, true) & RTM_F_CLONED) !== 0) return undefined;
  const attributes = decodeAttributes(body.subarray(ROUTE_HEADER_BYTES));
  const destination = attributes.get(RTA_DST) ?? new Uint8Array(addressSize);
  const gateway = attributes.get(RTA_GATEWAY);
  if (destination.length !== addressSize) return undefined;
  return {
    to: { address: formatAddress(destination), prefixLength: view.getUint8(1) },
    via: gateway?.length === addressSize ? formatAddress(gateway) : undefined,
    interfaceIndex: decodeUint32(attributes.get(RTA_OIF)) ?? 0,
    table: decodeUint32(attributes.get(RTA_TABLE)) ?? view.getUint8(4),
    protocol: view.getUint8(5),
    metric: decodeUint32(attributes.get(RTA_PRIORITY)) ?? 0,
  };
}

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
// struct rtmsg { family, destination length, source length, tos, table, protocol, scope, type, flags }
const ROUTE_HEADER_BYTES = 12;
const ADDRESS_BYTES = new Map([[AF_INET, 4], [AF_INET6, 16]]);
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;
const RTM_F_CLONED = 0x200;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_TABLE = 15;

function readRoutes(socket: NetlinkSocket, request: Uint8Array): UnicastRoute[] {
  const { result, messages } = socket.dump(RTM_GETROUTE, request);
  // A table that nobody has put a route into does not exist.
  if (result < 0 && result !== ENOENT) throw netlinkFailure('cannot read routes', result);
  return messages.flatMap((message) => decodeRoute(message) ?? []);
}

/** The table is always told by an attribute: the header has 8 bits for it. */
function encodeRouteHeader(
  family: number, prefixLength: number, protocol: number, scope: number, type: number,
): Uint8Array {
  return Uint8Array.of(family, prefixLength, 0, 0, 0, protocol, scope, type, 0, 0, 0, 0);
}

function decodeUint32(bytes: Uint8Array | undefined): number | undefined {
  return bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : undefined;
}

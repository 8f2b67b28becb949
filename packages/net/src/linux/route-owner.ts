// Puts routes into the kernel's tables and takes them out, by netlink, in the caller's tick. Touches only what carries
// our mark (rtm_protocol). Knows nothing of routers.

import { addressFamily } from '@baton/base';
import {
  EEXIST, EINVAL, ENODEV, ESRCH, ROUTE_PROTOCOL, addRoute, deleteRoute, errnoName, openRouteSocket, readLinkIndex,
  readLinks, readRoutesMarked, readRoutesOfTable,
  type NetlinkSocket, type RouteRequest, type SyscallResult, type UnicastRoute,
} from '@baton/linux';

import type { OwnedRoute, ReleaseResult, RouteOwner, RouteResult } from '../index.js';
import { withErrno } from './refusal.js';

/** A RouteOwner on the network namespace of this process; close it to give its socket back.
 *  @throws {BatonError} when there is no netlink socket to be had */
export function openRouteOwner(): RouteOwner & { close(): void } {
  return new NetlinkRouteOwner();
}

class NetlinkRouteOwner implements RouteOwner {
  readonly #socket: NetlinkSocket = openRouteSocket();

  claim(wanted: OwnedRoute): RouteResult {
    return withErrno(() => {
      const request = describe(wanted, this.#socket);
      if (typeof request === 'number') return { ok: false, errno: errnoName(request) };
      const result = addRoute(this.#socket, request);
      if (result === EEXIST) return this.#settle(request);
      return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true, already: false, ours: true };
    });
  }

  release(route: OwnedRoute): ReleaseResult {
    return withErrno(() => {
      const request = describe(route, this.#socket);
      const result = typeof request === 'number' ? request : deleteRoute(this.#socket, request);
      // No interface and no table are ways of not being there.
      const absent = result === ESRCH || result === ENODEV;
      if (absent) return { ok: true, already: false };
      return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true, already: true };
    });
  }

  list(): readonly OwnedRoute[] {
    const routes = readRoutesMarked(this.#socket, ROUTE_PROTOCOL);
    if (routes.length === 0) return [];
    const names = new Map(readLinks(this.#socket).map(({ index, name }) => [index, name]));
    return routes.map(({ to, via, interfaceIndex: index, table }) => {
      const name = names.get(index);
      return {
        to, table, ...(via === undefined ? {} : { via }), ...(name === undefined ? {} : { interface: name }),
      };
    });
  }

  close(): void {
    this.#socket.close();
  }

  /** There is a route with this destination and metric. Ours is led the way that is wanted now; another's is as good as
   *  ours when it leads the same way, and is left alone when it does not. */
  #settle(wanted: RouteRequest): RouteResult {
    const own = readRoutesMarked(this.#socket, ROUTE_PROTOCOL).find((route) => isSamePlace(route, wanted));
    if (own !== undefined) return isSameWay(own, wanted) ? ALREADY_OURS : this.#redirect(own, wanted);
    const others = readRoutesOfTable(this.#socket, addressFamily(wanted.to.address), wanted.table);
    if (others.some((route) => isSamePlace(route, wanted) && isSameWay(route, wanted))) {
      return { ok: true, already: true, ours: false };
    }
    return { ok: false, errno: errnoName(EEXIST) };
  }

  /** Not by one request that replaces: the kernel would take the first route with this destination, and that may be
   *  somebody else's that was put before ours. */
  #redirect(own: UnicastRoute, wanted: RouteRequest): RouteResult {
    const removed = deleteRoute(this.#socket, own);
    const result = removed < 0 && removed !== ESRCH ? removed : addRoute(this.#socket, wanted);
    return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true, already: false, ours: true };
  }
}

/** What the kernel gives an IPv6 route for which no metric is asked. */
const DEFAULT_IPV6_METRIC = 1024;
const ALREADY_OURS: RouteResult = { ok: true, already: true, ours: true };

/** @returns the request, or the negated errno why there can be none */
function describe(
  { to, via, interface: name, table }: OwnedRoute, socket: NetlinkSocket,
): RouteRequest | SyscallResult {
  // The kernel would read the first bytes of a gateway of the other family.
  if (via !== undefined && addressFamily(via) !== addressFamily(to.address)) return EINVAL;
  const index = name === undefined ? 0 : readLinkIndex(socket, name);
  return index < 0 ? index : { to, via, interfaceIndex: index, table };
}

/** Destination, table and metric are what a table holds one route for. */
function isSamePlace(route: UnicastRoute, { to, table }: RouteRequest): boolean {
  const metric = addressFamily(to.address) === 4 ? 0 : DEFAULT_IPV6_METRIC;
  return route.table === table && route.metric === metric
    && route.to.address === to.address && route.to.prefixLength === to.prefixLength;
}

/** A route that was asked for without an interface is the same on whichever the kernel chose. */
function isSameWay(route: UnicastRoute, { via, interfaceIndex: index }: RouteRequest): boolean {
  return route.via === via && (index === 0 || route.interfaceIndex === index);
}

// The routes of a router: present while it is master, after its addresses came and before they go.
//
// A route that the kernel refuses is told and is no fault: the same refusal would meet the peer, and then nobody would
// answer for addresses that every client could go on using.

import { addressFamily, formatAddressPrefix } from '@baton/base';
import type { OwnedRoute } from '@baton/net';
import type { FamilyRouter } from './hosted-router.js';
import type { NoticeFields, Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** What handling routes needs. */
export interface RouteContext {
  readonly ports: Pick<EnginePorts, 'routeOwner'>;
  readonly notices: Notices;
}

/** The routes that come and go with one family of a router: those of its own, and those of a family that the router
 *  does not have.
 *  @param routes out of these; all that the router has by default */
export function routesOf(family: FamilyRouter, routes = family.hosted.settings.routes): readonly OwnedRoute[] {
  const { families } = family.hosted;
  const isElsewhere = (route: OwnedRoute): boolean =>
    families.some((other) => other !== family && other.family === addressFamily(route.to.address));
  return routes.filter((route) => !isElsewhere(route));
}

/** Claims routes, as many as the kernel takes. */
export function claimRoutes(
  family: FamilyRouter,
  routes: readonly OwnedRoute[],
  { ports, notices }: RouteContext,
): void {
  for (const route of routes) {
    const result = ports.routeOwner.claim(route);
    if (!result.ok) notices.say('error', 'route-install-failed', describe(family, route, result.errno));
  }
}

/** Releases routes, the last one first: it may lead by way of those before it. */
export function releaseRoutes(
  family: FamilyRouter,
  routes: readonly OwnedRoute[],
  { ports, notices }: RouteContext,
): void {
  for (const route of routes.toReversed()) {
    const result = ports.routeOwner.release(route);
    if (!result.ok) notices.say('error', 'route-release-failed', describe(family, route, result.errno));
  }
}

/** A master has the routes of now at once.
 *  @param before those that it had */
export function changeRoutes(family: FamilyRouter, before: readonly OwnedRoute[], context: RouteContext): void {
  if (family.router.state.kind !== 'master') return;
  const { routes } = family.hosted.settings;
  releaseRoutes(family, routesOf(family, withoutRoutes(before, routes)), context);
  claimRoutes(family, routesOf(family, withoutRoutes(routes, before)), context);
}

/** The routes of `list` that are not in `other`. */
function withoutRoutes(list: readonly OwnedRoute[], other: readonly OwnedRoute[]): readonly OwnedRoute[] {
  const keys = new Set(other.map(routeKey));
  return list.filter((route) => !keys.has(routeKey(route)));
}

/** Whether both lead to the same place from the same table, by whatever way. */
export function isSameDestination(a: OwnedRoute, b: OwnedRoute): boolean {
  return a.table === b.table && formatAddressPrefix(a.to) === formatAddressPrefix(b.to);
}

function routeKey({ to, via, interface: name, table }: OwnedRoute): string {
  return [formatAddressPrefix(to), via ?? '', name ?? '', String(table)].join(' ');
}

function describe({ name }: FamilyRouter, { to, via, table }: OwnedRoute, errno: string): NoticeFields {
  return { router: name, to: formatAddressPrefix(to), via: via ?? '', table, errno };
}

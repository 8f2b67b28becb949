// Decides whether the routes of a file can be made: each has a way to go, and none is in the way of another.

import { addressFamily, formatAddressPrefix } from '@baton/base';
import type { DraftRoute, DraftRouter } from '../draft.js';
import { quote } from '../findings.js';
import type { Findings, Place } from '../findings.js';
import { ownedRoute } from '../owned-routes.js';
import type { Named } from '../schema/collections.js';
import type { Located } from '../schema/value-type.js';
import { reportRepeated } from './repetitions.js';

/** Reports routes that cannot be made. */
export function validateRoutes(routers: readonly Named<DraftRouter>[], findings: Findings): void {
  const uses = routers.flatMap(({ name, value: router }) => (router.routes?.value ?? []).flatMap((each) => {
    validateRoute(each, router, findings);
    const route = ownedRoute(each.value, router);
    return route === undefined ? [] : [{ name, at: each.at, to: formatAddressPrefix(route.to), table: route.table }];
  }));
  reportRepeated(uses, ({ to, table }) => `${to} ${String(table)}`, ({ to, table, at }, other) => {
    const message = `${to} in table ${String(table)} is already a route of ${quote(other.name)}`;
    findings.error('duplicate-route', at, `${message} (line ${String(other.at.line)})`);
  });
}

function validateRoute({ value: route, at }: Located<DraftRoute>, router: DraftRouter, findings: Findings): void {
  const { to, via, interface: carrier } = route;
  if (via !== undefined && via.value === undefined && carrier !== undefined && carrier.value === undefined) {
    findings.error('no-way', at, 'needs via, interface or both');
  }
  const isSound = to !== undefined && via !== undefined && route.table !== undefined && router.addresses !== undefined;
  if (isSound && ownedRoute(route, router) === undefined) {
    findings.error('wrong-family', to.at, 'could be IPv4 or IPv6: write 0.0.0.0/0 or ::/0, or give via');
  }
  if (via?.value !== undefined) validateNextHop(via.value, via.at, route, router, findings);
}

function validateNextHop(
  via: string, at: Place, { to }: DraftRoute, { addresses, extra_addresses: extra }: DraftRouter, findings: Findings,
): void {
  if (to !== undefined && to.value !== 'default' && addressFamily(to.value.address) !== addressFamily(via)) {
    const family = `IPv${String(addressFamily(to.value.address))}`;
    findings.error('wrong-family', at, `${via} is no next hop of an ${family} route`);
  }
  const own = [...addresses?.value ?? [], ...extra?.value ?? []];
  if (own.some(({ value }) => value.prefix.address === via)) {
    findings.error('virtual-next-hop', at, `${via} is an address of this router itself, not a next hop`);
  }
}

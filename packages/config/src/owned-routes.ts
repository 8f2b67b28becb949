// Decides what one entry of `routes` means: of which family `default` is, and by which interface a link-local next hop
// is reached.

import { addressFamily } from '@baton/base';
import type { OwnedRoute } from '@baton/net';
import { isLinkLocal } from '@baton/vrrp';
import { familiesOf } from './address-families.js';
import type { DraftRoute, DraftRouter } from './draft.js';

const DEFAULT_ROUTES = { 4: { address: '0.0.0.0', prefixLength: 0 }, 6: { address: '::', prefixLength: 0 } } as const;

/** The route that an entry means; undefined when nothing says of which family a default route is, or when a part of it
 *  was wrong. */
export function ownedRoute(draft: DraftRoute, router: DraftRouter): OwnedRoute | undefined {
  const { to, via, interface: given, table } = draft;
  if (to === undefined || table === undefined) return undefined;
  const families = familiesOf((router.addresses?.value ?? []).map(({ value }) => value.prefix));
  const family = via?.value === undefined ? families.length === 1 ? families[0] : undefined : addressFamily(via.value);
  const destination = to.value === 'default' ? family && DEFAULT_ROUTES[family] : to.value;
  if (destination === undefined) return undefined;
  const reached = via?.value !== undefined && isLinkLocal(via.value) ? router.interface?.value : undefined;
  const carrier = given?.value ?? reached;
  return {
    to: destination,
    ...(via?.value === undefined ? {} : { via: via.value }),
    ...(carrier === undefined ? {} : { interface: carrier }),
    table: table.value,
  };
}

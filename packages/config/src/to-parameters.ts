// The only place where the words of the file and the words of the program meet for a virtual router: keys become
// parameters, one set for each address family. Takes only drafts without an error; everything else is a broken
// invariant.

import { addressFamily, assert } from '@baton/base';
import type { OwnedRoute } from '@baton/net';
import {
  OWNER_PRIORITY, shortestLeaseSeconds, type ProtocolRules, type UnicastParameters, type VirtualAddress,
  type VirtualRouterParameters,
} from '@baton/vrrp';
import { advertisedAddresses, familiesOf, ofFamily } from './address-families.js';
import type { Secrets } from './checks/authentication.js';
import type { AuthenticationSettings, RouterSettings } from './configuration.js';
import { given, type DraftRoute, type DraftRouter, type NodeAddresses } from './draft.js';
import { ownedRoute } from './owned-routes.js';
import type { VirtualAddressEntry } from './schema/addresses.js';
import type { Named } from './schema/collections.js';
import { sourceAddress, unicastPeers } from './unicast-peers.js';

/** As in keepalived: time for three advertisements, but for clocks too. */
const LEAST_TIME_WINDOW_MS = 5000;

/** What one entry of `virtual_routers` means. */
export function toRouter(
  { name, value: router }: Named<DraftRouter>, nodes: NodeAddresses, secrets: Secrets,
): RouterSettings {
  const [first, ...others] = familiesOf(given(router.addresses).map(({ value }) => value.prefix))
    .map((family) => toParameters(name, router, family, nodes));
  assert(first !== undefined, 'a router has an address');
  const authentication = toAuthentication(router, secrets);
  const sources = { 4: sourceAddress(router, nodes.own?.address, 4), 6: sourceAddress(router, nodes.own?.address, 6) };
  return {
    name,
    families: [first, ...others],
    sourceAddresses: {
      ...(sources[4] === undefined ? {} : { 4: sources[4] }), ...(sources[6] === undefined ? {} : { 6: sources[6] }),
    },
    ...(authentication === undefined ? {} : { authentication }),
    virtualMac: given(router.virtual_mac),
    acceptMode: given(router.accept) || given(router.priority) === OWNER_PRIORITY,
    routes: given(router.routes).map(({ value }) => toRoute(value, router)),
  };
}

function toParameters(
  name: string, router: DraftRouter, family: 4 | 6, nodes: NodeAddresses,
): VirtualRouterParameters {
  const announce = given(router.announce);
  const leaseSeconds = toLeaseSeconds(router);
  const vrid = given(router.vrid);
  const extraAddresses = toExtraAddresses(router, family);
  const unicast = toUnicast(router, family, nodes);
  const knownRouters = ofFamily(given(router.known_routers).map(({ value: address }) => ({ address })), family);
  const known = knownRouters.length > 0 ? knownRouters : unicast?.peers;
  return {
    name,
    interface: given(router.interface),
    vrid,
    version: given(router.version),
    family,
    priority: given(router.priority),
    advertIntervalMs: given(router.advert_interval),
    addresses: advertisedAddresses(given(router.addresses).map((entry) => toAddress(entry.value)), family, vrid),
    ...(extraAddresses.length === 0 ? {} : { extraAddresses }),
    preemptMode: given(router.preempt),
    preemptDelayMs: given(router.preempt_delay),
    startupDelayMs: given(router.startup_delay),
    checksum: given(router.checksum),
    announce: {
      count: given(announce.count),
      delayMs: given(announce.delay),
      delayedCount: given(announce.delayed_count),
      refreshMs: given(announce.refresh),
    },
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
    rules: toRules(given(router.rules)),
    ...(unicast === undefined ? {} : { unicast }),
    ...(known === undefined ? {} : { knownRouters: known.map(({ address }) => address) }),
  };
}

/** An address owner needs none: the addresses are the host's own. */
function toLeaseSeconds(router: DraftRouter): number | undefined {
  const lease = given(router.lease);
  if (lease === 0 || given(router.priority) === OWNER_PRIORITY) return undefined;
  return lease === 'auto' ? shortestLeaseSeconds(given(router.advert_interval)) : lease / 1000;
}

function toUnicast(
  router: DraftRouter, family: 4 | 6, { others }: NodeAddresses,
): UnicastParameters | undefined {
  const unicast = given(router.unicast);
  if (unicast === false) return undefined;
  return {
    peers: unicastPeers(router, others, family),
    checkSource: unicast === true || given(unicast.check_source),
  };
}

/** What moves along in one family: its own, and with the first family also those of a family that is not advertised. */
function toExtraAddresses(router: DraftRouter, family: 4 | 6): readonly VirtualAddress[] {
  const families = familiesOf(given(router.addresses).map(({ value }) => value.prefix));
  const extra = given(router.extra_addresses).map(({ value }) => toAddress(value));
  return extra.filter(({ address }) => {
    const own = addressFamily(address);
    return families.includes(own) ? own === family : family === families[0];
  });
}

function toRoute(draft: DraftRoute, router: DraftRouter): OwnedRoute {
  const route = ownedRoute(draft, router);
  assert(route !== undefined, 'a route without errors has a destination');
  return route;
}

function toAuthentication(router: DraftRouter, secrets: Secrets): AuthenticationSettings | undefined {
  const authentication = given(router.authentication);
  if (authentication === undefined) return undefined;
  const { simple_password: password, simple_password_file: passwordFile, keys } = authentication;
  if (password?.value !== undefined) return { kind: 'simple-password', password: password.value };
  if (passwordFile?.value !== undefined) {
    return { kind: 'simple-password', password: secretOf(passwordFile.at.key, secrets) };
  }
  const active = authentication.active_key?.value;
  assert(active !== undefined, 'keys have an active one');
  return {
    kind: 'hmac',
    mode: given(authentication.mode),
    activeKeyId: active,
    keys: (keys?.value ?? []).map(({ name, at }) => ({ id: Number(name), secret: secretOf(at.key, secrets) })),
    antiReplay: given(authentication.anti_replay),
    timeWindowMs: authentication.time_window?.value
      ?? Math.max(LEAST_TIME_WINDOW_MS, 3 * given(router.advert_interval)),
  };
}

function secretOf(key: string, secrets: Secrets): string {
  const secret = secrets.get(key);
  assert(secret !== undefined, 'a configuration without errors has read its secrets');
  return secret;
}

function toRules(rules: NonNullable<DraftRouter['rules']>['value']): ProtocolRules {
  return {
    losingAdvert: given(rules.losing_advert),
    yieldingAdvert: given(rules.yielding_advert),
    vridCollision: given(rules.vrid_collision),
    tolerateMissingLinkLocal: given(rules.tolerate_missing_link_local),
  };
}

function toAddress(entry: VirtualAddressEntry): VirtualAddress {
  return {
    ...entry.prefix,
    ...(entry.interface === undefined ? {} : { interface: entry.interface }),
    ...(entry.label === undefined ? {} : { label: entry.label }),
  };
}

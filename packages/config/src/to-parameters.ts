// The only place where the words of the file and the words of the program meet: keys become parameters, relative paths
// absolute ones. Takes only drafts without an error; everything else is a broken invariant.

import { resolve } from 'node:path';
import { assert } from '@baton/base';
import type {
  ProtocolRules, UnicastParameters, VirtualAddress, VirtualRouterParameters,
} from '@baton/vrrp';
import { advertisedAddresses, familiesOf, ofFamily } from './address-families.js';
import type {
  Configuration, HookConfiguration, HookEvent, LogConfiguration, PeerConfiguration, RouterSettings,
} from './configuration.js';
import { nodeAddresses, type DraftFile, type DraftHook, type DraftRouter, type NodeAddresses } from './draft.js';
import type { Located } from './schema/value-type.js';
import type { Named } from './schema/collections.js';
import type { VirtualAddressEntry } from './schema/addresses.js';
import { sourceAddress, unicastPeers } from './unicast-peers.js';

/** What a file without errors means on one node.
 *  @param file absolute path of the file
 *  @param directory where its relative paths start, absolute */
export function toConfiguration(draft: DraftFile, node: string, file: string, directory: string): Configuration {
  const nodes = nodeAddresses(draft, node);
  return {
    file,
    node,
    peers: (draft.peers?.value ?? []).filter((peer) => peer.name !== node)
      .map((peer): PeerConfiguration => ({ node: peer.name, address: peer.value.address, port: peer.value.port })),
    routers: given(draft.virtual_routers).map((router) => toRouter(router, nodes)),
    syncGroups: [],
    hooks: given(draft.hooks).map((each) => toHook(each.value, directory)),
    log: toLog(given(draft.log), directory),
    stateDirectory: resolve(directory, given(draft.state_directory)),
    runtimeDirectory: resolve(directory, given(draft.runtime_directory)),
    observe: given(draft.observe),
  };
}

function toRouter({ name, value: router }: Named<DraftRouter>, nodes: NodeAddresses): RouterSettings {
  const [first, ...others] = familiesOf(given(router.addresses).map(({ value }) => value.prefix))
    .map((family) => toParameters(name, router, family, nodes));
  assert(first !== undefined, 'a router has an address');
  const sources = { 4: sourceAddress(router, nodes.own?.address, 4), 6: sourceAddress(router, nodes.own?.address, 6) };
  return {
    name,
    families: [first, ...others],
    sourceAddresses: {
      ...(sources[4] === undefined ? {} : { 4: sources[4] }), ...(sources[6] === undefined ? {} : { 6: sources[6] }),
    },
    virtualMac: false, acceptMode: true, routes: [],
  };
}

function toParameters(
  name: string, router: DraftRouter, family: 4 | 6, nodes: NodeAddresses,
): VirtualRouterParameters {
  const announce = given(router.announce);
  const vrid = given(router.vrid);
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
    rules: toRules(given(router.rules)),
    ...(unicast === undefined ? {} : { unicast }),
    ...(known === undefined ? {} : { knownRouters: known.map(({ address }) => address) }),
  };
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

function toRules(rules: NonNullable<DraftRouter['rules']>['value']): ProtocolRules {
  return {
    losingAdvert: given(rules.losing_advert),
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

function toHook(hook: DraftHook, directory: string): HookConfiguration {
  const words = given(hook.run).map((word) => word.value);
  return {
    on: toHookEvents(given(hook.on).map((event) => event.value)),
    routers: hook.routers?.value?.map((router) => router.value),
    run: words.map((word, index) => index === 0 ? resolve(directory, word) : word),
    timeoutMs: given(hook.timeout),
  };
}

/** The states that a hook is called for, each once. */
function toHookEvents(on: readonly (HookEvent | 'all')[]): readonly HookEvent[] {
  const every: readonly HookEvent[] = ['master', 'backup', 'fault', 'stop'];
  return on.includes('all') ? every : every.filter((event) => on.includes(event));
}

function toLog(log: NonNullable<DraftFile['log']>['value'], directory: string): LogConfiguration {
  const file = log.file?.value;
  const absolute = file === undefined ? undefined : resolve(directory, file);
  return { level: given(log.level), format: given(log.format), file: absolute };
}

/** The value of a key that validation has found good, or that has a default. */
function given<T>(located: Located<T> | undefined): T {
  assert(located !== undefined, 'a configuration without errors has a value for every key');
  return located.value;
}

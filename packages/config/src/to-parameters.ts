// The only place where the words of the file and the words of the program meet: keys become parameters, relative paths
// absolute ones. Takes only drafts without an error; everything else is a broken invariant.

import { resolve } from 'node:path';
import { assert } from '@baton/base';
import { DEFAULT_RULES, type VirtualAddress, type VirtualRouterParameters } from '@baton/vrrp';
import type {
  Configuration, HookConfiguration, HookEvent, LogConfiguration, PeerConfiguration, RouterSettings,
} from './configuration.js';
import type { Located } from './schema/value-type.js';
import type { Named } from './schema/collections.js';
import type { VirtualAddressEntry } from './schema/addresses.js';
import type { DraftFile, DraftHook, DraftRouter } from './validate.js';

/** What a file without errors means on one node.
 *  @param file absolute path of the file
 *  @param directory where its relative paths start, absolute */
export function toConfiguration(draft: DraftFile, node: string, file: string, directory: string): Configuration {
  return {
    file,
    node,
    peers: (draft.peers?.value ?? []).filter((peer) => peer.name !== node)
      .map((peer): PeerConfiguration => ({ node: peer.name, address: peer.value.address, port: peer.value.port })),
    routers: given(draft.virtual_routers).map(toRouter),
    syncGroups: [],
    hooks: given(draft.hooks).map((each) => toHook(each.value, directory)),
    log: toLog(given(draft.log), directory),
    stateDirectory: resolve(directory, given(draft.state_directory)),
    runtimeDirectory: resolve(directory, given(draft.runtime_directory)),
    observe: given(draft.observe),
  };
}

function toRouter(entry: Named<DraftRouter>): RouterSettings {
  return {
    name: entry.name, families: [toParameters(entry)], sourceAddresses: {}, virtualMac: false, acceptMode: true, routes: [],
  };
}

function toParameters({ name, value: router }: Named<DraftRouter>): VirtualRouterParameters {
  const announce = given(router.announce);
  return {
    name,
    interface: given(router.interface),
    vrid: given(router.vrid),
    version: given(router.version),
    family: 4,
    priority: given(router.priority),
    advertIntervalMs: given(router.advert_interval),
    addresses: given(router.addresses).map((entry) => toAddress(entry.value)),
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
    rules: DEFAULT_RULES,
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

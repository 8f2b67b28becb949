// What a whole file means: keys become fields, relative paths absolute ones. Takes only drafts without an error.

import { resolve } from 'node:path';
import type { Secrets } from './checks/authentication.js';
import type {
  ChannelCredentials, Configuration, ControlChannelSettings, HookConfiguration, HookEvent, LogConfiguration,
  PeerConfiguration,
} from './configuration.js';
import { given, nodeAddresses, type DraftFile, type DraftHook } from './draft.js';
import { WHOLE_FILE } from './findings.js';
import { toRouter } from './to-parameters.js';

/** What a file does not say itself. */
export interface Surroundings {
  readonly node: string;
  /** Absolute path of the file. */
  readonly file: string;
  /** Where its relative paths start, absolute. */
  readonly directory: string;
  readonly secrets: Secrets;
  readonly credentials: ChannelCredentials;
}

/** What a file without errors means on one node. */
export function toConfiguration(draft: DraftFile, surroundings: Surroundings): Configuration {
  const { node, file, directory, secrets, credentials } = surroundings;
  const nodes = nodeAddresses(draft, node);
  return {
    file,
    node,
    peers: (draft.peers?.value ?? []).filter((peer) => peer.name !== node)
      .map((peer): PeerConfiguration => ({ node: peer.name, address: peer.value.address, port: peer.value.port })),
    controlChannel: toControlChannel(draft.control_channel, credentials),
    ...(nodes.own === undefined ? {} : { ownAddress: nodes.own.address }),
    routers: given(draft.virtual_routers).map((router) => toRouter(router, nodes, secrets)),
    syncGroups: (draft.sync_groups?.value ?? []).map(({ name, value }) =>
      ({ name, routers: value.map((router) => router.value) })),
    hooks: given(draft.hooks).map((each) => toHook(each.value, directory)),
    log: toLog(given(draft.log), directory),
    stateDirectory: resolve(directory, given(draft.state_directory)),
    runtimeDirectory: resolve(directory, given(draft.runtime_directory)),
    observe: given(draft.observe),
    places: toPlaces(draft),
  };
}

/** Absent or null: there is none. */
function toControlChannel(
  channel: DraftFile['control_channel'], credentials: ChannelCredentials,
): ControlChannelSettings | undefined {
  return channel?.value === undefined ? undefined : { listen: channel.value.listen?.value, credentials };
}

function toPlaces(draft: DraftFile): Configuration['places'] {
  const routers = given(draft.virtual_routers).map(({ name, value }) =>
    [`virtual_routers.${name}.interface`, value.interface] as const);
  const keys = [
    ['node', draft.node], ['state_directory', draft.state_directory], ['runtime_directory', draft.runtime_directory],
    ...routers,
  ] as const;
  return Object.fromEntries(keys.map(([key, located]) => {
    const { line, column } = located?.at ?? WHOLE_FILE;
    return [key, { line, column }];
  }));
}

function toHook(hook: DraftHook, directory: string): HookConfiguration {
  const words = given(hook.run).map((word) => word.value);
  return {
    on: toHookEvents(given(hook.on).map((event) => event.value)),
    ...toHookSubjects(hook),
    run: words.map((word, index) => index === 0 ? resolve(directory, word) : word),
    timeoutMs: given(hook.timeout),
  };
}

/** Who names some, means no others. */
function toHookSubjects({ routers, groups }: DraftHook): Pick<HookConfiguration, 'routers' | 'groups'> {
  const [named, namedGroups] = [routers, groups].map((names) => names?.value?.map((name) => name.value));
  if (named === undefined && namedGroups === undefined) return { routers: undefined, groups: undefined };
  return { routers: named ?? [], groups: namedGroups ?? [] };
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

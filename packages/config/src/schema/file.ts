// The vocabulary of the whole file.

import { list, namedMap, optional, record, required, section, withDefault } from './collections.js';
import { controlChannel } from './control-channel.js';
import { hook } from './hook.js';
import { name } from './names.js';
import { peer } from './peer.js';
import { choice, path, truth } from './plain-values.js';
import { virtualRouter } from './virtual-router.js';

const log = record({
  level: withDefault(choice(['error', 'warn', 'info', 'debug']), 'info', 'The least important lines that are written'),
  format: withDefault(choice(['text', 'json']), 'text', 'Form of a line'),
  file: optional(path, 'Also append to this file'),
});

/** Where the daemon keeps its socket and lock unless the file says otherwise. */
export const DEFAULT_RUNTIME_DIRECTORY = '/run/baton';

/** Where the daemon keeps its journal unless the file says otherwise. */
export const DEFAULT_STATE_DIRECTORY = '/var/lib/baton';

/** The top level of a configuration file. */
export const file = record({
  node: optional({ ...name, perNode: false }, 'Name of this node, the short host name when absent'),
  peers: optional(
    namedMap(name, peer, { minEntries: 0 }),
    'The other nodes by name; an entry for this node is skipped, so that nodes can share one file',
  ),
  control_channel: optional(
    controlChannel, 'The connection between the agents of the nodes, over which they see each other; null = off',
  ),
  virtual_routers: required(namedMap(name, virtualRouter, { minEntries: 1 }), 'Virtual routers by name'),
  sync_groups: optional(
    namedMap(name, list(name, { minItems: 1 }), { minEntries: 0 }),
    'Virtual routers that move together, by the name of their group; a router is in one group at most',
  ),
  hooks: withDefault(
    list(hook, { minItems: 0 }), [], 'Commands that are called when a virtual router or a sync group changes its state',
  ),
  log: section(log, 'The log, always written to standard error'),
  state_directory: withDefault(path, DEFAULT_STATE_DIRECTORY, 'Directory of what must survive a restart: the journal'),
  runtime_directory: withDefault(path, DEFAULT_RUNTIME_DIRECTORY, 'Directory of the control socket and the lock'),
  observe: withDefault(truth, false, 'Run the packet observer, a separate process that listens with libpcap'),
}, {
  trackers: [{}], floating_ips: [{}, []], session_sync: [null, {}],
  arbiter: [null], http: [null],
});

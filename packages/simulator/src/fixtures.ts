// Two nodes as their configuration files describe them, for tests of questions.

import { DEFAULT_RULES, type VirtualRouterParameters } from '@baton/vrrp';
import type { ConfiguredNode } from './configured-stage.js';

/** A node with one virtual router.
 *  @param changes to the parameters of that router */
export function configuredNode(name: string, changes: Partial<VirtualRouterParameters> = {}): ConfiguredNode {
  const parameters: VirtualRouterParameters = {
    name: 'web', interface: 'eth0', vrid: 51, version: 3, family: 4, priority: 100, advertIntervalMs: 1000,
    addresses: [{ address: '192.0.2.10', prefixLength: 24 }], preemptMode: true, preemptDelayMs: 0, startupDelayMs: 0,
    checksum: 'auto', announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 }, rules: DEFAULT_RULES,
    ...changes,
  };
  return {
    name, syncGroups: [], peers: [],
    routers: [{
      name: 'web', families: [parameters], sourceAddresses: {}, virtualMac: false, acceptMode: true, routes: [],
    }],
  };
}

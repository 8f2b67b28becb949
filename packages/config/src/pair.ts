// Decides what only the configurations of two nodes together show: which nodes, routers and groups have no counterpart.
// What two routers disagree on is in pair-routers.ts. Pure.

import type { IpAddress } from '@baton/base';
import type { Configuration, RouterSettings } from './configuration.js';
import { quote } from './findings.js';
import { compareRouters, type PairAddresses, type PairFinding } from './pair-routers.js';

/** Everything that two nodes disagree on and that matters to their elections or their addresses. Errors are what keeps
 *  them from being one virtual router. */
export function comparePair(own: Configuration, peer: Configuration): readonly PairFinding[] {
  const there = quote(peer.node);
  if (own.node === peer.node) {
    return [{ severity: 'error', code: 'same-node', key: 'node', message: `the other file is that of ${there} too` }];
  }
  const matches = own.routers.map((router) => ({ router, other: counterpart(router, peer.routers) }));
  const nodes: PairAddresses = { own: addressIn(own.node, own, peer), peer: addressIn(peer.node, peer, own) };
  const findings: PairFinding[] = [];
  const warn = (code: string, key: string, message: string): void => {
    findings.push({ severity: 'warning', code, key, message });
  };
  if (!own.peers.some(({ node }) => node === peer.node)) warn('unknown-peer', 'peers', `${there} is not among them`);
  for (const { router, other } of matches) {
    if (other !== undefined) findings.push(...compareRouters(router, other, nodes));
    else warn('missing-router', `virtual_routers.${router.name}`, `${there} has no such router, and cannot take over`);
  }
  for (const { name } of peer.routers.filter((router) => !matches.some(({ other }) => other === router))) {
    warn('missing-router', 'virtual_routers', `${there} has a router ${quote(name)}, which this node cannot take over`);
  }
  const [groups, others] = [groupsOf(own), groupsOf(peer)];
  if (groups !== others) {
    const message = `are ${shown(groups)} here and ${shown(others)} on ${there}: they will not move together on both`;
    warn('pair-sync-groups', 'sync_groups', message);
  }
  return findings;
}

/** What a node's own file says, or else that of the other one. */
function addressIn(node: string, file: Configuration, other: Configuration): IpAddress | undefined {
  return file.ownAddress ?? other.peers.find((each) => each.node === node)?.address;
}

/** By name; a router that has another name there is found by its VRID. */
function counterpart(router: RouterSettings, others: readonly RouterSettings[]): RouterSettings | undefined {
  const [{ vrid, family }] = router.families;
  return others.find(({ name }) => name === router.name)
    ?? others.find(({ families: [first] }) => first.vrid === vrid && first.family === family);
}

/** The members of each group; what a group is called is each node's own affair. */
function groupsOf({ syncGroups }: Configuration): string {
  return syncGroups.map(({ routers }) => `[${[...routers].sort().join(', ')}]`).sort().join(', ');
}

function shown(groups: string): string {
  return groups === '' ? 'none' : groups;
}

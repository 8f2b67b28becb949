// Who takes over a virtual router when its master lets go: what the peers say of themselves decides. Pure.

import type { PeerView } from './channel.js';
import type { Standing } from './messages.js';

/** The peer that can take over, or why none can, in words for an operator. */
export type Succession =
  | { readonly ok: true; readonly node: string }
  | { readonly ok: false; readonly why: string };

/** Chooses the ready peer of the highest configured priority, of several the first by name.
 *  @param peers those that are up
 *  @param wanted the only one that will do */
export function chooseSuccessor(router: string, peers: readonly PeerView[], wanted: string | undefined): Succession {
  const asked = wanted === undefined ? peers : peers.filter(({ node }) => node === wanted);
  if (asked.length === 0) {
    return { ok: false, why: wanted === undefined ? 'no peer is connected' : `${wanted} is not connected` };
  }
  const candidates = asked.map(({ node, standings }) => {
    const standing = standings.find((each) => each.router === router);
    return { node, priority: standing?.priority.configured ?? 0, obstacle: obstacleOf(standing) };
  });
  const [best] = candidates.filter(({ obstacle }) => obstacle === undefined)
    .sort((one, other) => other.priority - one.priority || (one.node < other.node ? -1 : 1));
  if (best !== undefined) return { ok: true, node: best.node };
  return { ok: false, why: candidates.map(({ node, obstacle }) => `${node} ${obstacle ?? ''}`).join(', ') };
}

/** Why it is not ready; undefined when it is. */
function obstacleOf(standing: Standing | undefined): string | undefined {
  if (standing === undefined) return 'does not have it';
  if (standing.maintenance) return 'is in maintenance';
  if (standing.state === 'backup') return undefined;
  return standing.state === 'fault' ? `is in fault (${standing.faults.join(', ')})` : `is ${standing.state}`;
}

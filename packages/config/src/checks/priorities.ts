// Decides whether the nodes of a shared file differ in what decides between them.

import type { DraftFile, DraftRouter, NodeAddresses } from '../draft.js';
import { quote } from '../findings.js';
import type { Findings } from '../findings.js';
import { familiesOf } from '../address-families.js';
import type { Named } from '../schema/collections.js';

/** Reports nodes with the same priority, as far as one file shows them: where it gives one for each node, or where it
 *  is the same file for all. */
export function reportEqualPriorities(draft: DraftFile, nodes: NodeAddresses, findings: Findings): void {
  const isShared = draft.node?.value === undefined && nodes.own !== undefined && nodes.others.length > 0;
  for (const router of draft.virtual_routers?.value ?? []) {
    const { priority } = router.value;
    if (priority === undefined) continue;
    const consequence = `the higher address decides${contestsOf(router, draft)}; give each node its own`;
    const seen = new Map<number, string>();
    for (const { node, value, at } of priority.byNode ?? []) {
      const other = seen.get(value);
      seen.set(value, node);
      if (other === undefined) continue;
      const message = `is the priority of ${quote(other)} too: ${consequence}`;
      findings.warning('equal-priority', at, message);
    }
    if (isShared && priority.byNode === undefined) {
      findings.warning('equal-priority', priority.at, `is the same on every node of this file: ${consequence}`);
    }
  }
}

/** Where several sessions are decided by addresses, each has its own winner. */
function contestsOf({ name, value: { addresses } }: Named<DraftRouter>, draft: DraftFile): string {
  const families = familiesOf((addresses?.value ?? []).map(({ value }) => value.prefix));
  const group = draft.sync_groups?.value?.find(({ value }) => value.some((member) => member.value === name));
  if (group !== undefined && group.value.length > 1) return ', for each member of the sync group on its own';
  return families.length > 1 ? ', for IPv4 and IPv6 on their own' : '';
}

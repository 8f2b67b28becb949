// Decides whether a router would move an address that a node has of its own: it is taken off that node whenever the
// node is not master, and only priority 255 says that it is meant.

import { OWNER_PRIORITY } from '@baton/vrrp';
import type { DraftRouter, NodeAddresses } from '../draft.js';
import { quote, type Findings } from '../findings.js';

/** Reports addresses of a router that stand under `peers` too, where no node is their owner. */
export function validateNodeAddresses(router: DraftRouter, { own, others }: NodeAddresses, findings: Findings): void {
  const { priority, addresses, extra_addresses: extra } = router;
  if (priority === undefined || priority.value === OWNER_PRIORITY) return;
  const isOwnedElsewhere = priority.byNode?.some(({ value }) => value === OWNER_PRIORITY) === true;
  for (const { value: { prefix: { address } }, at } of [...addresses?.value ?? [], ...extra?.value ?? []]) {
    if (own?.address === address) {
      const message = `${address} is this node's own address under peers, and would be taken off it while it is not `
        + 'master; list another address, or give its owner priority 255';
      findings.error('own-address', at, message);
    }
    const other = others.find((each) => each.address === address);
    if (other === undefined || isOwnedElsewhere) continue;
    const message = `${address} is the address of ${quote(other.node)} under peers, which is its owner only with `
      + 'priority 255';
    findings.warning('peer-address', at, message);
  }
}

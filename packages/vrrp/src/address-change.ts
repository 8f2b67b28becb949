// What a master does about its addresses when their configuration changes: gives up the removed ones, then claims the
// whole set, then announces the added ones. In this order, because on Linux the removal of one address can take others
// of its subnet along, which the claim puts back; and because a refused claim then leaves nothing behind that is not
// configured.

import type { VirtualRouterOutput } from './outputs.js';
import type { VirtualAddress } from './parameters.js';

/** The outputs that lead from one set of addresses to another; none when the kernel sees no difference.
 *  @param announceCount frames for each added address, 0 = none */
export function changeAddresses(
  before: readonly VirtualAddress[], after: readonly VirtualAddress[], announceCount: number,
): VirtualRouterOutput[] {
  const removed = without(before, after);
  const added = without(after, before);
  if (removed.length === 0 && added.length === 0) return [];
  const outputs: VirtualRouterOutput[] = [];
  if (removed.length > 0) outputs.push({ kind: 'release-addresses', addresses: removed });
  outputs.push({ kind: 'claim-addresses', addresses: after });
  if (added.length > 0 && announceCount > 0) {
    outputs.push({ kind: 'announce-addresses', addresses: added, count: announceCount });
  }
  return outputs;
}

/** Whether a master holds the same with both lists; the order is no difference. */
export function holdsSame(a: readonly VirtualAddress[], b: readonly VirtualAddress[]): boolean {
  return without(a, b).length === 0 && without(b, a).length === 0;
}

/** Whether both lists look the same in an advertisement: the same addresses in the same order. */
export function advertisesSame(a: readonly VirtualAddress[], b: readonly VirtualAddress[]): boolean {
  return a.length === b.length && a.every((virtual, index) => virtual.address === b[index]?.address);
}

/** The addresses of `list` that are not in `other`; another prefix length, interface or label makes another address. */
function without(list: readonly VirtualAddress[], other: readonly VirtualAddress[]): VirtualAddress[] {
  const keys = new Set(other.map(addressKey));
  return list.filter((address) => !keys.has(addressKey(address)));
}

function addressKey(virtual: VirtualAddress): string {
  return [virtual.address, String(virtual.prefixLength), virtual.interface ?? '', virtual.label ?? ''].join(' ');
}

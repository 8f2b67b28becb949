// Compares two configured lists of virtual addresses: as the kernel tells them apart, and as an advertisement shows them.

import type { VirtualAddress } from './parameters.js';

/** The addresses of `list` that are not in `other`; another prefix length, interface or label makes another address. */
export function withoutAddresses(list: readonly VirtualAddress[], other: readonly VirtualAddress[]): VirtualAddress[] {
  const keys = new Set(other.map(addressKey));
  return list.filter((address) => !keys.has(addressKey(address)));
}

/** Whether both lists look the same in an advertisement: the same addresses in the same order. */
export function advertisesSame(a: readonly VirtualAddress[], b: readonly VirtualAddress[]): boolean {
  return a.length === b.length && a.every((virtual, index) => virtual.address === b[index]?.address);
}

function addressKey(virtual: VirtualAddress): string {
  return [virtual.address, String(virtual.prefixLength), virtual.interface ?? '', virtual.label ?? ''].join(' ');
}

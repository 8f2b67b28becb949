// Renews the leases of a master that has just advertised. Which are due is decided in lease.ts.

import { heldAddresses, type VirtualAddress } from '@baton/vrrp';
import type { FamilyRouter } from './hosted-router.js';
import type { PerformContext } from './perform-context.js';

/** Renews what is due of a master that has just advertised. What is gone stays gone: that is the news of the link
 *  monitor (lost-addresses.ts). Another refusal is said and tried again beside the next advertisement, because the
 *  address is still there; if it goes on, the address runs out, and is lost like any other. */
export function renewLeases(context: PerformContext): void {
  const { family, ports, decidedAt } = context;
  const { leaseSeconds: seconds } = family;
  const { parameters } = family.router;
  const due = heldAddresses(parameters).filter(({ address }) =>
    family.leases.isDue(address, seconds, parameters.advertIntervalMs, decidedAt),
  );
  if (due.length === 0) return;
  const results = ports.addressOwner.renew(due.map((address) => family.leased(address)));
  for (const [index, address] of due.entries()) {
    const result = results[index];
    if (result?.ok === true) family.leases.note(address.address, { seconds, since: decidedAt });
    else if (result !== undefined && !GONE.has(result.errno)) tellRefusal(family, address, result.errno, context);
  }
}

/** How the kernel says that an address, or its interface, is not there. */
const GONE: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENODEV']);

function tellRefusal(family: FamilyRouter, address: VirtualAddress, errno: string, { notices }: PerformContext): void {
  const place = family.placed(address);
  const fields = { router: family.name, address: place.address, interface: place.interface, errno };
  notices.sayLimited('warn', 'lease-renewal-refused', family.key, fields);
}

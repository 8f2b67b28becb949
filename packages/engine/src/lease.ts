// The lease of virtual addresses: the kernel takes an address off by itself when this process does not renew it any
// more, just after the peers have taken over. Renewed right beside the advertisement that the peers go by, never by a
// timer of its own: whoever does not advertise does not renew.
//
//   advert  advert  advert (dies)             a peer takes over   the kernel lets go
//     |-------|-------|----- 3 intervals + skew -----|-------------------|
//                     `------------- at least 4 intervals --------------'

import type { Instant, IpAddress } from '@baton/base';
import { heldAddresses, LEASE_INTERVALS, type VirtualAddress } from '@baton/vrrp';
import type { FamilyRouter } from './hosted-router.js';
import type { PerformContext } from './perform-context.js';

/** Since when an address may live for how long. */
interface Lease {
  /** Undefined: for ever. */
  readonly seconds: number | undefined;
  readonly since: Instant;
}

/** The leases of one router in one family: of every address that it has put on an interface, also where addresses live
 *  for ever. What somebody else had put there is not among them. */
export class Leases {
  readonly #leases = new Map<IpAddress, Lease>();

  /** An address was claimed or renewed. */
  note(address: IpAddress, lease: Lease): void {
    this.#leases.set(address, lease);
  }

  /** An address was released. */
  forget(address: IpAddress): void {
    this.#leases.delete(address);
  }

  /** Whether an address must be renewed beside an advertisement now: what is left would not last until 4 intervals after
   *  the next one, or another lease is wanted since. */
  isDue(address: IpAddress, wantedSeconds: number | undefined, advertIntervalMs: number, now: Instant): boolean {
    const lease = this.#leases.get(address);
    if (lease === undefined) return false;
    if (lease.seconds === undefined || lease.seconds !== wantedSeconds) return lease.seconds !== wantedSeconds;
    return lease.since + 1000 * lease.seconds - now < (LEASE_INTERVALS + 1) * advertIntervalMs;
  }
}

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

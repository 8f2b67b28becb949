// Decides when the lease of a virtual address must be renewed: the kernel takes an address off by itself when this
// process does not renew it any more, just after the peers have taken over. Renewed (lease-renewal.ts) right beside the
// advertisement that the peers go by, never by a timer of its own: whoever does not advertise does not renew.
//
//   advert  advert  advert (dies)             a peer takes over   the kernel lets go
//     |-------|-------|----- 3 intervals + skew -----|-------------------|
//                     `------------- at least 4 intervals --------------'

import type { Instant, IpAddress } from '@baton/base';
import { LEASE_INTERVALS } from '@baton/vrrp';

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

  /** Whether an address must be renewed beside an advertisement now: what is left would not last until 4 intervals
   *  after the next one, or another lease is wanted since. */
  isDue(address: IpAddress, wantedSeconds: number | undefined, advertIntervalMs: number, now: Instant): boolean {
    const lease = this.#leases.get(address);
    if (lease === undefined) return false;
    if (lease.seconds === undefined || lease.seconds !== wantedSeconds) return lease.seconds !== wantedSeconds;
    if (lease.since === now) return false; // just claimed
    return lease.since + 1000 * lease.seconds - now < (LEASE_INTERVALS + 1) * advertIntervalMs;
  }
}

// All routers of this node: by name, by the addresses they move, and by who wants to be woken next.

import type { Instant, IpAddress } from '@baton/base';
import { DeadlineQueue } from './deadline-queue.js';
import type { FamilyRouter, HostedRouter } from './hosted-router.js';

/** Whose an address is: moved by a router of this node, the host's own by an owner's configuration, or of no router. */
export type AddressKind = 'moved' | 'owned' | 'free';

/** The routers of one engine. */
export class Roster {
  readonly #routers = new Map<string, HostedRouter>();
  readonly #deadlines = new DeadlineQueue<FamilyRouter>();
  /** Made when it is asked for, dropped when a configuration changes. */
  #kinds: Map<IpAddress, Exclude<AddressKind, 'free'>> | undefined;

  get size(): number {
    return this.#routers.size;
  }

  /** In the order in which they came. */
  all(): readonly HostedRouter[] {
    return [...this.#routers.values()];
  }

  /** Every family of every router. */
  families(): readonly FamilyRouter[] {
    return this.all().flatMap((hosted) => hosted.families);
  }

  find(name: string): HostedRouter | undefined {
    return this.#routers.get(name);
  }

  add(hosted: HostedRouter): void {
    this.#routers.set(hosted.name, hosted);
    this.#kinds = undefined;
  }

  delete(hosted: HostedRouter): void {
    this.#routers.delete(hosted.name);
    for (const family of hosted.families) this.#deadlines.delete(family);
    this.#kinds = undefined;
  }

  clear(): void {
    for (const hosted of this.all()) this.delete(hosted);
  }

  /** To be called after a router has got other addresses or another priority. */
  noteParameters(): void {
    this.#kinds = undefined;
  }

  kindOf(address: IpAddress): AddressKind {
    this.#kinds ??= this.#findKinds();
    return this.#kinds.get(address) ?? 'free';
  }

  /** To be called after a router was given anything to handle. */
  noteDeadline(family: FamilyRouter): void {
    this.#deadlines.set(family, family.router.nextDeadline());
  }

  /** When the first router wants to be woken. */
  get firstDeadline(): Instant | undefined {
    return this.#deadlines.first;
  }

  /** Whose deadline has come. */
  due(now: Instant): readonly FamilyRouter[] {
    return this.#deadlines.due(now);
  }

  /** What only owners have is theirs; what one router moves is moved. */
  #findKinds(): Map<IpAddress, Exclude<AddressKind, 'free'>> {
    const kinds = new Map<IpAddress, Exclude<AddressKind, 'free'>>();
    for (const family of this.families()) {
      for (const address of family.virtualAddresses()) {
        const owned = family.ownsAddresses() && kinds.get(address) !== 'moved';
        kinds.set(address, owned ? 'owned' : 'moved');
      }
    }
    return kinds;
  }
}

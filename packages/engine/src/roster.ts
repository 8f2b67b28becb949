// All routers of this node: by name, by the group they move in, by the addresses they move, and by who wants to be
// woken next.

import { assert, type Instant, type IpAddress } from '@baton/base';
import type { OwnedAddress } from '@baton/net';
import { heldAddresses } from '@baton/vrrp';
import { DeadlineQueue } from './deadline-queue.js';
import type { FamilyRouter, HostedRouter } from './hosted-router.js';
import type { SyncGroupConfiguration } from './messages.js';
import { MovingGroup } from './moving-group.js';

/** Whose an address is: moved by a router of this node, the host's own by an owner's configuration, or of no router. */
export type AddressKind = 'moved' | 'owned' | 'free';

/** The routers of one engine. */
export class Roster {
  readonly #routers = new Map<string, HostedRouter>();
  readonly #groups = new Map<HostedRouter, MovingGroup>();
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
    this.#groups.delete(hosted);
    for (const family of hosted.families) this.forget(family);
  }

  /** A router has no addresses of this family any more. */
  forget(family: FamilyRouter): void {
    this.#deadlines.delete(family);
    this.#kinds = undefined;
  }

  clear(): void {
    for (const hosted of this.all()) this.delete(hosted);
  }

  /** Every group once. */
  groups(): readonly MovingGroup[] {
    return [...new Set(this.#groups.values())];
  }

  groupOf(hosted: HostedRouter): MovingGroup {
    const group = this.#groups.get(hosted);
    assert(group !== undefined, 'every router is in a group');
    return group;
  }

  /** Puts the routers into these groups, and each of the others into one of its own. Those that leave are alone, too.
   *  @returns the groups that are new, to be formed */
  regroup(wanted: readonly SyncGroupConfiguration[], leaving: readonly HostedRouter[] = []): readonly MovingGroup[] {
    const left = new Set(this.all());
    const together = wanted.map(({ name, routers }) => {
      const members = routers.flatMap((router) => this.#routers.get(router) ?? []);
      return { name, members: members.filter((hosted) => !leaving.includes(hosted) && left.delete(hosted)) };
    });
    const alone = [...left].map((hosted) => ({ name: undefined, members: [hosted] }));
    const made: MovingGroup[] = [];
    for (const { name, members } of [...together, ...alone]) {
      const [first] = members;
      const families = members.flatMap((hosted) => hosted.families);
      if (first === undefined || this.#groups.get(first)?.isOf(name, families) === true) continue;
      const group = new MovingGroup(name, families);
      for (const hosted of members) this.#groups.set(hosted, group);
      made.push(group);
    }
    return made;
  }

  /** To be called after a router has got other addresses or another priority. */
  noteParameters(): void {
    this.#kinds = undefined;
  }

  kindOf(address: IpAddress): AddressKind {
    this.#kinds ??= this.#findKinds();
    return this.#kinds.get(address) ?? 'free';
  }

  /** Whether another master holds this address in the same place. */
  isHeldByAnother(family: FamilyRouter, { address, interface: place }: OwnedAddress): boolean {
    const masters = this.families().filter((each) => each !== family && each.router.state.kind === 'master');
    return masters.some((each) =>
      heldAddresses(each.router.parameters).some(
        (other) => other.address === address && each.placed(other).interface === place,
      ),
    );
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

// Routers that move together, with their places: the families of one router, or all families of the routers of a sync
// group. Decides nothing: SyncGroup in vrrp does, by keys; here keys become routers.

import { assert, type Instant } from '@baton/base';
import {
  SyncGroup,
  type HandoverRefusal,
  type MemberOutputs,
  type VirtualRouterInput,
  type VirtualRouterOutput,
} from '@baton/vrrp';
import type { FamilyRouter, HostedRouter } from './hosted-router.js';

/** What one router asks for. */
export interface FamilyOutputs {
  readonly family: FamilyRouter;
  readonly outputs: readonly VirtualRouterOutput[];
}

/** One group; every router is in exactly one. */
export class MovingGroup {
  /** Name of the sync group; undefined when nobody has configured one. */
  readonly name: string | undefined;
  readonly hosted: readonly HostedRouter[];
  readonly families: readonly FamilyRouter[];
  readonly #group: SyncGroup;
  readonly #byKey: ReadonlyMap<string, FamilyRouter>;

  constructor(name: string | undefined, families: readonly FamilyRouter[]) {
    this.name = name;
    this.families = families;
    this.hosted = [...new Set(families.map(({ hosted }) => hosted))];
    this.#group = new SyncGroup(this.families);
    this.#byKey = new Map(this.families.map((family) => [family.key, family]));
  }

  /** Whether a group of these, by this name, would be the same one. */
  isOf(name: string | undefined, families: readonly FamilyRouter[]): boolean {
    return (
      this.name === name &&
      this.families.length === families.length &&
      this.families.every((family, index) => family === families[index])
    );
  }

  /** See SyncGroup.form. */
  form(now: Instant): readonly FamilyOutputs[] {
    return this.#found(this.#group.form(now));
  }

  /** See SyncGroup.handle. */
  handle(family: FamilyRouter, input: VirtualRouterInput, now: Instant): readonly FamilyOutputs[] {
    return this.#found(this.#group.handle(family.key, input, now));
  }

  /** See SyncGroup.refusalOf. */
  refusalOf(kind: 'held-changed' | 'takeover-requested'): HandoverRefusal | undefined {
    return this.#group.refusalOf(kind);
  }

  /** See SyncGroup.shutdown. */
  shutdown(now: Instant): readonly FamilyOutputs[] {
    return this.#found(this.#group.shutdown(now));
  }

  #found(entries: readonly MemberOutputs[]): readonly FamilyOutputs[] {
    return entries.map(({ member, outputs }) => {
      const family = this.#byKey.get(member);
      assert(family !== undefined, 'a group speaks of its members only');
      return { family, outputs };
    });
  }
}

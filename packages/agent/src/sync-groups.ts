// What state each sync group is in, by the states of its members: engine and protocol know members only, hooks and
// status show groups too. Pure.

import type { SyncGroupSettings } from '@baton/config';
import type { StateName, TransitionReason } from '@baton/vrrp';

/** What is known of one router. */
export interface MemberState {
  readonly state: StateName;
  readonly epoch: number;
  /** Why it is in this state. */
  readonly reason: string;
  /** Wall-clock milliseconds since 1970. */
  readonly atMs: number;
}

/** What is known of one group. */
export interface GroupState extends MemberState {
  readonly group: SyncGroupSettings;
}

/** A group that has come from one state into another. */
export interface GroupChange extends GroupState {
  readonly from: StateName;
}

/** The state of a group: fault when any member is in fault, master when all are, initialize while any is or is not
 *  known yet, else backup. */
export function groupState(members: readonly (StateName | undefined)[]): StateName {
  if (members.includes('fault')) return 'fault';
  if (members.every((state) => state === 'master')) return 'master';
  return members.some((state) => state === undefined || state === 'initialize') ? 'initialize' : 'backup';
}

/** The groups of one node. */
export class SyncGroups {
  readonly #members = new Map<string, MemberState>();
  #groups: readonly GroupState[] = [];

  /** Takes the groups as they are configured now.
   *  @returns those whose state is not what it was, or that are new and in a state to tell */
  configure(groups: readonly SyncGroupSettings[], routers: readonly string[]): readonly GroupChange[] {
    for (const name of this.#members.keys()) if (!routers.includes(name)) this.#members.delete(name);
    const before = new Map(this.#groups.map((known) => [known.group.name, known]));
    this.#groups = groups.map((group) => ({ ...(before.get(group.name) ?? UNKNOWN), group }));
    return this.#follow();
  }

  /** Takes the state of a router.
   *  @returns the group that is in another state now; at most one, because a router is in one group at most */
  note(router: string, member: MemberState): readonly GroupChange[] {
    this.#members.set(router, member);
    return this.#follow();
  }

  /** In the order of the file. */
  list(): readonly GroupState[] {
    return this.#groups;
  }

  #follow(): readonly GroupChange[] {
    const changes: GroupChange[] = [];
    this.#groups = this.#groups.map((before) => {
      const { group } = before;
      const members = group.routers.map((router) => this.#members.get(router));
      const state = groupState(members.map((member) => member?.state));
      // Grows with every mastership of the group, because the epochs of all its members do.
      const epoch = Math.max(0, ...members.map((member) => member?.epoch ?? 0));
      if (state === before.state || awaitsCause(before.state, members)) return { ...before, epoch };
      const deciding = newest(members.filter((member) => member?.state === state));
      const { reason, atMs } = deciding ?? newest(members) ?? UNKNOWN;
      const after = { group, state, epoch, reason, atMs };
      changes.push({ ...after, from: before.state });
      return after;
    });
    return changes;
  }
}

/** Whether members of a group that was master have left because another did, which is told only after them: what the
 *  group is now, the cause will say. */
function awaitsCause(before: StateName, members: readonly (MemberState | undefined)[]): boolean {
  const isOneLeft = members.some((member) => member?.state === 'master');
  return before === 'master' && isOneLeft && members.every((member) =>
    member?.state === 'master' || (member?.state === 'backup' && member.reason === FOLLOWED));
}

function newest(members: readonly (MemberState | undefined)[]): MemberState | undefined {
  return members.reduce((a, b) => (a === undefined || (b !== undefined && b.atMs >= a.atMs) ? b : a), undefined);
}

/** Why a member leaves that only follows another one. */
const FOLLOWED = 'group-member-left' satisfies TransitionReason;

const UNKNOWN: MemberState = { state: 'initialize', epoch: 0, reason: 'startup', atMs: 0 };

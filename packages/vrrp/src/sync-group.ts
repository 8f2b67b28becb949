// Virtual routers that move together: all of them are master, or none. Pure; no RFC knows groups, so every member goes
// on by RFC 9568 §6.4 towards its own neighbours, except that
// - a member whose wait is over is only due: all are promoted in one step when the last one is due;
// - a master whose fellow member cannot be master any more resigns;
// - one member, the deciding one, settles elections that would turn out differently from member to member.

import { assert, assertNever, compareAddresses, type Instant } from '@baton/base';
import type { Due } from './backup.js';
import type { HandoverRefusal } from './handover.js';
import type { GroupDecision, VirtualRouterInput } from './inputs.js';
import type { VirtualRouterOutput } from './outputs.js';
import { RESIGN_PRIORITY, type VirtualRouterParameters } from './parameters.js';
import type { State } from './state.js';
import type { VirtualRouter } from './virtual-router.js';

/** One member by the name that its host knows it by. */
export interface GroupMember {
  readonly key: string;
  readonly router: VirtualRouter;
}

/** What one member asks for. */
export interface MemberOutputs {
  readonly member: string;
  readonly outputs: readonly VirtualRouterOutput[];
}

/** Routers that move together, or one that moves alone, which then behaves as if there were no group. All memory is in
 *  the routers: a changed membership is a new group, and nothing is lost. */
export class SyncGroup {
  readonly #members: readonly GroupMember[];
  readonly #byKey: ReadonlyMap<string, GroupMember>;
  /** Whether a claim may be refused yet. */
  #unproven: boolean;
  /** Those that were told to be split from the others. */
  #split: readonly GroupMember[];

  /** @param members at least one; their order is that of promotions. `form` comes next. */
  constructor(members: readonly GroupMember[]) {
    this.#members = members;
    this.#byKey = new Map(members.map((member) => [member.key, member]));
    this.#unproven = members.some(({ router: { state } }) => state.kind === 'master');
    this.#split = members.filter(({ router: { state } }) => dueOf(state)?.told === true);
  }

  get keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  /** Tells every member what it is part of: once after the group was made, before any other input, and before a
   *  router that has left it is shut down. A group that cannot stay master as a whole yields now.
   *  @returns like `handle` */
  form(now: Instant): readonly MemberOutputs[] {
    const step = new Step(now);
    this.#assignRoles(step);
    this.#shareHold(this.refusalOf('held-changed') === undefined, step);
    this.#conclude(step);
    this.#judgeSplit(step);
    return step.entries;
  }

  /** Why a `held-changed` or a `takeover-requested` of any member would do nothing: all obey it, or none. */
  refusalOf(kind: HandoverInput['kind']): HandoverRefusal | undefined {
    for (const { router } of this.#members) {
      const refusal = router.refusalOf(kind);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Handles one input of one member; a hand-over is one of all.
   *  @param now never earlier than at the call before
   *  @returns what has to be done, in this order; a member may have several entries. When a claim fails, the rest of
   *    the whole list is void, and `claim-failed` of that member is the next input.
   *  @throws {InvariantError} like VirtualRouter.handle */
  handle(key: string, input: VirtualRouterInput, now: Instant): readonly MemberOutputs[] {
    const member = this.#byKey.get(key);
    assert(member !== undefined, `${key} is no member of this group`);
    const step = new Step(now);
    if (this.#members.length === 1) {
      step.feed(member, input);
      return step.entries;
    }
    if (input.kind === 'stalled') { // whoever slept, slept as a whole
      for (const each of this.#members) step.feed(each, input);
      return step.entries;
    }
    if (this.#unproven && input.kind !== 'claim-failed') {
      this.#unproven = false;
      this.#decide('settle', step);
    }
    if (isHandover(input)) this.#handOver(input, step);
    else if (this.#feed(member, input, step)) this.#conclude(step);
    this.#shareHold(false, step);
    if (this.#split.length > 0 || isOverdue(member.router, now)) this.#judgeSplit(step);
    return step.entries;
  }

  /** Every member leaves: what `shutdown` of each would do, without making the others yield first. */
  shutdown(now: Instant): readonly MemberOutputs[] {
    const step = new Step(now);
    for (const member of this.#members) step.feed(member, { kind: 'shutdown' });
    return step.entries;
  }

  /** Feeds one member, and tells the others what they have to know of it at once.
   *  @returns whether anything may follow from it for all */
  #feed(member: GroupMember, input: VirtualRouterInput, step: Step): boolean {
    const { router } = member;
    const before = router.state;
    step.feed(member, input);
    const { state } = router;
    if (before.kind === 'master' && state.kind === 'initialize') this.#decide('yield', step);
    if (contestOf(state) !== undefined && contestOf(state) !== contestOf(before)) {
      step.order(this.#decidingMember(), 'advertise');
    }
    if (input.kind === 'advertisement' && input.advertisement.priority === RESIGN_PRIORITY && state.kind === 'backup') {
      for (const other of this.#members) if (isPatient(other.router.state)) step.order(other, 'hurry');
    }
    if (input.kind === 'priority-changed') this.#shareAdjustment(step);
    if (input.kind === 'parameters-changed') this.#assignRoles(step);
    const isChange = input.kind === 'priority-changed' || input.kind === 'parameters-changed';
    return isChange || readiness(state) !== readiness(before);
  }

  /** [BATON-handover-6] */
  #handOver(input: HandoverInput, step: Step): void {
    if (this.refusalOf(input.kind) !== undefined) return;
    for (const member of this.#members) step.feed(member, input);
    this.#conclude(step);
  }

  /** Some are held and others are not: from now on all are, or none. */
  #shareHold(held: boolean, step: Step): void {
    const count = this.#members.filter(({ router }) => router.held).length;
    if (count === 0 || count === this.#members.length) return;
    for (const member of this.#members) step.feed(member, { kind: 'held-changed', held });
  }

  /** What follows from the states of all members. */
  #conclude(step: Step): void {
    if (this.#members.length === 1) return;
    let isReady = true;
    for (const { router } of this.#members) {
      const each = readiness(router.state);
      if (each === 'held back') {
        this.#decide('yield', step);
        return;
      }
      isReady &&= each === 'ready';
    }
    if (isReady) this.#promoteDue(step);
  }

  /** All at once: nobody is told of any mastership before the last claim, which may be refused. */
  #promoteDue(step: Step): void {
    const told: MemberOutputs[] = [];
    this.#unproven = true;
    for (const member of this.#members) {
      const outputs = member.router.handle({ kind: 'group-decided', decision: 'promote' }, step.now);
      step.add(member, outputs.filter(({ kind }) => kind === 'claim-addresses'));
      told.push({ member: member.key, outputs: outputs.filter(({ kind }) => kind !== 'claim-addresses') });
    }
    step.entries.push(...told.filter(({ outputs }) => outputs.length > 0));
  }

  /** Says which members are due for long, while others hear a master; and when that has ended. */
  #judgeSplit(step: Step): void {
    const listening = this.#members.every(({ router }) => router.state.kind === 'backup');
    const following = this.#members.filter(({ router }) => dueOf(router.state) === undefined);
    const keys = following.map(({ key }) => key);
    const split = !listening || following.length === 0
      ? [] : this.#members.filter(({ router }) => dueOf(router.state)?.told === true || isOverdue(router, step.now));
    for (const member of this.#split) {
      if (!split.includes(member)) step.add(member, [{ kind: 'sync-group-split', active: false, following: [] }]);
    }
    for (const member of split) {
      if (this.#split.includes(member)) continue;
      step.order(member, 'report-split');
      step.add(member, [{ kind: 'sync-group-split', active: true, following: keys }]);
    }
    this.#split = split;
  }

  /** The adjustment of the least fit member counts for all: they can only move together. */
  #shareAdjustment(step: Step): void {
    const adjustment = Math.min(...this.#members.map(({ router }) => router.adjustment));
    for (const member of this.#members) step.feed(member, { kind: 'group-adjusted', adjustment });
  }

  #assignRoles(step: Step): void {
    if (this.#members.length === 1) {
      for (const member of this.#members) step.feed(member, { kind: 'group-joined', role: 'alone' });
      return;
    }
    const deciding = this.#decidingMember();
    for (const member of this.#members) {
      step.feed(member, { kind: 'group-joined', role: member === deciding ? 'deciding' : 'following' });
    }
    this.#shareAdjustment(step);
  }

  /** The first one by what all nodes agree on, whatever the order in their files: VRID, family, lowest address. */
  #decidingMember(): GroupMember {
    return this.#members.reduce((first, member) =>
      compareRouters(member.router.parameters, first.router.parameters) < 0 ? member : first);
  }

  #decide(decision: GroupDecision, step: Step): void {
    for (const member of this.#members) step.order(member, decision);
  }
}

/** An input that all members are given. */
type HandoverInput = Extract<VirtualRouterInput, { kind: 'held-changed' | 'takeover-requested' }>;

function isHandover(input: VirtualRouterInput): input is HandoverInput {
  return input.kind === 'held-changed' || input.kind === 'takeover-requested';
}

/** What one input leads to. */
class Step {
  readonly entries: MemberOutputs[] = [];
  readonly now: Instant;

  constructor(now: Instant) {
    this.now = now;
  }

  feed(member: GroupMember, input: VirtualRouterInput): void {
    this.add(member, member.router.handle(input, this.now));
  }

  order(member: GroupMember, decision: GroupDecision): void {
    this.feed(member, { kind: 'group-decided', decision });
  }

  add({ key }: GroupMember, outputs: readonly VirtualRouterOutput[]): void {
    if (outputs.length > 0) this.entries.push({ member: key, outputs });
  }
}

/** What a member's state means to the others. ready: it is master, or only they keep it from being it · held back: it
 *  certainly cannot be master now, because it is in fault or follows another router · waiting: nobody knows yet. */
function readiness(state: State): 'ready' | 'held back' | 'waiting' {
  switch (state.kind) {
    case 'master': return 'ready';
    case 'backup':
      if (state.due !== undefined) return 'ready';
      return state.armedBy === 'advertisement' ? 'held back' : 'waiting';
    case 'fault': return 'held back';
    case 'initialize': return 'waiting';
    default: return assertNever(state);
  }
}

function dueOf(state: State): Due | undefined {
  return state.kind === 'backup' ? state.due : undefined;
}

function contestOf(state: State): Instant | undefined {
  return state.kind === 'master' ? state.contestedSince : undefined;
}

/** Whether a router has been due for a Master_Down_Interval. */
function isOverdue(router: VirtualRouter, now: Instant): boolean {
  const due = dueOf(router.state);
  return due !== undefined && now >= due.since + router.masterDownIntervalMs;
}

/** Whether a router waits for a master of which nobody has said that it leaves. */
function isPatient(state: State): boolean {
  return state.kind === 'backup' && state.due === undefined
    && (state.armedBy === 'entry' || state.armedBy === 'advertisement');
}

function compareRouters(a: VirtualRouterParameters, b: VirtualRouterParameters): number {
  return a.vrid - b.vrid || a.family - b.family || compareAddresses(lowestAddress(a), lowestAddress(b));
}

function lowestAddress({ addresses }: VirtualRouterParameters): string {
  return addresses.map(({ address }) => address).reduce((low, each) => (compareAddresses(each, low) < 0 ? each : low));
}

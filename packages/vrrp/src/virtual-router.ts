// The state machine of one virtual router (RFC 9568 §6.4, RFC 3768 §6.4): one input and the time in, all consequences
// out, in order.
// Theory of operation: handle() is a switch over inputs, each of them a switch over states. A state is left and entered
// in standing.ts only; deadlines live inside the state, and nothing is due unless a `timer` input says so. Received
// bytes have passed receive-checks.ts before.

import { assert, assertNever, type Instant, type IpAddress } from '@baton/base';
import { advertisesSame, changeAddresses, holdsSame } from './address-change.js';
import type { Advertisement } from './advertisement.js';
import {
  becomeDue, deadLeaseEndsAt, hearMaster, hurry, recompute, reconfigureBackup, yieldTo, type BackupState,
  type PromotionReason,
} from './backup.js';
import { isBetterMaster, type Contender } from './election.js';
import { hold, isOutdated, predecessorOf, takeOverRefusal, type HandoverRefusal } from './handover.js';
import type { GroupDecision, GroupRole, VirtualRouterInput } from './inputs.js';
import {
  answerResignation, contestMastership, continueMaster, enterMaster, isNews, overrule, reconfigureMaster,
  type MasterState, type Reply,
} from './master.js';
import type { VirtualRouterOutput } from './outputs.js';
import {
  assertParameters, heldAddresses, isSameRouter, RESIGN_PRIORITY, yieldsWithAdvert, type VirtualRouterParameters,
} from './parameters.js';
import type { FaultReason } from './reasons.js';
import { Standing } from './standing.js';
import { stateDeadline, type State } from './state.js';
import type { Statistics } from './statistics.js';

/** One virtual router on one interface (RFC 9568 §6). Until an `address-changed` has told it otherwise, its interface
 *  has no primary address. */
export class VirtualRouter {
  readonly #standing: Standing;
  #role: GroupRole = 'alone';

  /** @param options.epochFloor the epoch of the last mastership in an earlier life; the next one is higher */
  constructor(parameters: VirtualRouterParameters, options: { readonly epochFloor: number }) {
    assertParameters(parameters);
    this.#standing = new Standing(parameters, options.epochFloor);
  }

  /** The counters of this router; those counted at receive and at send are incremented by whoever performs these. */
  get statistics(): Statistics {
    return this.#standing.statistics;
  }

  get state(): State {
    return this.#standing.state;
  }

  get parameters(): VirtualRouterParameters {
    return this.#standing.parameters;
  }

  /** The sum of the trackers' weights. */
  get adjustment(): number {
    return this.#standing.adjustment;
  }

  /** 1–255: configured plus the trackers' adjustment, that of the whole sync group in one. */
  get effectivePriority(): number {
    return this.#standing.effectivePriority;
  }

  /** Whether it has to let go of its mastership, or has let go and stays backup. */
  get held(): boolean {
    return this.#standing.held;
  }

  /** Why a `held-changed` or a `takeover-requested` would do nothing; undefined when it is obeyed. */
  refusalOf(kind: 'held-changed' | 'takeover-requested'): HandoverRefusal | undefined {
    if (kind === 'takeover-requested') return takeOverRefusal(this.state);
    return this.#standing.ownsAddresses ? 'address-owner' : undefined;
  }

  get primaryAddress(): IpAddress | undefined {
    return this.#standing.primaryAddress;
  }

  /** The number of the present or last mastership. */
  get epoch(): number {
    return this.#standing.epoch;
  }

  /** The master as far as it is known: this router while it is master, otherwise the one heard last. */
  get master(): Contender | undefined {
    return this.#standing.master;
  }

  /** What the router was before its last transition, with the deadlines that ran then: evidence for who explains it
   *  afterwards. Undefined before the first one. */
  get left(): State | undefined {
    return this.#standing.left;
  }

  /** Master_Down_Interval with the interval learned so far, ms, fractional (RFC 9568 §6.1). */
  get masterDownIntervalMs(): number {
    return this.#standing.masterDownIntervalMs;
  }

  /** Skew_Time with the interval learned so far, ms, fractional (RFC 9568 §6.1). */
  get skewTimeMs(): number {
    return this.#standing.skewTimeMs;
  }

  /** When the next `timer` input is wanted; undefined when this router waits for something else. */
  nextDeadline(): Instant | undefined {
    return stateDeadline(this.state);
  }

  /** Handles one input.
   *  @param now never earlier than at the call before
   *  @returns what has to be done, in this order
   *  @throws {InvariantError} when the caller breaks a promise of the input's type */
  handle(input: VirtualRouterInput, now: Instant): VirtualRouterOutput[] {
    if (!leavesClaimOpen(input)) this.#standing.settleClaim();
    switch (input.kind) {
      case 'startup': return this.#startup(now);
      case 'shutdown': return this.#shutdown();
      case 'advertisement': return this.#hear(input.advertisement, input.source, now);
      case 'timer': return this.#expire(now);
      case 'parameters-changed': return this.#reconfigure(input.parameters, now);
      case 'priority-changed': return this.#adjustPriority(input.adjustment, this.#standing.groupAdjustment, now);
      case 'address-changed': return this.#changeAddress(input.primaryAddress, now);
      case 'fault-changed': return this.#changeFault(input.reason, input.active, now);
      case 'stalled': return this.#stepDownAfterStall(now);
      case 'claim-failed': return this.#claimFailed(now);
      case 'held-changed': return hold(this.#standing, input.held, now);
      case 'takeover-requested':
        return this.state.kind === 'backup' ? this.#stopWaiting(this.state, 'handover', now) : [];
      case 'group-joined': return this.#join(input.role, now);
      case 'group-adjusted': return this.#adjustPriority(this.adjustment, input.adjustment, now);
      case 'group-decided': return this.#obey(input.decision, now);
      default: return assertNever(input);
    }
  }

  #startup(now: Instant): VirtualRouterOutput[] {
    if (this.state.kind !== 'initialize' || this.state.startAt !== undefined) return [];
    const { startupDelayMs } = this.parameters;
    if (startupDelayMs === 0) return this.#begin('startup', now);
    this.#standing.assign({ kind: 'initialize', startAt: now + startupDelayMs });
    return [];
  }

  #shutdown(): VirtualRouterOutput[] {
    const idle: State = { kind: 'initialize', startAt: undefined };
    // [RFC9568-6.4.2-1] [RFC9568-6.4.3-1]
    if (this.state.kind !== 'initialize') return this.#standing.transition(idle, 'shutdown');
    this.#standing.assign(idle);
    return [];
  }

  /** Takes part from now on (RFC 9568 §6.4.1): as master when it owns the addresses, else as backup; or is in fault. */
  #begin(reason: 'startup' | 'fault-cleared', now: Instant): VirtualRouterOutput[] {
    const [fault] = this.#standing.fitness.faults();
    if (fault !== undefined) return this.#fault(fault);
    if (!this.#standing.ownsAddresses) return this.#standing.transition(this.#standing.freshBackup(now), reason);
    if (this.#role === 'alone') return this.#promote('address-owner', now); // [RFC9568-6.4.1-1]
    const fresh = this.#standing.freshBackup(now);
    return this.#standing.transition(becomeDue(fresh, 'address-owner', this.#standing.patience, now), reason);
  }

  #hear(advertisement: Advertisement, source: IpAddress, now: Instant): VirtualRouterOutput[] {
    const { vrid, version } = this.parameters;
    assert(
      advertisement.vrid === vrid && advertisement.version === version,
      'a router hears only advertisements with its own VRID and version',
    );
    this.statistics.adverts_received += 1;
    if (advertisement.priority === RESIGN_PRIORITY) this.statistics.priority_zero_received += 1;
    switch (this.state.kind) {
      case 'initialize': return []; // [RFC9568-6.4.1-3]
      case 'backup':
        this.#standing.remember(advertisement.priority, source);
        if (advertisement.priority === RESIGN_PRIORITY) this.#standing.held = false; // [BATON-handover-3]
        this.#standing.assign(hearMaster(this.state, advertisement, this.#standing.backupPolicy, now));
        return [];
      case 'master': return this.#hearAsMaster(this.state, advertisement, source, now);
      case 'fault':
        this.#standing.remember(advertisement.priority, source);
        return [];
      default: return assertNever(this.state);
    }
  }

  /** [RFC9568-6.4.3-3] [RFC9568-6.4.3-4] [RFC9568-6.4.3-5]. Preempt_Mode is not looked at here. */
  #hearAsMaster(
    state: MasterState, advertisement: Advertisement, source: IpAddress, now: Instant,
  ): VirtualRouterOutput[] {
    const { priority } = advertisement;
    if (priority === RESIGN_PRIORITY) return this.#reply(answerResignation(state, this.parameters, now));
    assert(this.primaryAddress !== undefined, 'a master has a primary address');
    const own: Contender = { priority: this.effectivePriority, address: this.primaryAddress };
    const other: Contender = { priority, address: source };
    const isBetter = isBetterMaster(other, own);
    if (isBetter && isOutdated(state, other, now)) return [];
    if (isBetter) return this.#hearBetter(state, advertisement, source, now);
    this.statistics.lower_priority_received += 1;
    const news = isNews(state, priority < own.priority, this.parameters, now);
    return this.#reply(
      overrule(state, this.parameters, now), news ? [{ kind: 'lower-priority-received', source, priority }] : [],
    );
  }

  /** Yields, perhaps with a last word; a following member of a sync group may wait first, unless it has to let go. */
  #hearBetter(
    state: MasterState, better: Advertisement, source: IpAddress, now: Instant,
  ): VirtualRouterOutput[] {
    const waiting = this.#role === 'following' && !this.held ? contestMastership(state, better, now) : undefined;
    if (waiting !== undefined) {
      this.#standing.assign(waiting);
      return [];
    }
    const lastWord = yieldsWithAdvert(this.parameters, better.advertIntervalMs) ? [this.#standing.advertise()] : [];
    this.#standing.remember(better.priority, source);
    const next = yieldTo(better, this.#standing.patience, now);
    const reason = this.held ? 'handover' : 'higher-priority-advert';
    return [...lastWord, ...this.#standing.transition(next, reason)];
  }

  /** @param told what is told between the advert and the announcement */
  #reply({ state, answers, announceCount }: Reply, told: readonly VirtualRouterOutput[] = []): VirtualRouterOutput[] {
    this.#standing.assign(state);
    if (answers === 'withheld') this.statistics.answers_withheld += 1;
    return [
      ...(answers === 'now' ? [this.#standing.advertise()] : []), ...told, ...this.#standing.announce(announceCount),
    ];
  }

  #expire(now: Instant): VirtualRouterOutput[] {
    const state = this.state;
    const deadline = stateDeadline(state);
    if (deadline === undefined || now < deadline) return [];
    switch (state.kind) {
      case 'initialize': return this.#begin('startup', now);
      case 'backup': return this.#stopWaiting(state, state.expiryReason, now); // [RFC9568-6.4.2-2]
      case 'master': return this.#continueAsMaster(state, now);
      case 'fault': return this.#changeFault('address-install-failed', false, now);
      default: return assertNever(state);
    }
  }

  #continueAsMaster(before: MasterState, now: Instant): VirtualRouterOutput[] {
    const { state, advertDue, announceCount } = continueMaster(before, this.parameters, now);
    this.#standing.assign(state);
    return [...(advertDue ? [this.#standing.advertise()] : []), ...this.#standing.announce(announceCount)];
  }

  #reconfigure(parameters: VirtualRouterParameters, now: Instant): VirtualRouterOutput[] {
    const before = this.parameters;
    assert(isSameRouter(parameters, before), 'name, interface, VRID, version and family of a router never change');
    assertParameters(parameters);
    const priorityBefore = this.effectivePriority;
    this.#standing.parameters = parameters;
    if (this.#standing.ownsAddresses) this.#standing.held = false;
    switch (this.state.kind) {
      case 'initialize': return [];
      case 'backup':
        this.#standing.assign(reconfigureBackup(this.state, this.#standing.patience, parameters.advertIntervalMs, now));
        return [];
      case 'fault': // other addresses may be accepted: tried at once
        return this.state.retryAt === undefined || holdsSame(heldAddresses(parameters), heldAddresses(before))
          ? [] : this.#changeFault('address-install-failed', false, now);
      case 'master': return this.#reconfigureMaster(this.state, before, priorityBefore, now);
      default: return assertNever(this.state);
    }
  }

  /** Tells the peers at once. */
  #reconfigureMaster(
    state: MasterState, before: VirtualRouterParameters, priorityBefore: number, now: Instant,
  ): VirtualRouterOutput[] {
    const after = this.parameters;
    this.#standing.assign(reconfigureMaster(state, before, after, now));
    const tell = after.advertIntervalMs !== before.advertIntervalMs || this.effectivePriority !== priorityBefore
      || !advertisesSame(after.addresses, before.addresses);
    return [
      ...(tell ? [this.#standing.advertise()] : []),
      ...changeAddresses(heldAddresses(before), heldAddresses(after), after.announce.count),
    ];
  }

  /** @param groupAdjustment what counts instead of our own in a sync group */
  #adjustPriority(adjustment: number, groupAdjustment: number | undefined, now: Instant): VirtualRouterOutput[] {
    const before = this.#standing.patience.priority;
    this.#standing.adjustment = adjustment;
    this.#standing.groupAdjustment = groupAdjustment;
    if (this.#standing.patience.priority === before) return [];
    if (this.state.kind === 'master') return this.held ? [] : [this.#standing.advertise()];
    if (this.state.kind === 'backup') this.#standing.assign(recompute(this.state, this.#standing.patience, now));
    return [];
  }

  #changeAddress(primaryAddress: IpAddress | undefined, now: Instant): VirtualRouterOutput[] {
    const moved = primaryAddress !== this.primaryAddress && primaryAddress !== undefined;
    this.#standing.primaryAddress = primaryAddress;
    const outputs = this.#changeFault('no-primary-address', primaryAddress === undefined, now);
    if (outputs.length > 0 || !moved || this.state.kind !== 'master') return outputs;
    return [this.#standing.advertise()];
  }

  #changeFault(reason: FaultReason, active: boolean, now: Instant): VirtualRouterOutput[] {
    if (active) this.#standing.fitness.lose(reason);
    else this.#standing.fitness.regain(reason);
    switch (this.state.kind) {
      case 'initialize': return [];
      case 'backup':
      case 'master':
        return active ? this.#fault(reason) : [];
      case 'fault': {
        const reasons = this.#standing.fitness.faults();
        if (reasons.length === 0) return this.#begin('fault-cleared', now);
        const retryAt = reasons.includes('address-install-failed') ? this.state.retryAt : undefined;
        this.#standing.assign({ kind: 'fault', reasons, retryAt });
        return [];
      }
      default: return assertNever(this.state);
    }
  }

  #stepDownAfterStall(now: Instant): VirtualRouterOutput[] {
    if (this.state.kind !== 'master') return [];
    return this.#standing.transition(this.#standing.freshBackup(now), 'woke-from-stall');
  }

  /** The addresses could not be installed. Nobody was told of this mastership, so it never was one: it is not
   *  counted, its epoch is taken back, and the change is told from the state before it. */
  #claimFailed(now: Instant): VirtualRouterOutput[] {
    if (this.state.kind !== 'master') return [];
    this.statistics.claims_refused += 1;
    this.#standing.takeBackClaim();
    return this.#fault('address-install-failed', now + this.#standing.fitness.refused(this.masterDownIntervalMs));
  }

  #promote(reason: PromotionReason, now: Instant): VirtualRouterOutput[] {
    const { state } = this;
    const leaseEndsAt = state.kind === 'backup' && reason !== 'handover'
      ? deadLeaseEndsAt(state, this.parameters) : undefined;
    const predecessor = reason === 'handover' ? predecessorOf(this.#standing, now) : undefined;
    const promotion = { from: state.kind, reason, leaseEndsAt, predecessor };
    return this.#standing.transition(enterMaster(this.parameters, promotion, now), reason);
  }

  /** The wait is over: master at once, or, in a sync group, as soon as the others can be it too. */
  #stopWaiting(state: BackupState, reason: PromotionReason, now: Instant): VirtualRouterOutput[] {
    if (this.#role === 'alone') return this.#promote(reason, now);
    this.#standing.assign(becomeDue(state, reason, this.#standing.patience, now));
    return [];
  }

  /** Who has waited in the group that it leaves has waited long enough. */
  #join(role: GroupRole, now: Instant): VirtualRouterOutput[] {
    const { state } = this;
    this.#role = role;
    if (role !== 'alone') return [];
    if (state.kind === 'backup' && state.due !== undefined) {
      this.#standing.assign({ ...state, due: undefined, masterDownAt: Math.min(state.masterDownAt, state.due.since) });
    }
    return this.#adjustPriority(this.adjustment, undefined, now);
  }

  #obey(decision: GroupDecision, now: Instant): VirtualRouterOutput[] {
    const { state } = this;
    switch (decision) {
      case 'settle':
        this.#standing.settleClaim();
        return [];
      case 'promote':
        return state.kind === 'backup' && state.due !== undefined ? this.#promote(state.expiryReason, now) : [];
      case 'yield':
        if (state.kind !== 'master') return [];
        this.#standing.takeBackClaim();
        return this.#standing.transition(this.#standing.freshBackup(now), 'group-member-left');
      case 'hurry':
        if (state.kind === 'backup') this.#standing.assign(hurry(state, this.#standing.patience, now));
        return [];
      case 'advertise': return state.kind === 'master' ? [this.#standing.advertise()] : [];
      case 'report-split':
        if (state.kind === 'backup' && state.due !== undefined) {
          this.#standing.assign({ ...state, due: { ...state.due, told: true } });
        }
        return [];
      default: return assertNever(decision);
    }
  }

  #fault(reason: FaultReason, retryAt?: Instant): VirtualRouterOutput[] {
    return this.#standing.transition({ kind: 'fault', reasons: this.#standing.fitness.faults(), retryAt }, reason);
  }
}

/** Whether an input says nothing of a claim that succeeded: its refusal, and what a group does because of one. */
function leavesClaimOpen({ kind }: VirtualRouterInput): boolean {
  return kind === 'claim-failed' || kind === 'group-decided' || kind === 'group-adjusted';
}

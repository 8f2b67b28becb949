// The state machine of one virtual router (RFC 9568 §6.4, RFC 3768 §6.4): one input and the time in, all consequences
// out, in order.
// Theory of operation: handle() is a switch over inputs, each of them a switch over states. A state is left and entered
// in #transition() only, where leaving and entering have their own outputs; deadlines live inside the state and nothing
// is due unless a `timer` input says so. Received bytes have passed receive-checks.ts before.

import { assert, assertNever, type Instant, type IpAddress } from '@baton/base';
import { advertisesSame, changeAddresses, holdsSame } from './address-change.js';
import type { Advertisement } from './advertisement.js';
import {
  enterBackup, hearMaster, recompute, reconfigureBackup, yieldTo, type BackupPolicy, type Patience,
} from './backup.js';
import { effectivePriority } from './effective-priority.js';
import { isBetterMaster, type Contender } from './election.js';
import { Fitness } from './fitness.js';
import type { VirtualRouterInput } from './inputs.js';
import {
  continueMaster, enterMaster, overrule, reconfigureMaster, restartAdverts, type MasterState,
} from './master.js';
import type { VirtualRouterOutput } from './outputs.js';
import {
  answersLosingAdverts, assertParameters, heldAddresses, isSameRouter, OWNER_PRIORITY, RESIGN_PRIORITY,
  type VirtualRouterParameters,
} from './parameters.js';
import { resigns, type FaultReason, type TransitionReason } from './reasons.js';
import { stateDeadline, stateTold, type State } from './state.js';
import { createStatistics, type Statistics } from './statistics.js';
import { masterDownIntervalMs, skewTimeMs } from './timers.js';

/** One virtual router on one interface (RFC 9568 §6). Until an `address-changed` has told it otherwise, its interface
 *  has no primary address. */
export class VirtualRouter {
  /** The counters of this router; those counted at receive and at send are incremented by whoever performs these. */
  readonly statistics: Statistics = createStatistics();
  #state: State = { kind: 'initialize', startAt: undefined };
  #parameters: VirtualRouterParameters;
  #adjustment = 0;
  #primaryAddress: IpAddress | undefined;
  #epoch: number;
  /** The router that was last heard advertising itself, while this one is not master. */
  #heard: Contender | undefined;
  readonly #fitness = new Fitness();

  /** @param options.epochFloor the epoch of the last mastership in an earlier life; the next one is higher */
  constructor(parameters: VirtualRouterParameters, options: { readonly epochFloor: number }) {
    assertParameters(parameters);
    this.#parameters = parameters;
    this.#epoch = options.epochFloor;
  }

  get state(): State {
    return this.#state;
  }

  get parameters(): VirtualRouterParameters {
    return this.#parameters;
  }

  /** 1–255: configured plus the trackers' adjustment. */
  get effectivePriority(): number {
    return effectivePriority(this.#parameters.priority, this.#adjustment);
  }

  get primaryAddress(): IpAddress | undefined {
    return this.#primaryAddress;
  }

  /** The number of the present or last mastership. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The master as far as it is known: this router while it is master, otherwise the one heard last. */
  get master(): Contender | undefined {
    if (this.#state.kind !== 'master' || this.#primaryAddress === undefined) return this.#heard;
    return { address: this.#primaryAddress, priority: this.effectivePriority };
  }

  /** Master_Down_Interval with the interval learned so far, ms, fractional (RFC 9568 §6.1). */
  get masterDownIntervalMs(): number {
    return masterDownIntervalMs(this.#parameters.version, this.effectivePriority, this.#masterAdvertIntervalMs());
  }

  /** Skew_Time with the interval learned so far, ms, fractional (RFC 9568 §6.1). */
  get skewTimeMs(): number {
    return skewTimeMs(this.#parameters.version, this.effectivePriority, this.#masterAdvertIntervalMs());
  }

  /** When the next `timer` input is wanted; undefined when this router waits for something else. */
  nextDeadline(): Instant | undefined {
    return stateDeadline(this.#state);
  }

  /** Handles one input.
   *  @param now never earlier than at the call before
   *  @returns what has to be done, in this order
   *  @throws {InvariantError} when the caller breaks a promise of the input's type */
  handle(input: VirtualRouterInput, now: Instant): VirtualRouterOutput[] {
    if (input.kind !== 'claim-failed') this.#settleClaim();
    switch (input.kind) {
      case 'startup': return this.#startup(now);
      case 'shutdown': return this.#shutdown();
      case 'advertisement': return this.#hear(input.advertisement, input.source, now);
      case 'timer': return this.#expire(now);
      case 'parameters-changed': return this.#reconfigure(input.parameters, now);
      case 'priority-changed': return this.#adjustPriority(input.adjustment);
      case 'address-changed': return this.#changeAddress(input.primaryAddress, now);
      case 'fault-changed': return this.#changeFault(input.reason, input.active, now);
      case 'stalled': return this.#stepDownAfterStall(now);
      case 'claim-failed': return this.#claimFailed(now);
      default: return assertNever(input);
    }
  }

  #startup(now: Instant): VirtualRouterOutput[] {
    if (this.#state.kind !== 'initialize' || this.#state.startAt !== undefined) return [];
    const { startupDelayMs } = this.#parameters;
    if (startupDelayMs === 0) return this.#begin('startup', now);
    this.#assign({ kind: 'initialize', startAt: now + startupDelayMs });
    return [];
  }

  #shutdown(): VirtualRouterOutput[] {
    const idle: State = { kind: 'initialize', startAt: undefined };
    // [RFC9568-6.4.2-1] [RFC9568-6.4.3-1]
    if (this.#state.kind !== 'initialize') return this.#transition(idle, 'shutdown');
    this.#assign(idle);
    return [];
  }

  /** Takes part from now on (RFC 9568 §6.4.1): as master when it owns the addresses, else as backup; or is in fault. */
  #begin(reason: 'startup' | 'fault-cleared', now: Instant): VirtualRouterOutput[] {
    const [fault] = this.#fitness.faults();
    if (fault !== undefined) return this.#fault(fault);
    if (this.#ownsAddresses()) return this.#promote('address-owner', now); // [RFC9568-6.4.1-1]
    return this.#transition(enterBackup(this.#patience(), this.#parameters.advertIntervalMs, now), reason);
  }

  #hear(advertisement: Advertisement, source: IpAddress, now: Instant): VirtualRouterOutput[] {
    const { vrid, version } = this.#parameters;
    assert(
      advertisement.vrid === vrid && advertisement.version === version,
      'a router hears only advertisements with its own VRID and version',
    );
    this.statistics.adverts_received += 1;
    if (advertisement.priority === RESIGN_PRIORITY) this.statistics.priority_zero_received += 1;
    switch (this.#state.kind) {
      case 'initialize': return []; // [RFC9568-6.4.1-3]
      case 'backup':
        this.#remember(advertisement.priority, source);
        this.#assign(hearMaster(this.#state, advertisement, this.#backupPolicy(), now));
        return [];
      case 'master': return this.#hearAsMaster(this.#state, advertisement, source, now);
      case 'fault':
        this.#remember(advertisement.priority, source);
        return [];
      default: return assertNever(this.#state);
    }
  }

  /** [RFC9568-6.4.3-3] [RFC9568-6.4.3-4] [RFC9568-6.4.3-5]. Preempt_Mode is not looked at here. */
  #hearAsMaster(
    state: MasterState, advertisement: Advertisement, source: IpAddress, now: Instant,
  ): VirtualRouterOutput[] {
    const { priority } = advertisement;
    if (priority === RESIGN_PRIORITY) {
      this.#assign(restartAdverts(state, this.#parameters, now));
      return [this.#send(this.effectivePriority)];
    }
    assert(this.#primaryAddress !== undefined, 'a master has a primary address');
    const own: Contender = { priority: this.effectivePriority, address: this.#primaryAddress };
    if (isBetterMaster({ priority, address: source }, own)) {
      this.#remember(priority, source);
      return this.#transition(yieldTo(advertisement, this.#patience(), now), 'higher-priority-advert');
    }
    this.statistics.lower_priority_received += 1;
    const overruled = overrule(state, this.#parameters, now);
    this.#assign(overruled.state);
    return [
      ...(answersLosingAdverts(this.#parameters) ? [this.#send(this.effectivePriority)] : []),
      { kind: 'lower-priority-received', source, priority },
      ...this.#announce(overruled.announceCount),
    ];
  }

  #expire(now: Instant): VirtualRouterOutput[] {
    const state = this.#state;
    const deadline = stateDeadline(state);
    if (deadline === undefined || now < deadline) return [];
    switch (state.kind) {
      case 'initialize': return this.#begin('startup', now);
      case 'backup': return this.#promote(state.expiryReason, now); // [RFC9568-6.4.2-2]
      case 'master': return this.#continueAsMaster(state, now);
      case 'fault': return this.#changeFault('address-install-failed', false, now);
      default: return assertNever(state);
    }
  }

  #continueAsMaster(before: MasterState, now: Instant): VirtualRouterOutput[] {
    const { state, advertDue, announceCount } = continueMaster(before, this.#parameters, now);
    this.#assign(state);
    return [...(advertDue ? [this.#send(this.effectivePriority)] : []), ...this.#announce(announceCount)];
  }

  #reconfigure(parameters: VirtualRouterParameters, now: Instant): VirtualRouterOutput[] {
    const before = this.#parameters;
    assert(isSameRouter(parameters, before), 'name, interface, VRID, version and family of a router never change');
    assertParameters(parameters);
    const priorityBefore = this.effectivePriority;
    this.#parameters = parameters;
    switch (this.#state.kind) {
      case 'initialize': return [];
      case 'backup':
        this.#assign(reconfigureBackup(this.#state, this.#patience(), parameters.advertIntervalMs, now));
        return [];
      case 'fault': // other addresses may be accepted: tried at once
        return this.#state.retryAt === undefined || holdsSame(heldAddresses(parameters), heldAddresses(before))
          ? [] : this.#changeFault('address-install-failed', false, now);
      case 'master': return this.#reconfigureMaster(this.#state, before, priorityBefore, now);
      default: return assertNever(this.#state);
    }
  }

  /** Tells the peers at once. */
  #reconfigureMaster(
    state: MasterState, before: VirtualRouterParameters, priorityBefore: number, now: Instant,
  ): VirtualRouterOutput[] {
    const after = this.#parameters;
    this.#assign(reconfigureMaster(state, before, after, now));
    const tell = after.advertIntervalMs !== before.advertIntervalMs || this.effectivePriority !== priorityBefore
      || !advertisesSame(after.addresses, before.addresses);
    return [
      ...(tell ? [this.#send(this.effectivePriority)] : []),
      ...changeAddresses(heldAddresses(before), heldAddresses(after), after.announce.count),
    ];
  }

  #adjustPriority(adjustment: number): VirtualRouterOutput[] {
    const priorityBefore = this.effectivePriority;
    this.#adjustment = adjustment;
    if (this.effectivePriority === priorityBefore) return [];
    if (this.#state.kind === 'master') return [this.#send(this.effectivePriority)];
    if (this.#state.kind === 'backup') this.#assign(recompute(this.#state, this.#patience()));
    return [];
  }

  #changeAddress(primaryAddress: IpAddress | undefined, now: Instant): VirtualRouterOutput[] {
    const moved = primaryAddress !== this.#primaryAddress && primaryAddress !== undefined;
    this.#primaryAddress = primaryAddress;
    const outputs = this.#changeFault('no-primary-address', primaryAddress === undefined, now);
    if (outputs.length > 0 || !moved || this.#state.kind !== 'master') return outputs;
    return [this.#send(this.effectivePriority)];
  }

  #changeFault(reason: FaultReason, active: boolean, now: Instant): VirtualRouterOutput[] {
    if (active) this.#fitness.lose(reason);
    else this.#fitness.regain(reason);
    switch (this.#state.kind) {
      case 'initialize': return [];
      case 'backup':
      case 'master':
        return active ? this.#fault(reason) : [];
      case 'fault': {
        const reasons = this.#fitness.faults();
        if (reasons.length === 0) return this.#begin('fault-cleared', now);
        const retryAt = reasons.includes('address-install-failed') ? this.#state.retryAt : undefined;
        this.#assign({ kind: 'fault', reasons, retryAt });
        return [];
      }
      default: return assertNever(this.#state);
    }
  }

  #stepDownAfterStall(now: Instant): VirtualRouterOutput[] {
    if (this.#state.kind !== 'master') return [];
    const { advertIntervalMs } = this.#parameters;
    return this.#transition(enterBackup(this.#patience(), advertIntervalMs, now), 'woke-from-stall');
  }

  /** The addresses could not be installed. Nobody was told of this mastership, so it never was one: it is not
   *  counted, its epoch is taken back, and the change is told from the state before it. */
  #claimFailed(now: Instant): VirtualRouterOutput[] {
    if (this.#state.kind !== 'master') return [];
    this.statistics.claims_refused += 1;
    if (this.#state.unprovenSince !== undefined) {
      this.statistics.became_master -= 1;
      this.#epoch -= 1;
    }
    return this.#fault('address-install-failed', now + this.#fitness.refused(this.masterDownIntervalMs));
  }

  #settleClaim(): void {
    if (this.#state.kind !== 'master' || this.#state.unprovenSince === undefined) return;
    this.#fitness.proven();
    this.#assign({ ...this.#state, unprovenSince: undefined });
  }

  #promote(reason: TransitionReason, now: Instant): VirtualRouterOutput[] {
    return this.#transition(enterMaster(this.#parameters, this.#state.kind, now), reason);
  }

  #fault(reason: FaultReason, retryAt?: Instant): VirtualRouterOutput[] {
    return this.#transition({ kind: 'fault', reasons: this.#fitness.faults(), retryAt }, reason);
  }

  /** Leaves the present state and enters `next`. Others are told unless they believe it to be in that state already. */
  #transition(next: State, reason: TransitionReason): VirtualRouterOutput[] {
    const from = stateTold(this.#state);
    const outputs = this.#leave(reason);
    this.#assign(next);
    outputs.push(...this.#enter());
    if (from === next.kind) return outputs;
    const faults = next.kind === 'fault' ? next.reasons : [];
    const { epoch, effectivePriority: priority, master } = this;
    outputs.push({ kind: 'state-changed', change: { from, to: next.kind, reason, epoch, priority, master, faults } });
    return outputs;
  }

  #leave(reason: TransitionReason): VirtualRouterOutput[] {
    if (this.#state.kind !== 'master') return [];
    if (this.#state.unprovenSince === undefined) this.statistics.released_master += 1;
    const resignation = resigns(reason) ? [this.#send(RESIGN_PRIORITY)] : [];
    return [...resignation, { kind: 'release-addresses', addresses: heldAddresses(this.#parameters) }];
  }

  #enter(): VirtualRouterOutput[] {
    switch (this.#state.kind) {
      case 'initialize':
        this.#heard = undefined;
        this.#fitness.forgetRefusals();
        return [];
      case 'backup':
      case 'fault':
        return [];
      case 'master':
        this.#heard = undefined;
        this.#epoch += 1;
        this.statistics.became_master += 1;
        return [
          this.#send(this.effectivePriority),
          { kind: 'claim-addresses', addresses: heldAddresses(this.#parameters) },
          ...this.#announce(this.#parameters.announce.count),
        ];
      default: return assertNever(this.#state);
    }
  }

  /** The only place where the state is assigned. */
  #assign(state: State): void {
    this.#state = state;
  }

  #send(priority: number): VirtualRouterOutput {
    this.statistics.adverts_sent += 1;
    if (priority === RESIGN_PRIORITY) this.statistics.priority_zero_sent += 1;
    return { kind: 'send-advertisement', priority };
  }

  #announce(count: number): VirtualRouterOutput[] {
    return count === 0 ? [] : [{ kind: 'announce-addresses', addresses: heldAddresses(this.#parameters), count }];
  }

  #remember(priority: number, address: IpAddress): void {
    if (priority !== RESIGN_PRIORITY) this.#heard = { address, priority };
    else if (this.#heard?.address === address) this.#heard = undefined;
  }

  /** An owner always preempts, and at once [RFC9568-6.1-3]. */
  #backupPolicy(): BackupPolicy {
    const { preemptMode, preemptDelayMs } = this.#parameters;
    return this.#ownsAddresses()
      ? { ...this.#patience(), preempts: true, preemptDelayMs: 0 }
      : { ...this.#patience(), preempts: preemptMode, preemptDelayMs };
  }

  #patience(): Patience {
    return { version: this.#parameters.version, priority: this.effectivePriority };
  }

  #ownsAddresses(): boolean {
    return this.#parameters.priority === OWNER_PRIORITY;
  }

  #masterAdvertIntervalMs(): number {
    return this.#state.kind === 'backup' ? this.#state.masterAdvertIntervalMs : this.#parameters.advertIntervalMs;
  }
}

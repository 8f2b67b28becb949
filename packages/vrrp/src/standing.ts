// Where one router stands, and what it costs to go from one state to another: leaving and entering have their own
// outputs, which belong to a state, never to a pair of states. Which input leads where is decided in virtual-router.ts.

import { assertNever, type Instant, type IpAddress } from '@baton/base';
import { enterBackup, type BackupPolicy, type BackupState, type Patience, type PromotionReason } from './backup.js';
import { effectivePriority, HELD_PRIORITY } from './effective-priority.js';
import type { Contender } from './election.js';
import { Fitness } from './fitness.js';
import type { VirtualRouterOutput } from './outputs.js';
import { heldAddresses, OWNER_PRIORITY, RESIGN_PRIORITY, type VirtualRouterParameters } from './parameters.js';
import { resigns, type TransitionReason } from './reasons.js';
import { stateTold, type State } from './state.js';
import { createStatistics } from './statistics.js';
import { masterDownIntervalMs, skewTimeMs } from './timers.js';

/** One router's state with everything that outlasts it. */
export class Standing {
  readonly statistics = createStatistics();
  readonly fitness = new Fitness();
  parameters: VirtualRouterParameters;
  /** The sum of the trackers' weights, and what counts instead of it in a sync group. */
  adjustment = 0;
  groupAdjustment: number | undefined;
  primaryAddress: IpAddress | undefined;
  /** Whether it has to let go (handover.ts). */
  held = false;
  #state: State = { kind: 'initialize', startAt: undefined };
  #epoch: number;
  #left: State | undefined;
  /** The router that was last heard advertising itself, while this one is not master. */
  #heard: Contender | undefined;

  constructor(parameters: VirtualRouterParameters, epochFloor: number) {
    this.parameters = parameters;
    this.#epoch = epochFloor;
  }

  get state(): State {
    return this.#state;
  }

  /** 1–255: configured plus the adjustment; the lowest one while held. */
  get effectivePriority(): number {
    return this.held ? HELD_PRIORITY : this.#unheldPriority;
  }

  /** The number of the present or last mastership. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The master as far as it is known: this router while it is master, otherwise the one heard last. */
  get master(): Contender | undefined {
    if (this.#state.kind !== 'master' || this.primaryAddress === undefined) return this.#heard;
    return { address: this.primaryAddress, priority: this.effectivePriority };
  }

  /** The state before the present one that others were told of, as it was when it was left. */
  get left(): State | undefined {
    return this.#left;
  }

  /** Priority 255: the virtual addresses are the host's own (RFC 9568 §5.2.4). */
  get ownsAddresses(): boolean {
    return this.parameters.priority === OWNER_PRIORITY;
  }

  /** A held one as well: when its master falls silent it competes with all that it has [BATON-handover-3]. */
  get patience(): Patience {
    return { version: this.parameters.version, priority: this.#unheldPriority };
  }

  /** An owner always preempts, and at once [RFC9568-6.1-3]; a held router never [BATON-handover-3]. */
  get backupPolicy(): BackupPolicy {
    const { preemptMode, preemptDelayMs } = this.parameters;
    return this.ownsAddresses
      ? { ...this.patience, preempts: true, preemptDelayMs: 0 }
      : { ...this.patience, preempts: preemptMode && !this.held, preemptDelayMs };
  }

  /** Master_Down_Interval with the interval learned so far, ms, fractional (RFC 9568 §6.1). */
  get masterDownIntervalMs(): number {
    const { version, priority } = this.patience;
    return masterDownIntervalMs(version, priority, this.#masterAdvertIntervalMs);
  }

  /** Skew_Time with the interval learned so far, ms, fractional (RFC 9568 §6.1). */
  get skewTimeMs(): number {
    const { version, priority } = this.patience;
    return skewTimeMs(version, priority, this.#masterAdvertIntervalMs);
  }

  /** Patient for a whole Master_Down_Interval by our own interval. */
  freshBackup(now: Instant): BackupState {
    return enterBackup(this.patience, this.parameters.advertIntervalMs, now);
  }

  /** The only place where the state is assigned. */
  assign(state: State): void {
    this.#state = state;
  }

  /** Another router has advertised itself, or that it leaves. */
  remember(priority: number, address: IpAddress): void {
    if (priority !== RESIGN_PRIORITY) this.#heard = { address, priority };
    else if (this.#heard?.address === address) this.#heard = undefined;
  }

  /** Leaves the present state and enters `next`. Others are told unless they believe it to be in that state already. */
  transition(next: State, reason: TransitionReason): VirtualRouterOutput[] {
    const from = stateTold(this.#state);
    if (from === this.#state.kind) this.#left = this.#state;
    const outputs = this.#leave(reason);
    this.assign(next);
    outputs.push(...this.#enter());
    if (from === next.kind) return outputs;
    const faults = next.kind === 'fault' ? next.reasons : [];
    const { epoch, effectivePriority: priority, master } = this;
    outputs.push({ kind: 'state-changed', change: { from, to: next.kind, reason, epoch, priority, master, faults } });
    return outputs;
  }

  /** The addresses of a master were installed: everybody may know. */
  settleClaim(): void {
    if (this.#state.kind !== 'master' || this.#state.unprovenSince === undefined) return;
    this.fitness.proven();
    this.assign({ ...this.#state, unprovenSince: undefined });
  }

  /** A mastership that nobody was told of never was one: it is not counted, and its epoch is taken back. */
  takeBackClaim(): void {
    if (this.#state.kind !== 'master' || this.#state.unprovenSince === undefined) return;
    this.statistics.became_master -= 1;
    this.statistics.adverts_sent -= 1; // its only advert comes after the claim
    this.#epoch -= 1;
  }

  advertise(): VirtualRouterOutput {
    this.statistics.adverts_sent += 1;
    return { kind: 'send-advertisement', priority: this.effectivePriority };
  }

  /** @param count frames for each address, 0 = nothing is announced */
  announce(count: number): VirtualRouterOutput[] {
    return count === 0 ? [] : [{ kind: 'announce-addresses', addresses: heldAddresses(this.parameters), count }];
  }

  get #masterAdvertIntervalMs(): number {
    return this.#state.kind === 'backup' ? this.#state.masterAdvertIntervalMs : this.parameters.advertIntervalMs;
  }

  get #unheldPriority(): number {
    return effectivePriority(this.parameters.priority, this.groupAdjustment ?? this.adjustment);
  }

  #leave(reason: TransitionReason): VirtualRouterOutput[] {
    if (this.#state.kind !== 'master') return [];
    if (this.#state.unprovenSince === undefined) this.statistics.released_master += 1;
    const isKnown = this.#state.unprovenSince === undefined;
    const resignation = isKnown && resigns(reason) ? [this.#resign()] : [];
    return [...resignation, { kind: 'release-addresses', addresses: heldAddresses(this.parameters) }];
  }

  #resign(): VirtualRouterOutput {
    this.statistics.adverts_sent += 1;
    this.statistics.priority_zero_sent += 1;
    return { kind: 'send-advertisement', priority: RESIGN_PRIORITY };
  }

  #enter(): VirtualRouterOutput[] {
    switch (this.#state.kind) {
      case 'initialize':
        this.#heard = undefined;
        this.held = false;
        this.fitness.forgetRefusals();
        return [];
      case 'backup':
      case 'fault':
        return [];
      case 'master': return this.#enterMaster(this.#state.reason);
      default: return assertNever(this.#state);
    }
  }

  /** The address comes before the advert: nobody is told of what the kernel may refuse, and a healthy master is not
   *  overruled for it. In a hand-over it is announced first, too: the master before holds it until it hears the advert
   *  [BATON-handover-2]. */
  #enterMaster(reason: PromotionReason): VirtualRouterOutput[] {
    this.#heard = undefined;
    this.held = false;
    this.#epoch += 1;
    this.statistics.became_master += 1;
    const advert = this.advertise();
    const announcement = this.announce(this.parameters.announce.count);
    return [
      { kind: 'claim-addresses', addresses: heldAddresses(this.parameters) },
      ...(reason === 'handover' ? [...announcement, advert] : [advert, ...announcement]),
    ];
  }
}

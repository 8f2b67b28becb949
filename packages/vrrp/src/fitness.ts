// What keeps a router out of the election, and how patient it is after its addresses were refused. Knows no state:
// what a fault does to a router is decided in virtual-router.ts.

import { FAULT_REASONS, type FaultReason } from './reasons.js';
import { claimRetryMs } from './timers.js';

/** Whether one router is fit to be master. A fresh one has no primary address, until it is told of one. */
export class Fitness {
  readonly #faults = new Set<FaultReason>(['no-primary-address']);
  /** Claims refused in a row. */
  #refusals = 0;

  /** Every reason against it, the one that explains most first; empty when it is fit. */
  faults(): FaultReason[] {
    return FAULT_REASONS.filter((reason) => this.#faults.has(reason));
  }

  lose(reason: FaultReason): void {
    this.#faults.add(reason);
  }

  regain(reason: FaultReason): void {
    this.#faults.delete(reason);
  }

  /** Its addresses were refused once more.
   *  @returns how long to wait before they are tried again, ms */
  refused(masterDownIntervalMs: number): number {
    this.#refusals += 1;
    this.#faults.add('address-install-failed');
    return claimRetryMs(this.#refusals, masterDownIntervalMs);
  }

  /** Its addresses were installed: the next refusal is a first one. */
  proven(): void {
    this.#refusals = 0;
  }

  /** It left the election by itself: refusals of before do not count any more. */
  forgetRefusals(): void {
    this.#refusals = 0;
    this.#faults.delete('address-install-failed');
  }
}

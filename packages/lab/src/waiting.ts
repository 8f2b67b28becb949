// How the lab tells time and waits: for a condition with a deadline, never for a guess of how long something takes.

import { setTimeout as delay } from 'node:timers/promises';
import { BatonError, type Instant } from '@baton/base';

import type { LabErrorCode } from './errors.js';

/** How often a condition is looked at again, ms. */
const POLL_MS = 5;

/** Now, in milliseconds of CLOCK_MONOTONIC: comparable between all processes of one machine. */
export function monotonicMs(): Instant {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Waits until `probe` gives something other than undefined or false, and returns it.
 *  @param what completes the sentence "waited … for", shown on failure
 *  @throws {BatonError<LabErrorCode>} ERR_LAB_DEADLINE when the deadline passes first */
export async function waitFor<Value>(
  what: string, deadlineMs: number, probe: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> {
  const end = monotonicMs() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (monotonicMs() > end) {
      throw new BatonError<LabErrorCode>('ERR_LAB_DEADLINE', `waited ${String(deadlineMs)} ms for ${what}`);
    }
    await delay(POLL_MS);
  }
}

/** Lets time pass that is part of the experiment, such as a random phase; never a substitute for a condition. */
export async function letPass(durationMs: number): Promise<void> {
  await delay(durationMs);
}

// What must hold in every run, one name for each rule, and what a broken one is reported as.

import type { Instant } from '@baton/base';

/** Every rule, in the order of the documentation. */
export const RULES = [
  /** Two routers that hear each other without loss stay masters longer than one advertisement takes to settle it. */
  'two-masters',
  /** Routers that can hear each other, one of them fit, and nobody is master although nothing happened for long. */
  'nobody-answers',
  /** A master of lower priority is still there long after a fit router that preempts has heard it. */
  'wrong-master',
  /** Of the sessions that move together, some are master and some are not. */
  'bond-torn',
  /** A virtual address lies in the kernel of a router that is not master, or is missing from that of the master. */
  'addresses-not-as-state',
  /** A node that does not run answers for an address of a running master longer than its lease. */
  'lease-outlived',
  /** The kernel took an address off a running master because nobody renewed it. */
  'lease-lapsed',
  /** An advertisement from a router that is not master, or a resignation by one that was not or still is. */
  'advert-from-non-master',
  /** A router that slept longer than its peers are patient goes on as master. */
  'master-after-long-sleep',
  /** A router took over although an advertisement that it has to respect lay in its socket less than
   *  Master_Down_Interval ago, or less than Skew_Time after a resignation. */
  'takeover-too-early',
  /** A backup heard nobody for longer than Master_Down_Interval, or Skew_Time after a resignation, and waits on. */
  'takeover-too-late',
  /** The agent was told of another state than the one that the router is in. */
  'state-not-told',
  /** An epoch did not grow from one mastership of a node to the next, over all its lives. */
  'epoch-not-grown',
  /** The timer was set to an instant that is over, by a call that had nothing overdue. */
  'timer-in-the-past',
  /** An advertisement that does not carry the primary address, the effective priority or the configured interval. */
  'wrong-advert',
  /** A router threw away what another one had sent. */
  'advert-discarded',
  /** A router stays in fault although nothing is wrong any more. */
  'fault-without-cause',
  /** The engine broke an invariant of its own. */
  'engine-threw',
] as const;

/** The name of a rule. */
export type Rule = (typeof RULES)[number];

/** A broken rule: the run ends with the first one. */
export interface Violation {
  readonly rule: Rule;
  /** True time, ms. */
  readonly atMs: Instant;
  /** One sentence with the values that contradict each other. */
  readonly detail: string;
}

/** Reports a broken rule. */
export type Report = (rule: Rule, detail: string) => void;

/** What the rules allow for rounding, ms. */
export const ROUNDING_MS = 1e-6;

/** Skew_Time, worked out here once more so that a mistake in the router's own arithmetic is seen (RFC 9568 §6.1; for
 *  version 2 RFC 3768 §6.1). */
export function expectedSkewMs(version: number, priority: number, intervalMs: number): number {
  const baseMs = version === 2 ? 1000 : intervalMs;
  return baseMs - (priority * baseMs) / 256;
}

/** Master_Down_Interval, likewise. */
export function expectedPatienceMs(version: number, priority: number, intervalMs: number): number {
  return 3 * intervalMs + expectedSkewMs(version, priority, intervalMs);
}

/** What a rule needs of an advertisement, read from its bytes (RFC 9568 §5.2, RFC 3768 §5.1). */
export interface ReadAdvert {
  readonly priority: number;
  readonly intervalMs: number;
}

/** Reads the bytes of an advertisement. */
export function readAdvert(payload: Uint8Array): ReadAdvert {
  const [first = 0, , priority = 0, , upper = 0, lower = 0] = payload;
  const intervalMs = first >> 4 === 2 ? 1000 * lower : 10 * (((upper & 0x0f) << 8) | lower);
  return { priority, intervalMs };
}

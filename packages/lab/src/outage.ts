// Turns what a prober sent, heard and missed into what a client would say: how long the address was silent, and who
// answered when. Pure. Where only the prober did not run, nothing is proven: that is nobody's outage and taken out.

import type { Instant } from '@baton/base';

/** One answer, in the order of arrival. */
export interface Answer {
  readonly at: Instant;
  /** Name of the node that answered. */
  readonly node: string;
}

/** A time in which the prober did not run, so that it could neither send nor hear. */
export interface Stall {
  readonly from: Instant;
  readonly to: Instant;
}

/** What the prober wrote down. */
export interface ProbeRecord {
  readonly answers: readonly Answer[];
  readonly stalls: readonly Stall[];
  /** Instants at which datagrams left, ascending. */
  readonly sentAt: readonly Instant[];
  /** Instants at which the datagrams left that were never answered, ascending. */
  readonly lostAt: readonly Instant[];
}

/** From one moment on, this node answered. */
export interface OwnerChange {
  readonly at: Instant;
  readonly node: string;
}

/** What a client saw in a window of time. */
export interface ProbeReport {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** The longest time without an answer, less the time at its edges in which the prober did not run, ms. */
  readonly outageMs: number;
  /** When that silence began: the last answer before it. */
  readonly outageFrom: Instant;
  /** The same silence with the prober's own pauses left in, ms. */
  readonly rawOutageMs: number;
  /** The longest time in which the prober itself did not run, ms. */
  readonly longestStallMs: number;
  /** Each change of who answers, beginning with the first answer of the window. */
  readonly owners: readonly OwnerChange[];
}

/** Reads a record from `from` to `to`; a silence that reaches either edge counts up to that edge. */
export function summarizeProbe(record: ProbeRecord, from: Instant, to: Instant): ProbeReport {
  const within = (at: Instant): boolean => at >= from && at <= to;
  const answers = record.answers.filter((answer) => within(answer.at));
  const stalls = record.stalls.filter((stall) => stall.to > from && stall.from < to);
  const outage = longestSilence([from, ...answers.map((answer) => answer.at), to], record);
  return {
    sent: record.sentAt.filter(within).length,
    answered: answers.length,
    lost: record.lostAt.filter(within).length,
    ...outage,
    longestStallMs: Math.max(0, ...stalls.map((stall) => stall.to - stall.from)),
    owners: ownerChanges(answers),
  };
}

/** Who answered, reduced to the changes. */
export function ownerChanges(answers: readonly Answer[]): readonly OwnerChange[] {
  return answers.filter((answer, index) => answer.node !== answers[index - 1]?.node);
}

function longestSilence(
  instants: readonly Instant[], record: ProbeRecord,
): Pick<ProbeReport, 'outageMs' | 'outageFrom' | 'rawOutageMs'> {
  let longest = { outageMs: 0, outageFrom: instants[0] ?? 0, rawOutageMs: 0 };
  for (const [index, end] of instants.entries()) {
    const begin = instants[index - 1];
    if (begin === undefined || end - begin <= longest.outageMs) continue;
    const outageMs = end - begin - unobservedMs(begin, end, record);
    if (outageMs > longest.outageMs) longest = { outageMs, outageFrom: begin, rawOutageMs: end - begin };
  }
  return longest;
}

/** The part of a silence of which the prober knows nothing. Between two datagrams that were lost the silence is proven,
 *  whether the prober ran all the time or not; before the first and after the last of them its stalls excuse it. */
function unobservedMs(begin: Instant, end: Instant, record: ProbeRecord): number {
  const lost = record.lostAt.filter((at) => at >= begin && at <= end);
  const firstLost = lost[0] ?? end;
  const lastLost = lost.at(-1) ?? end;
  return record.stalls.reduce((sum, stall) =>
    sum + overlapMs(stall, begin, firstLost) + overlapMs(stall, lastLost, end), 0);
}

function overlapMs(stall: Stall, from: Instant, to: Instant): number {
  return Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from));
}

// Runs seeds: each one is a scenario made by chance, played and judged. Says what it came to; prints nothing.

import { generateScenario } from './generate.js';
import type { Violation } from './rule.js';
import type { Scenario } from './scenario.js';
import { runScenario, type RunOptions, type RunResult } from './simulation.js';

/** One seed, played. */
export interface SeedResult {
  readonly scenario: Scenario;
  readonly run: RunResult;
}

/** Which seeds to play: `count` of them, `stride` apart. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  /** Things that go wrong in each. */
  readonly troubles: number;
}

/** What many seeds came to, added up. */
export interface SeedSummary {
  readonly seeds: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly settledChecks: number;
  /** The digests of all traces, added bit by bit without carry: the order of the seeds does not matter. */
  readonly digest: string;
  /** The first seed that broke a rule; nothing was run after it. */
  readonly failure: { readonly seed: number; readonly violation: Violation } | undefined;
}

/** Plays one seed.
 *  @param troubles things that go wrong in it */
export function runSeed(seed: number, troubles: number, options: RunOptions = {}): SeedResult {
  const scenario = generateScenario(seed, troubles);
  return { scenario, run: runScenario(scenario, options) };
}

/** Plays a range of seeds and stops at the first violation. */
export function runSeeds(range: SeedRange, options: RunOptions = {}): SeedSummary {
  let summary = NO_SEEDS;
  for (let index = 0; index < range.count && summary.failure === undefined; index += 1) {
    const seed = range.first + index * range.stride;
    const { scenario, run } = runSeed(seed, range.troubles, options);
    summary = addSummaries(summary, {
      seeds: 1,
      simulatedMs: scenario.endMs,
      events: run.events,
      settledChecks: run.settledChecks,
      digest: run.trace.digest(),
      failure: run.violation === undefined ? undefined : { seed, violation: run.violation },
    });
  }
  return summary;
}

/** What no seeds come to. */
export const NO_SEEDS: SeedSummary = {
  seeds: 0, simulatedMs: 0, events: 0, settledChecks: 0, digest: '0'.repeat(64), failure: undefined,
};

/** Adds up what two sets of seeds came to. */
export function addSummaries(a: SeedSummary, b: SeedSummary): SeedSummary {
  return {
    seeds: a.seeds + b.seeds,
    simulatedMs: a.simulatedMs + b.simulatedMs,
    events: a.events + b.events,
    settledChecks: a.settledChecks + b.settledChecks,
    digest: (BigInt(`0x${a.digest}`) ^ BigInt(`0x${b.digest}`)).toString(16).padStart(64, '0'),
    failure: a.failure ?? b.failure,
  };
}

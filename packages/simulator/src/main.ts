// The program `pnpm sim`: plays seeds and scenario files and says what they came to.
//
//   pnpm sim --seed 42 [--steps 25] [--trace] [--shrink]    one seed; the digest is the same at every run
//   pnpm sim --seeds 10000 [--from 1] [--steps 25]          a range, on every core, up to the first violation
//   pnpm sim FILE … [--rewrite]                             scenario files; --rewrite takes what happens as expected
//
// Exit codes: 0 every rule held, 1 a rule was broken or a trace differs, 2 usage.

import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runFleet } from './fuzz-fleet.js';
import { runSeed, type SeedResult } from './fuzz.js';
import { DEFAULT_TROUBLES } from './generate.js';
import type { Violation } from './rule.js';
import { checkScenario } from './scenario-check.js';
import { formatScenario } from './scenario-text.js';
import { shrink } from './shrink.js';

/** Trace lines that are shown before a violation. */
const LINES_BEFORE_VIOLATION = 40;
const HOUR_MS = 3_600_000;
const USAGE = `usage: pnpm sim --seed N [--trace] | --seeds N [--from N] | FILE … [--rewrite]
       with seeds: [--steps N] [--shrink]`;

const WORDS = {
  seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string', default: '1' },
  steps: { type: 'string', default: String(DEFAULT_TROUBLES) },
  trace: { type: 'boolean', default: false }, shrink: { type: 'boolean', default: false },
  rewrite: { type: 'boolean', default: false },
} as const;

type Parsed = ReturnType<typeof parseArgs<{ options: typeof WORDS; allowPositionals: true }>>;

interface Options {
  readonly from: number;
  readonly troubles: number;
  readonly showsTrace: boolean;
  readonly shrinks: boolean;
  readonly rewrites: boolean;
}

interface Settings extends Options {
  readonly seed: number | undefined;
  readonly seeds: number | undefined;
  readonly files: readonly string[];
}

const settings = readSettings(process.argv.slice(2));
process.exitCode = settings === undefined ? usage() : await run(settings);

async function run({ seed, seeds, files, ...rest }: Settings): Promise<number> {
  if (seed !== undefined) return playSeed(seed, rest);
  if (seeds !== undefined) return playSeeds(seeds, rest);
  const failed = files.filter((file) => !playFile(file, rest.rewrites));
  return failed.length === 0 ? 0 : 1;
}

function playSeed(seed: number, { troubles, showsTrace, shrinks }: Options): number {
  const result = runSeed(seed, troubles);
  const { scenario, run: played } = result;
  if (showsTrace) say(formatScenario(scenario), ...played.trace.lines.map(({ text }) => text));
  say(
    `seed ${String(seed)}, ${String(troubles)} steps: ${String(played.events)} events in `
    + `${(scenario.endMs / 1000).toFixed(1)} simulated seconds`,
    `digest ${played.trace.digest()}`,
  );
  return played.violation === undefined ? 0 : reportViolation(seed, troubles, result, played.violation, shrinks);
}

async function playSeeds(count: number, { from, troubles, shrinks }: Options): Promise<number> {
  const startedAt = performance.now();
  const sum = await runFleet({ first: from, count, troubles }, availableParallelism());
  const seconds = (performance.now() - startedAt) / 1000;
  const hours = (sum.simulatedMs / HOUR_MS).toFixed(1);
  say(
    `${String(sum.seeds)} seeds, ${String(sum.events)} events, ${hours} simulated hours, `
    + `judged settled ${String(sum.settledChecks)} times, in ${seconds.toFixed(1)} s`,
    `digest ${sum.digest}`,
  );
  if (sum.failure === undefined) return 0;
  const { seed, violation } = sum.failure;
  return reportViolation(seed, troubles, runSeed(seed, troubles), violation, shrinks);
}

function reportViolation(
  seed: number, troubles: number, { scenario, run: played }: SeedResult, violation: Violation, shrinks: boolean,
): number {
  say('', ...played.trace.lines.slice(-LINES_BEFORE_VIOLATION).map(({ text }) => text));
  say('', `seed ${String(seed)} breaks ${violation.rule} at ${violation.atMs.toFixed(3)} ms: ${violation.detail}`);
  if (shrinks) say('', formatScenario(shrink(scenario, violation.rule)));
  else say(`again, and smaller: pnpm sim --seed ${String(seed)} --steps ${String(troubles)} --shrink`);
  return 1;
}

/** @returns whether the file expects what happens */
function playFile(file: string, rewrites: boolean): boolean {
  const { proves, run: played, trace, expectedTrace, rewritten } = checkScenario(readFileSync(file, 'utf8'));
  const isExpected = trace.join('\n') === expectedTrace.join('\n');
  if (rewrites && !isExpected) writeFileSync(file, rewritten);
  const verdict = isExpected ? 'ok' : rewrites ? 'rewritten' : 'differs';
  say(`${verdict} ${file}: ${proves}`);
  if (verdict === 'differs') say(...trace);
  if (played.violation !== undefined) say(`breaks ${played.violation.rule}: ${played.violation.detail}`);
  return verdict !== 'differs' && played.violation === undefined;
}

/** @returns undefined when the words make no sense */
function readSettings(args: string[]): Settings | undefined {
  const parsed = parse(args);
  if (parsed === undefined) return undefined;
  const { values, positionals } = parsed;
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  const seeds = values.seeds === undefined ? undefined : Number(values.seeds);
  const from = Number(values.from);
  const troubles = Number(values.steps);
  const numbers = [seed ?? 0, seeds ?? 0, from, troubles];
  if (!numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) return undefined;
  if (seed === undefined && seeds === undefined && positionals.length === 0) return undefined;
  const { trace: showsTrace, shrink: shrinks, rewrite: rewrites } = values;
  return { seed, seeds, from, troubles, showsTrace, shrinks, rewrites, files: positionals };
}

function parse(args: string[]): Parsed | undefined {
  try {
    return parseArgs({ args, allowPositionals: true, options: WORDS });
  } catch (error) {
    if (error instanceof TypeError) return undefined; // an option that there is not, or one without its value
    throw error;
  }
}

function usage(): number {
  process.stderr.write(`${USAGE}\n`);
  return 2;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

// Compares what a scenario file expects with what happens, and writes a file anew. Reads and writes text, not files.

import { parseScenario } from './scenario-text.js';
import { runScenario, type RunOptions, type RunResult } from './simulation.js';

/** A scenario file, played. */
export interface CheckedScenario {
  readonly proves: string;
  readonly run: RunResult;
  readonly expectedTrace: readonly string[];
  /** The trace as the file would show it. */
  readonly trace: readonly string[];
  /** The file with this trace. */
  readonly rewritten: string;
}

/** What may be changed about it. */
export interface CheckOptions extends RunOptions {
  /** Instead of the one in the file. */
  readonly seed?: number;
}

/** Plays the text of a scenario file.
 *  @throws {ScenarioError} when the text cannot be read */
export function checkScenario(text: string, { seed, ...options }: CheckOptions = {}): CheckedScenario {
  const { scenario, showsAdverts, expectedTrace } = parseScenario(text);
  const run = runScenario(seed === undefined ? scenario : { ...scenario, seed }, options);
  const shown = run.trace.lines.filter(({ isRoutine }) => showsAdverts || !isRoutine);
  const lines = shown.map((line) => line.text);
  const { violation } = run;
  const trace = violation === undefined ? lines : [...lines, `violation ${violation.rule}: ${violation.detail}`];
  const head = text.slice(0, endOfHead(text)).trimEnd();
  return { proves: scenario.proves, run, expectedTrace, trace, rewritten: `${head}\ntrace\n${trace.join('\n')}\n` };
}

function endOfHead(text: string): number {
  const index = text.indexOf('\ntrace\n');
  return index < 0 ? text.length : index;
}

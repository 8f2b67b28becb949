// How an explanation looks on a terminal. Pure: plain data in, lines out.

import { spellMs, type Explanation } from './explanation.js';

/** Lines without newlines: what happened, what it rests on, how long each step took, and what would come next. */
export function formatExplanation(explanation: Explanation): readonly string[] {
  const { router, time, from, to, reason, cause, evidence, steps, hooks, next } = explanation;
  const stepWidth = Math.max(0, ...steps.map(({ step }) => step.length));
  return [
    `${router}: ${from} > ${to} at ${time}, ${reason}`,
    `  because ${cause}`,
    ...section('evidence', evidence),
    ...section('steps', steps.map(({ step, ms }) => `${step.padEnd(stepWidth)}  ${spellMs(ms)}`)),
    ...section('hooks', hooks.map(({ run, outcome, ms }) =>
      `${run}  ${outcome}${ms === null ? '' : `, ${spellMs(ms)}`}`)),
    ...section('next', next),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}

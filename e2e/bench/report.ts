// Turns rows of samples into what is published: a table to read, verdicts, and JSON. Pure.

import { summarize, type Summary } from '@baton/lab';

import type { Row } from './measures.js';

/** How much slower than keepalived's median is still called no worse, ms. */
export const TOLERANCE_MS = 5;

/** A row with its statistics and its verdict. */
export interface JudgedRow extends Row {
  readonly summary: Summary;
  /** Median divided by keepalived's median of the same measure; undefined where there is none. */
  readonly ratio: number | undefined;
  readonly verdict: 'ok' | 'missed' | '';
  /** What the verdict is about. */
  readonly criterion: string;
}

/** Judges every row: against keepalived in the same run, against a limit of our own, or not at all. */
export function judge(rows: readonly Row[]): readonly JudgedRow[] {
  return rows.map((row) => {
    const summary = summarize(row.samples);
    const yardstick = rows.find((other) => other.measure === row.measure && other.contender.startsWith('keepalived'));
    const theirs = yardstick === undefined || yardstick === row ? undefined : summarize(yardstick.samples).median;
    const ratio = theirs === undefined ? undefined : summary.median / theirs;
    return { ...row, summary, ratio, ...verdictOf(row, summary, theirs) };
  });
}

/** The table. */
export function renderTable(rows: readonly JudgedRow[]): string {
  const head = ['measure', 'contender', 'n', 'median', 'p95', 'p99', 'max', 'unit', '/ keepalived', 'verdict'];
  const body = rows.map((row) => [
    row.measure, row.contender, String(row.summary.n),
    ...[row.summary.median, row.summary.p95, row.summary.p99, row.summary.max].map(number), row.unit,
    row.ratio?.toFixed(2) ?? '', row.verdict === '' ? '' : `${row.verdict}: ${row.criterion}`,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]?.length ?? 0)));
  const isText = (column: number): boolean => column < 2 || column === 7 || column === 9;
  const pad = (cell: string, column: number): string =>
    isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return [head, ...body].map((cells) => cells.map(pad).join('  ').trimEnd()).join('\n');
}

function verdictOf(row: Row, summary: Summary, theirs: number | undefined): Pick<JudgedRow, 'verdict' | 'criterion'> {
  if (row.limit !== undefined) {
    const met = summary[row.limit.statistic] <= row.limit.value;
    const criterion = `${row.limit.statistic} at most ${String(row.limit.value)} ${row.unit}`;
    return { verdict: met ? 'ok' : 'missed', criterion };
  }
  if (row.againstKeepalived !== true || theirs === undefined) return { verdict: '', criterion: '' };
  const met = summary.median <= theirs + TOLERANCE_MS;
  return { verdict: met ? 'ok' : 'missed', criterion: `median at most keepalived's + ${String(TOLERANCE_MS)} ms` };
}

function number(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

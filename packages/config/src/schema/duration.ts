// Durations as the file spells them: a number and its unit, `10ms 1.5s 5m 1h 7d`. Inside the program they are
// milliseconds.

import { shorten } from '../findings.js';
import { describeNode, refuse, refuseType } from './value-type.js';
import type { ValueType } from './value-type.js';

/** Limits of a duration, in the spelling of the file. */
export interface DurationRange {
  readonly min: string;
  readonly max: string;
  /** Granularity, ms; any fraction when absent. */
  readonly stepMs?: number;
  /** `0s` is allowed below `min` and means this: `never`. */
  readonly zero?: string;
  /** Further limits that depend on other keys, for people. */
  readonly note?: string;
}

const DURATION = /^(\d{1,9})(?:\.(\d{1,6}))?(ms|s|m|h|d)$/;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `10ms`, `1.5s`, `5m`, `1h`, `7d`.
 *  @returns milliseconds, exact to a nanosecond, or undefined when the text is no duration */
export function parseDuration(spelled: string): number | undefined {
  const match = DURATION.exec(spelled);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', unit = ''] = match;
  const ms = Number(`${whole}.${fraction}`) * (UNITS_MS[unit] ?? Number.NaN);
  return Math.round(ms * 1e6) / 1e6;
}

/** As the file would spell it: whole seconds as such, everything else in milliseconds. */
export function spellDuration(ms: number): string {
  return ms % 1000 === 0 ? `${String(ms / 1000)}s` : `${String(ms)}ms`;
}

/** A duration with its unit; read as milliseconds. */
export function duration(range: DurationRange): ValueType<number> {
  const minMs = parseDuration(range.min) ?? Number.NaN;
  const maxMs = parseDuration(range.max) ?? Number.NaN;
  const step = range.stepMs === undefined ? '' : ` in steps of ${String(range.stepMs)}ms`;
  const zero = range.zero === undefined ? '' : ` or 0s (${range.zero})`;
  const note = range.note === undefined ? '' : ` (${range.note})`;
  const short = `${range.min}..${range.max}${step}${zero}${note}`;
  const allowed = `a duration ${short}`;
  return {
    allowed, short, perNode: true, jsonSchema: { type: 'string', pattern: DURATION.source },
    read(node, key, reading) {
      if (node.kind !== 'scalar') return refuseType(node, key, reading, allowed);
      const ms = typeof node.value === 'string' ? parseDuration(node.value) : undefined;
      if (ms === undefined) {
        const hint = typeof node.value === 'number' ? `; add the unit: ${shorten(node.text)}s` : '';
        return refuse(node, key, reading, 'wrong-type', `must be ${allowed}, not ${describeNode(node)}${hint}`);
      }
      const fits = (ms >= minMs && ms <= maxMs) || (ms === 0 && range.zero !== undefined);
      const onStep = range.stepMs === undefined || ms % range.stepMs === 0;
      if (fits && onStep) return ms;
      return refuse(node, key, reading, 'out-of-range', `must be ${allowed}, not ${node.text}`);
    },
  };
}

// The plain kinds of value: whole numbers, truth values, words of a closed set, text and durations. Each reads one scalar.

import { quote } from '../findings.js';
import { nearestWord } from '../nearest.js';
import { describeNode, placeOf, reportWrongType } from './value-type.js';
import type { ValueType } from './value-type.js';

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number): ValueType<number> {
  const range = `${String(min)}..${String(max)}`;
  const allowed = `an integer ${range}`;
  return {
    allowed, short: range, takesMap: false, jsonSchema: { type: 'integer', minimum: min, maximum: max },
    read(node, key, reading) {
      if (node.kind !== 'scalar' || typeof node.value !== 'number' || !Number.isInteger(node.value)) {
        return reportWrongType(node, key, allowed, reading);
      }
      if (node.value >= min && node.value <= max) return node.value;
      reading.findings.error('out-of-range', placeOf(node.at, key), `must be ${allowed}, not ${quote(node.text).slice(1, -1)}`);
      return undefined;
    },
  };
}

/** `true` or `false`. */
export const truth: ValueType<boolean> = {
  allowed: 'true or false', short: 'true, false', takesMap: false, jsonSchema: { type: 'boolean' },
  read(node, key, reading) {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    return reportWrongType(node, key, 'true or false', reading);
  },
};

/** One word of a closed set. `later` are words that a coming version understands: they are refused by saying so. */
export function choice<const T extends string>(words: readonly T[], later: readonly string[] = []): ValueType<T> {
  const allowed = words.length === 1 ? words.join('') : `one of ${words.join(', ')}`;
  return {
    allowed, short: words.join(', '), takesMap: false, jsonSchema: { enum: words },
    read(node, key, reading) {
      if (node.kind !== 'scalar') return reportWrongType(node, key, allowed, reading);
      const found = words.find((word) => word === node.value);
      if (found !== undefined) return found;
      const at = placeOf(node.at, key);
      if (later.includes(node.text)) {
        reading.findings.error('not-supported-yet', at, `${quote(node.text)} is not supported by this version of Baton; use ${allowed}`);
        return undefined;
      }
      const near = typeof node.value === 'string' ? nearestWord(node.text, words) : undefined;
      const hint = near === undefined ? '' : `; the nearest is ${quote(near)}`;
      reading.findings.error('unknown-word', at, `must be ${allowed}, not ${describeNode(node)}${hint}`);
      return undefined;
    },
  };
}

/** Text that matches a pattern; `allowed` says what the pattern means, `short` says it for a table. */
export function text(pattern: RegExp, allowed: string, short: string): ValueType<string> {
  return {
    allowed, short, takesMap: false, jsonSchema: { type: 'string', pattern: pattern.source },
    read(node, key, reading) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') return reportWrongType(node, key, allowed, reading);
      if (pattern.test(node.value)) return node.value;
      reading.findings.error('wrong-text', placeOf(node.at, key), `must be ${allowed}, not ${quote(node.value)}`);
      return undefined;
    },
  };
}

/** One word of a command line, as it is spelled in the file: `5`, `true` and `0x10` stay text. */
export const commandWord: ValueType<string> = {
  allowed: 'one word of a command line', short: 'text', takesMap: false, jsonSchema: { type: ['string', 'number', 'boolean'] },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || node.value === null) return reportWrongType(node, key, 'one word of a command line', reading);
    const word = typeof node.value === 'string' ? node.value : node.text;
    if (!word.includes('\0')) return word;
    reading.findings.error('wrong-text', placeOf(node.at, key), 'must not hold a NUL character');
    return undefined;
  },
};

/** A path of the file system, not empty; whether it may be relative is decided where it is used. */
export const path: ValueType<string> = text(/^[^\0]+$/, 'a path', 'path');

/** Limits of a duration, in the spelling of the file. */
export interface DurationRange {
  readonly min: string;
  readonly max: string;
  /** Granularity, ms; any fraction when absent. */
  readonly stepMs?: number;
  /** `0s` is allowed below `min` and means this: `never`. */
  readonly zero?: string;
}

const DURATION = /^(\d{1,9})(?:\.(\d{1,6}))?(ms|s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `10ms`, `1.5s`, `5m`, `1h`, `7d`.
 *  @returns milliseconds, exact to a nanosecond, or undefined when the text is no duration */
export function parseDuration(spelled: string): number | undefined {
  const match = DURATION.exec(spelled);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', unit = ''] = match;
  const ms = Number(`${whole}.${fraction}`) * (UNIT_MS[unit] ?? Number.NaN);
  return Math.round(ms * 1e6) / 1e6;
}

/** A duration with its unit; read as milliseconds. */
export function duration(range: DurationRange): ValueType<number> {
  const minMs = parseDuration(range.min) ?? 0;
  const maxMs = parseDuration(range.max) ?? 0;
  const step = range.stepMs === undefined ? '' : ` in steps of ${String(range.stepMs)}ms`;
  const zero = range.zero === undefined ? '' : ` or 0s (${range.zero})`;
  const short = `${range.min}..${range.max}${step}${zero}`;
  const allowed = `a duration ${short}`;
  return {
    allowed, short, takesMap: false, jsonSchema: { type: 'string', pattern: DURATION.source },
    read(node, key, reading) {
      if (node.kind !== 'scalar') return reportWrongType(node, key, allowed, reading);
      const ms = typeof node.value === 'string' ? parseDuration(node.value) : undefined;
      if (ms === undefined) {
        const hint = typeof node.value === 'number' ? `; add the unit: ${quote(node.text).slice(1, -1)}s` : '';
        reading.findings.error('wrong-type', placeOf(node.at, key), `must be ${allowed}, not ${describeNode(node)}${hint}`);
        return undefined;
      }
      const fits = (ms >= minMs && ms <= maxMs) || (ms === 0 && range.zero !== undefined);
      const onStep = range.stepMs === undefined || ms % range.stepMs === 0;
      if (fits && onStep) return ms;
      reading.findings.error('out-of-range', placeOf(node.at, key), `must be ${allowed}, not ${node.text}`);
      return undefined;
    },
  };
}

// The plain kinds of value: whole numbers, truth values, words of a closed set and text. Each reads one scalar.

import { quote, shorten } from '../findings.js';
import { nearestWord } from '../nearest.js';
import { describeNode, refuse, refuseType } from './value-type.js';
import type { ValueType } from './value-type.js';

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number): ValueType<number> {
  const range = `${String(min)}..${String(max)}`;
  const allowed = `an integer ${range}`;
  return {
    allowed, short: range, perNode: true, jsonSchema: { type: 'integer', minimum: min, maximum: max },
    read(node, key, reading) {
      if (node.kind !== 'scalar' || typeof node.value !== 'number' || !Number.isInteger(node.value)) {
        return refuseType(node, key, reading, allowed);
      }
      if (node.value >= min && node.value <= max) return node.value;
      return refuse(node, key, reading, 'out-of-range', `must be ${allowed}, not ${shorten(node.text)}`);
    },
  };
}

/** One number of a closed set. */
export function numberChoice<const T extends number>(numbers: readonly T[]): ValueType<T> {
  const allowed = numbers.join(' or ');
  return {
    allowed, short: numbers.join(', '), perNode: true, jsonSchema: { enum: numbers },
    read(node, key, reading) {
      if (node.kind !== 'scalar' || typeof node.value !== 'number') return refuseType(node, key, reading, allowed);
      const chosen = numbers.find((each) => each === node.value);
      return chosen ?? refuse(node, key, reading, 'out-of-range', `must be ${allowed}, not ${shorten(node.text)}`);
    },
  };
}

/** `true` or `false`. */
export const truth: ValueType<boolean> = {
  allowed: 'true or false', short: 'true, false', perNode: true, jsonSchema: { type: 'boolean' },
  read(node, key, reading) {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    return refuseType(node, key, reading, this.allowed);
  },
};

/** One word of a closed set. `later` are words that a coming version understands: they are refused by saying so. */
export function choice<const T extends string>(words: readonly T[], later: readonly string[] = []): ValueType<T> {
  const allowed = words.length === 1 ? words.join('') : `one of ${words.join(', ')}`;
  return {
    allowed, short: words.join(', '), perNode: true, jsonSchema: { enum: words },
    read(node, key, reading) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') return refuseType(node, key, reading, allowed);
      const { value: given } = node;
      const word = words.find((each) => each === given);
      if (word !== undefined) return word;
      if (later.includes(given)) {
        const message = `${quote(given)} is not supported by this version of Baton; use ${allowed}`;
        return refuse(node, key, reading, 'not-supported-yet', message);
      }
      const near = nearestWord(given, words);
      const hint = near === undefined ? '' : `; the nearest is ${quote(near)}`;
      return refuse(node, key, reading, 'unknown-word', `must be ${allowed}, not ${describeNode(node)}${hint}`);
    },
  };
}

/** Text that matches a pattern; `allowed` says what the pattern means, `short` says it for a table. */
export function text(pattern: RegExp, allowed: string, short: string): ValueType<string> {
  return {
    allowed, short, perNode: true, jsonSchema: { type: 'string', pattern: pattern.source },
    read(node, key, reading) {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') return refuseType(node, key, reading, allowed);
      if (pattern.test(node.value)) return node.value;
      return refuse(node, key, reading, 'wrong-text', `must be ${allowed}, not ${quote(node.value)}`);
    },
  };
}

/** One word of a command line, as it is spelled in the file: `5`, `true` and `0x10` stay text. */
export const commandWord: ValueType<string> = {
  allowed: 'one word of a command line', short: 'text', perNode: true,
  jsonSchema: { type: ['string', 'number', 'boolean'] },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || node.value === null) return refuseType(node, key, reading, this.allowed);
    const word = typeof node.value === 'string' ? node.value : node.text;
    if (!word.includes('\0')) return word;
    return refuse(node, key, reading, 'wrong-text', 'must not hold a NUL character');
  },
};

/** A path of the file system, not empty; where a relative one starts is decided where it is used. */
export const path: ValueType<string> = text(/^[^\0]+$/, 'a path', 'path');

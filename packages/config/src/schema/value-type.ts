// The shape of every schema entry: what a value of the file may be, how it is read, and how it is described to people
// and editors. Knows how to read; the vocabulary itself is in the files beside this one.

import { quote, shorten } from '../findings.js';
import type { Findings, Place } from '../findings.js';
import type { Position, SourceNode } from '../source.js';

/** What reading a value needs to know besides the value. */
export interface Reading {
  /** The node whose values count where a key is given per node. */
  readonly node: string;
  /** Every node name that the file speaks of. */
  readonly knownNodes: readonly string[];
  /** Every key that was given per node, for unserved-node.ts. */
  readonly perNode: PerNodeKey[];
  readonly findings: Findings;
}

/** A key with one value per node. */
export interface PerNodeKey {
  readonly at: Place;
  /** Those that have a value, good or wrong. */
  readonly nodes: readonly string[];
  /** What the value must be. */
  readonly allowed: string;
}

/** A value that means "not used": a word, a truth value, nothing, an empty list or an empty map. */
export type UnusedValue = string | boolean | null | readonly [] | Readonly<Record<string, never>>;

/** Keys that a coming version understands, each with the values that this one accepts for it; the first is advised. */
export type ComingKeys = Readonly<Record<string, readonly UnusedValue[]>>;

/** A part of a JSON schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A kind of value. */
export interface ValueType<T> {
  /** What is allowed, to be read after "must be": `an integer 1..255`. */
  readonly allowed: string;
  /** What is allowed, for a table: `1..255`. */
  readonly short: string;
  /** True when a map in place of the value gives one value per node; false when a map is itself such a value. */
  readonly perNode: boolean;
  readonly jsonSchema: JsonSchema;
  /** Keys inside a value of this kind, for the reference; absent for plain values. */
  readonly keys?: KeysInside;
  /** @returns the value, or null after reporting why not */
  read(node: SourceNode, key: string, reading: Reading): T | null;
}

/** The keys of a map, or of the maps in a collection. */
export interface KeysInside {
  /** What stands between the key of the value and theirs: empty, `[]` for a list, `.NAME` for a map of names. */
  readonly under: string;
  readonly fields: Readonly<Record<string, FieldDescription>>;
  readonly coming: ComingKeys;
}

/** One key of the vocabulary as people and editors see it. */
export interface FieldDescription {
  readonly type: ValueType<unknown>;
  readonly required: boolean;
  /** In the spelling of the file; undefined when there is none. */
  readonly default: string | number | boolean | readonly string[] | undefined;
  /** True for a nested map that may be absent: the defaults of its keys hold then. */
  readonly section: boolean;
  /** One sentence without a full stop. */
  readonly doc: string;
}

/** A value that remembers where it was given; a default stands where its map stands. */
export interface Located<T> {
  readonly value: T;
  readonly at: Place;
  /** The values of all nodes, this one included, where the key is given per node; wrong ones are absent. */
  readonly byNode?: readonly NodeValue<T>[];
}

/** What a key is on one node. */
export interface NodeValue<T> {
  readonly node: string;
  readonly value: T;
  readonly at: Place;
}

/** The place of a node under its key. */
export function placeOf(at: Position, key: string): Place {
  return { line: at.line, column: at.column, key };
}

/** Reports a wrong value: the way in which `read` ends without one. */
export function refuse(node: SourceNode, key: string, reading: Reading, code: string, message: string): null {
  reading.findings.error(code, placeOf(node.at, key), message);
  return null;
}

/** Reports that a node is not what its type allows, and says what it is. */
export function refuseType(node: SourceNode, key: string, reading: Reading, allowed: string): null {
  return refuse(node, key, reading, 'wrong-type', `must be ${allowed}, not ${describeNode(node)}`);
}

/** A node in words: `the number 5`, `a list`, `empty`. */
export function describeNode(node: SourceNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (node.value === null) return 'empty';
  if (typeof node.value === 'string') return quote(node.text);
  return typeof node.value === 'number' ? `the number ${shorten(node.text)}` : `the truth value ${node.text}`;
}

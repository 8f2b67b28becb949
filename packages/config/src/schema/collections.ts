// The kinds of value that hold others: records with known keys, maps with names chosen by the operator, lists, and
// values given per node. Every key that is not known is reported here, at every level, by naming the nearest one.

import { quote } from '../findings.js';
import { nearestWord } from '../nearest.js';
import type { Position, SourceEntry, SourceNode } from '../source.js';
import { comingJsonSchemas, readComingKey } from './coming-keys.js';
import { placeOf, refuse, refuseType } from './value-type.js';
import type {
  ComingKeys, FieldDescription, JsonSchema, KeysInside, Located, NodeValue, Reading, ValueType,
} from './value-type.js';

type DefaultValue = NonNullable<FieldDescription['default']>;

/** One key of a record. `T` includes undefined when the key may be absent without a default. */
export interface Field<T> extends FieldDescription {
  readonly type: ValueType<T>;
}

type Fields = Readonly<Record<string, Field<unknown>>>;

/** The values of a record; a key whose value was wrong, and has been reported, is absent. */
export type Draft<F> = { readonly [K in keyof F]?: Located<F[K] extends Field<infer T> ? T : never> };

/** One named entry of a map. */
export interface Named<T> {
  readonly name: string;
  readonly nameAt: Position;
  readonly value: T;
  /** Place of the entry under its key. */
  readonly at: Located<T>['at'];
}

/** A key that must be given. */
export function required<T>(type: ValueType<T>, doc: string): Field<T> {
  return { type, required: true, default: undefined, section: false, doc };
}

/** A key that may be absent: `undefined` is then its value. */
export function optional<T>(type: ValueType<T>, doc: string): Field<T | undefined> {
  return { type, required: false, default: undefined, section: false, doc };
}

/** A key with a default, written as in the file and read by the same rules. */
export function withDefault<T>(type: ValueType<T>, value: DefaultValue, doc: string): Field<T> {
  return { type, required: false, default: value, section: false, doc };
}

/** A nested record that may be absent: the defaults of its keys hold then. */
export function section<T>(type: ValueType<T>, doc: string): Field<T> {
  return { type, required: false, default: undefined, section: true, doc };
}

/** A map with known keys. */
export function record<F extends Fields>(fields: F, coming: ComingKeys = {}): ValueType<Draft<F>> {
  return {
    allowed: `a map with the keys ${Object.keys(fields).join(', ')}`,
    short: 'map', perNode: false, keys: { under: '', fields, coming },
    jsonSchema: recordJsonSchema(fields, coming),
    read(node, key, reading) {
      if (node.kind !== 'map') return refuseType(node, key, reading, this.allowed);
      for (const entry of node.entries) {
        if (!Object.hasOwn(fields, entry.key)) readOtherKey(entry, key, Object.keys(fields), coming, reading);
      }
      const values = new Map<string, Located<unknown>>();
      for (const [name, field] of Object.entries(fields)) {
        const value = readField(name, field, node, key, reading);
        if (value !== undefined) values.set(name, value);
      }
      return Object.fromEntries(values) as Draft<F>;
    },
  };
}

/** A map from names that the operator chooses to values of one kind, in the order of the file. */
export function namedMap<T>(
  name: ValueType<string>, type: ValueType<T>, limits: { readonly minEntries: number },
): ValueType<readonly Named<T>[]> {
  const allowed = `a map of names${limits.minEntries > 0 ? ' with at least one entry' : ''}`;
  return {
    allowed, short: 'map of names', perNode: false, ...keysUnder('.NAME', type),
    jsonSchema: {
      type: 'object', minProperties: limits.minEntries, propertyNames: name.jsonSchema,
      additionalProperties: type.jsonSchema,
    },
    read(node, key, reading) {
      if (node.kind !== 'map') return refuseType(node, key, reading, allowed);
      if (node.entries.length < limits.minEntries) {
        return refuse(node, key, reading, 'out-of-range', `must be ${allowed}, not an empty map`);
      }
      const read: Named<T>[] = [];
      for (const entry of node.entries) {
        const path = joinKey(key, entry.key);
        const spelled: SourceNode = { kind: 'scalar', value: entry.key, text: entry.key, at: entry.keyAt };
        const nameIsGood = name.read(spelled, path, reading) !== null;
        const value = type.read(entry.value, path, reading);
        if (!nameIsGood || value === null) continue;
        read.push({ name: entry.key, nameAt: entry.keyAt, value, at: placeOf(entry.keyAt, path) });
      }
      return read;
    },
  };
}

/** A list of values of one kind. Wrong items are reported and left out. */
export function list<T>(type: ValueType<T>, limits: { readonly minItems: number }): ValueType<readonly Located<T>[]> {
  const allowed = `a list${limits.minItems > 0 ? ' with at least one entry' : ''}, each ${type.allowed}`;
  return {
    allowed, short: `list of ${type.short}`, perNode: true, ...keysUnder('[]', type),
    jsonSchema: { type: 'array', items: type.jsonSchema, minItems: limits.minItems },
    read(node, key, reading) {
      if (node.kind !== 'list') return refuseType(node, key, reading, allowed);
      if (node.items.length < limits.minItems) {
        return refuse(node, key, reading, 'out-of-range', `must be ${allowed}, not an empty list`);
      }
      const read: Located<T>[] = [];
      for (const [index, item] of node.items.entries()) {
        const path = `${key}[${String(index)}]`;
        const value = type.read(item, path, reading);
        if (value !== null) read.push({ value, at: placeOf(item.at, path) });
      }
      return read;
    },
  };
}

type SourceMap = Extract<SourceNode, { kind: 'map' }>;

function readField(
  name: string, field: Field<unknown>, node: SourceMap, key: string, reading: Reading,
): Located<unknown> | undefined {
  const path = joinKey(key, name);
  const entry = node.entries.find((candidate) => candidate.key === name);
  if (entry !== undefined) return readGiven(field, entry.value, path, reading);
  const at = placeOf(node.at, path);
  if (field.required) {
    reading.findings.error('missing-key', at, `is required: ${field.type.allowed}`);
    return undefined;
  }
  if (field.default === undefined && !field.section) return { value: undefined, at };
  const { default: written = {} } = field;
  const value = field.type.read(asInFile(written, node.at), path, reading);
  return value === null ? undefined : { value, at };
}

function readGiven(
  field: Field<unknown>, given: SourceNode, path: string, reading: Reading,
): Located<unknown> | undefined {
  if (given.kind === 'map' && field.type.perNode) return readPerNode(field, given, path, reading);
  const value = field.type.read(given, path, reading);
  return value === null ? undefined : { value, at: placeOf(given.at, path) };
}

/** A map where a plain value is expected holds one value per node: all are checked, this node's is taken. */
function readPerNode(
  field: Field<unknown>, given: SourceMap, path: string, reading: Reading,
): Located<unknown> | undefined {
  const byNode: NodeValue<unknown>[] = [];
  for (const entry of given.entries) {
    const entryPath = joinKey(path, entry.key);
    const value = field.type.read(entry.value, entryPath, reading);
    if (value !== null) byNode.push({ node: entry.key, value, at: placeOf(entry.value.at, entryPath) });
    if (!reading.knownNodes.includes(entry.key)) {
      const message = `there is no node ${quote(entry.key)}: this is ${quote(reading.node)}, others stand under peers`;
      reading.findings.warning('unknown-node', placeOf(entry.keyAt, entryPath), message);
    }
  }
  const nodes = given.entries.map(({ key }) => key);
  reading.perNode.push({ at: placeOf(given.at, path), nodes, allowed: field.type.allowed });
  const own = byNode.find(({ node }) => node === reading.node);
  return own === undefined ? undefined : { value: own.value, at: own.at, byNode };
}

function readOtherKey(
  entry: SourceEntry, parent: string, known: readonly string[], coming: ComingKeys, reading: Reading,
): void {
  const path = joinKey(parent, entry.key);
  const isComing = (name: string): boolean => Object.hasOwn(coming, name);
  if (isComing(entry.key)) {
    readComingKey(entry, path, coming[entry.key] ?? [], reading);
    return;
  }
  const near = nearestWord(entry.key, [...known, ...Object.keys(coming)]);
  const hint = near === undefined ? `the keys here are ${known.join(', ')}` : `the nearest is ${quote(near)}`;
  const caveat = near !== undefined && isComing(near) ? ', which is not supported by this version of Baton' : '';
  reading.findings.error('unknown-key', placeOf(entry.keyAt, path), `there is no such key; ${hint}${caveat}`);
}

/** A default as if it stood in the file; `{}` is the default of a section. */
function asInFile(value: DefaultValue | Readonly<Record<string, never>>, at: Position): SourceNode {
  if (typeof value !== 'object') return { kind: 'scalar', value, text: String(value), at };
  if (!(value instanceof Array)) return { kind: 'map', entries: [], at };
  return { kind: 'list', items: value.map((item) => asInFile(item, at)), at };
}

function joinKey(parent: string, key: string): string {
  return parent === '' ? key : `${parent}.${key}`;
}

function keysUnder(prefix: string, { keys }: ValueType<unknown>): { readonly keys?: KeysInside } {
  return keys === undefined ? {} : { keys: { ...keys, under: prefix + keys.under } };
}

function recordJsonSchema(fields: Fields, coming: ComingKeys): JsonSchema {
  const properties = Object.entries(fields).map(([name, field]) => {
    const { jsonSchema, perNode: mayDiffer } = field.type;
    const perNode = { type: 'object', description: 'One value per node name', additionalProperties: jsonSchema };
    const described = { description: field.doc, ...(field.default === undefined ? {} : { default: field.default }) };
    return [name, mayDiffer ? { ...described, anyOf: [jsonSchema, perNode] } : { ...described, ...jsonSchema }];
  });
  const names = Object.entries(fields).filter(([, field]) => field.required).map(([name]) => name);
  const all = { ...(Object.fromEntries(properties) as JsonSchema), ...comingJsonSchemas(coming) };
  return { type: 'object', properties: all, required: names, additionalProperties: false };
}

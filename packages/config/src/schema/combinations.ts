// Kinds of value made of others: one that may be null, one or several, a truth value or a map. What a value is decides
// by its form alone which kind reads it.

import type { Located, ValueType } from './value-type.js';
import { placeOf } from './value-type.js';
import { truth } from './plain-values.js';
import { list } from './collections.js';

/** A value, or null for none; undefined is then what is read. */
export function orNull<T>(type: ValueType<T>): ValueType<T | undefined> {
  return {
    ...type, allowed: `${type.allowed}, or null`, short: `${type.short}, null`,
    jsonSchema: { anyOf: [type.jsonSchema, { type: 'null' }] },
    read(node, key, reading) {
      return node.kind === 'scalar' && node.value === null ? undefined : type.read(node, key, reading);
    },
  };
}

/** One value, or a list of such values. */
export function oneOrMore<T>(type: ValueType<T>): ValueType<readonly Located<T>[]> {
  const several = list(type, { minItems: 1 });
  return {
    allowed: `${type.allowed}, or a list of such`, short: `${type.short} or a list`, perNode: type.perNode,
    jsonSchema: { anyOf: [type.jsonSchema, several.jsonSchema] },
    read(node, key, reading) {
      if (node.kind === 'list') return several.read(node, key, reading);
      const value = type.read(node, key, reading);
      return value === null ? null : [{ value, at: placeOf(node.at, key) }];
    },
  };
}

/** `true`, `false`, or a map that says more than `true`. */
export function truthOr<T>(map: ValueType<T>): ValueType<boolean | T> {
  const allowed = `true, false, or ${map.allowed}`;
  return {
    ...map, allowed, short: `true, false or ${map.short}`, perNode: false,
    jsonSchema: { anyOf: [truth.jsonSchema, map.jsonSchema] },
    read(node, key, reading) {
      return node.kind === 'map' ? map.read(node, key, reading) : { ...truth, allowed }.read(node, key, reading);
    },
  };
}

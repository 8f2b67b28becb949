// Keys that a coming version understands. Until then such a key may only say that it is not used: that is what this
// version does anyway. Everything else is refused, never ignored.

import { quote } from '../findings.js';
import type { SourceEntry, SourceNode } from '../source.js';
import { placeOf } from './value-type.js';
import type { ComingKeys, JsonSchema, Reading, UnusedValue } from './value-type.js';

/** Reads an entry whose key is one of `coming`: accepts "not used", for every node alike or per node, and reports
 *  everything else with what to do instead. */
export function readComingKey(
  entry: SourceEntry, path: string, unused: readonly UnusedValue[], reading: Reading,
): void {
  if (saysUnused(entry.value, unused) || everyNodeSaysUnused(entry.value, unused, reading)) return;
  const [first] = unused;
  const instead = first === undefined ? '' : `, or write ${entry.key}: ${spell(first)}`;
  const message = `${quote(entry.key)} is not supported by this version of Baton: remove the line${instead}`;
  reading.findings.error('not-supported-yet', placeOf(entry.keyAt, path), message);
}

/** What editors accept for these keys. */
export function comingJsonSchemas(coming: ComingKeys): JsonSchema {
  const description = 'Not supported by this version: may only say that it is not used';
  const accepting = Object.entries(coming).filter(([, unused]) => unused.length > 0);
  return Object.fromEntries(accepting.map(([key, unused]) => [key, { description, enum: unused }]));
}

/** A value as the file spells it: `0s`, `null`, `[]`. */
export function spell(unused: UnusedValue): string {
  return typeof unused === 'string' ? unused : JSON.stringify(unused);
}

/** A map of values per node; where a map is itself a value there are none per node. */
function everyNodeSaysUnused(node: SourceNode, unused: readonly UnusedValue[], reading: Reading): boolean {
  if (node.kind !== 'map' || node.entries.length === 0 || unused.some(isMap)) return false;
  return node.entries.every(({ key, value }) => reading.knownNodes.includes(key) && saysUnused(value, unused));
}

function saysUnused(node: SourceNode, unused: readonly UnusedValue[]): boolean {
  return unused.some((each) => {
    if (isMap(each)) return node.kind === 'map' && node.entries.length === 0;
    if (each instanceof Array) return node.kind === 'list' && node.items.length === 0;
    return node.kind === 'scalar' && node.value === each;
  });
}

function isMap(unused: UnusedValue): unused is Readonly<Record<string, never>> {
  return typeof unused === 'object' && unused !== null && !(unused instanceof Array);
}

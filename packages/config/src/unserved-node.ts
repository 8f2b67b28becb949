// Decides what to say when keys that are given per node have no value for this one: either some were forgotten, or this
// host has taken a name that the file does not know.

import { placeOf } from './schema/value-type.js';
import type { PerNodeKey } from './schema/value-type.js';
import { quote, WHOLE_FILE, type Findings } from './findings.js';

/** Most names told in one message. */
const MAX_NAMES = 8;

/** Reports every key without a value for this node; once for all of them when the name itself is the mistake: it does
 *  not stand in the file, and the keys know two nodes or more. */
export function reportUnserved(
  keys: readonly PerNodeKey[], { node, isSpelled, peers }: NamedNode, findings: Findings,
): void {
  const unserved = keys.filter(({ nodes }) => !nodes.includes(node));
  const known = [...new Set([...peers, ...keys.flatMap(({ nodes }) => nodes)])];
  if (!isSpelled && unserved.length > 0 && !known.includes(node) && unserved.every(({ nodes }) => nodes.length > 1)) {
    const message = `this host is ${quote(node)}, the file knows ${namesOf(known)}: set node:, or pass --node`;
    findings.error('unknown-node', placeOf(WHOLE_FILE, 'node'), message);
    return;
  }
  for (const { at, nodes, allowed } of unserved) {
    const message = `has no value for this node, ${quote(node)} (given for: ${namesOf(nodes)}); `
      + `must be ${allowed}, or a map with one per node`;
    findings.error('missing-node', at, message);
  }
}

/** This node, and how it came by its name. */
export interface NamedNode {
  readonly node: string;
  /** Whether the file itself says that this is the name. */
  readonly isSpelled: boolean;
  /** The names under `peers`. */
  readonly peers: readonly string[];
}

function namesOf(nodes: readonly string[]): string {
  return nodes.length === 0 ? 'none' : nodes.slice(0, MAX_NAMES).map(quote).join(', ');
}

// Measures how deep a file nests before anything recursive reads it. The YAML library composes recursively, and V8 ends
// the whole process when it has to compile a regular expression on a stack that is used up: no catch would help.

import type { CST } from 'yaml';

/** Where the nesting of maps and lists first goes deeper than `maxDepth`; the outermost collection has depth 0.
 *  @returns the offset in the text, or undefined when the file is shallow enough */
export function offsetOfDeepNesting(tokens: readonly CST.Token[], maxDepth: number): number | undefined {
  const waiting = tokens.map((token) => ({ token, depth: 0 }));
  let first: number | undefined;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (token.type === 'document') {
      if (token.value !== undefined) waiting.push({ token: token.value, depth });
    } else if ('items' in token && depth > maxDepth) {
      first = first === undefined ? token.offset : Math.min(first, token.offset);
    } else if ('items' in token) {
      for (const { key, value } of token.items) {
        if (key !== undefined && key !== null) waiting.push({ token: key, depth: depth + 1 });
        if (value !== undefined) waiting.push({ token: value, depth: depth + 1 });
      }
    }
  }
  return first;
}

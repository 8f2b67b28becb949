// Finds what a file gives away twice.

import type { Place } from '../findings.js';

/** Something that a file gives to somebody. */
export interface Use {
  readonly name: string;
  readonly at: Place;
}

/** Calls `report` with each use whose identity was used before, and with the first such use. */
export function reportRepeated<T extends Use>(
  uses: readonly T[], identityOf: (use: T) => string, report: (use: T, first: T) => void,
): void {
  const first = new Map<string, T>();
  for (const use of uses) {
    const identity = identityOf(use);
    const other = first.get(identity);
    if (other === undefined) first.set(identity, use);
    else report(use, other);
  }
}

// Keeps the wills of a running engine in its runtime directory, for whoever acts when no process of the daemon is left.
// Without secrets: who reads it has the configuration. Absent while this host is master of nothing.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouterWill } from './messages.js';

/** Of the content; another one cannot be read. */
const FORMAT = 1;

interface Kept {
  readonly format: number;
  readonly wills: readonly RouterWill[];
}

/** Writes the file, readable by its owner only, or removes it when there is no will. A reader sees the content before
 *  or this one, never a part.
 *  @throws {NodeJS.ErrnoException} when it cannot be written */
export function keepWills(runtimeDirectory: string, wills: readonly RouterWill[]): void {
  const path = pathIn(runtimeDirectory);
  if (wills.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const kept: Kept = { format: FORMAT, wills };
  writeFileSync(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Reads the file.
 *  @returns undefined when there is none that this version can use; never throws */
export function readWills(runtimeDirectory: string): readonly RouterWill[] | undefined {
  try {
    const kept = JSON.parse(readFileSync(pathIn(runtimeDirectory), 'utf8')) as Kept;
    return kept.format === FORMAT ? kept.wills : undefined;
  } catch {
    return undefined; // a daemon that was no master, or ended as it should: then nothing is left to be done
  }
}

function pathIn(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'last-will.json');
}

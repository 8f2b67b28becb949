// Makes a directory with what is missing above it. Node's own recursive mkdir never ends where the kernel answers
// ENOENT below a directory that exists, as under /proc, and takes the process with it.

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a directory, and the missing ones above it, with the same mode; nothing happens when it is there.
 *  @param path absolute
 *  @throws {NodeJS.ErrnoException} when one of them cannot be made, or is something else */
export function makeDirectories(path: string, mode: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const above = dirname(path);
  if (above !== path) makeDirectories(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    const isThere = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isThere) throw error;
  }
}

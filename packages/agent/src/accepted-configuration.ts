// Keeps the configuration that the engine accepted, for an agent that is started again and finds a file that cannot be
// used. It lies in the runtime directory because it counts only while the engine lives that holds that directory. It is
// the result and not the text of the file: a hook program that has been deleted since must not make it invalid too.

import type { Configuration } from '@baton/config';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The content of the file. */
interface Kept {
  /** Of the agent that wrote it: another version may mean other fields. */
  readonly version: string;
  readonly configuration: Configuration;
}

/** Writes the copy into the runtime directory of the configuration, readable by its owner only. A reader sees the copy
 *  before or this one, never a part.
 *  @throws {NodeJS.ErrnoException} when it cannot be written */
export function keepAccepted(configuration: Configuration, version: string): void {
  const path = pathIn(configuration.runtimeDirectory);
  const draft = `${path}.new`;
  const kept: Kept = { version, configuration };
  writeFileSync(draft, JSON.stringify(kept), { mode: 0o600 });
  renameSync(draft, path);
}

/** Reads the copy.
 *  @param runtimeDirectory of the engine that runs
 *  @returns undefined when there is none that this version can use; never throws */
export function readAccepted(runtimeDirectory: string, version: string): Configuration | undefined {
  try {
    const kept = JSON.parse(readFileSync(pathIn(runtimeDirectory), 'utf8')) as Kept;
    return kept.version === version ? kept.configuration : undefined;
  } catch {
    return undefined; // never written, or not by us: then there is nothing to go back to
  }
}

function pathIn(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'accepted-configuration.json');
}

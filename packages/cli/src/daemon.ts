// Finds the daemon that belongs to a configuration file, also when the file is wrong: that is when its status is wanted
// most.

import { findRuntimeDirectory, formatFinding } from '@baton/config';
import { controlSocketPath } from './client.js';
import { DEFAULT_CONFIGURATION_FILE } from './run-arguments.js';

/** Where a daemon listens, and what was doubtful about finding that out. */
export interface DaemonLocation {
  readonly socketPath: string;
  /** A sentence for the operator when the file that he named could not be used. */
  readonly doubt: string | undefined;
}

/** Locates the daemon of a configuration file.
 *  @param file as given with `-c`, undefined for the default file, whose absence is nothing to speak of */
export function locateDaemon(file: string | undefined): DaemonLocation {
  const { directory, problem } = findRuntimeDirectory(file ?? DEFAULT_CONFIGURATION_FILE);
  const socketPath = controlSocketPath(directory);
  if (file === undefined || problem === undefined) return { socketPath, doubt: undefined };
  return { socketPath, doubt: `${formatFinding(problem)}; looking for the daemon in ${directory}` };
}

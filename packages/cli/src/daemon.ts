// Finds the daemon that belongs to a configuration file, also when the file is wrong: that is when its status is wanted
// most.

import { BatonError } from '@baton/base';
import { findDaemonDirectories, formatFinding } from '@baton/config';
import { controlSocketPath } from './client.js';
import type { CliErrorCode } from './exit-codes.js';
import { DEFAULT_CONFIGURATION_FILE } from './run-arguments.js';

/** Where a daemon listens, runs and keeps its journal, and what was doubtful about finding that out. */
export interface DaemonLocation {
  readonly socketPath: string;
  readonly runtimeDirectory: string;
  readonly stateDirectory: string;
  /** A sentence for the operator when the file could not be asked. */
  readonly doubt: string | undefined;
}

/** Locates the daemon of a configuration file.
 *  @param file as given with `-c`, undefined for the default file, whose absence is nothing to speak of
 *  @throws {BatonError<CliErrorCode>} when a file was given and there is none to read */
export function locateDaemon(file: string | undefined): DaemonLocation {
  const { runtimeDirectory, stateDirectory, problem } = findDaemonDirectories(file ?? DEFAULT_CONFIGURATION_FILE);
  const found = { socketPath: controlSocketPath(runtimeDirectory), runtimeDirectory, stateDirectory };
  if (problem === undefined) return { ...found, doubt: undefined };
  if (file === undefined && problem.code === 'missing-file') return { ...found, doubt: undefined };
  if (file !== undefined && ['missing-file', 'unreadable-file'].includes(problem.code)) {
    throw new BatonError<CliErrorCode>('ERR_CLI_CONFIGURATION', formatFinding(problem));
  }
  return { ...found, doubt: `${formatFinding(problem)}; looking for the daemon in ${runtimeDirectory}` };
}

// The promises to scripts: what each exit code means, and which error ends with which.

import { BatonError } from '@baton/base';

/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  invalidConfiguration: 4,
  privileges: 5,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What can go wrong between this program and the daemon, and in its own arguments. */
export type CliErrorCode =
  /** The arguments make no sense. */
  | 'ERR_CLI_USAGE'
  /** No daemon answers at the control socket. */
  | 'ERR_CLI_DAEMON_UNREACHABLE'
  /** This user may not talk to the daemon. */
  | 'ERR_CLI_DAEMON_FORBIDDEN'
  /** The daemon was reached, but did not answer in time. */
  | 'ERR_CLI_DAEMON_SILENT'
  /** The daemon said no. */
  | 'ERR_CLI_REFUSED'
  /** The configuration file that was named cannot be read. */
  | 'ERR_CLI_CONFIGURATION';

/** The exit code for whatever ended a command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof BatonError)) return EXIT.failed;
  switch (error.code) {
    case 'ERR_CLI_USAGE': return EXIT.usage;
    case 'ERR_CLI_CONFIGURATION': return EXIT.invalidConfiguration;
    case 'ERR_CLI_DAEMON_UNREACHABLE':
    case 'ERR_CLI_DAEMON_FORBIDDEN':
    case 'ERR_CLI_DAEMON_SILENT': return EXIT.unreachable;
    default: return EXIT.failed;
  }
}

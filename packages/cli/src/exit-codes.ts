// Which error of the command line ends with which exit code.

import { BatonError, EXIT, type ExitCode } from '@baton/base';

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

// What each exit code of every Baton program means: a promise to scripts and service managers.

/** Exit codes of the daemon and of every command. */
export const EXIT = {
  done: 0,
  /** Refused or failed. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** No daemon answers. */
  unreachable: 3,
  invalidConfiguration: 4,
  /** The process may not do what it is for. */
  privileges: 5,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

// Runs a program with fewer rights than the test has: as another user where there is one, and always with named
// capabilities only. In a user namespace with a single user that user stays, but root means nothing for it.

import { readFileSync } from 'node:fs';

/** The user and group nobody, or root where the namespace knows nobody else. */
export const UNPRIVILEGED_ID = hasOtherUsers() ? 65534 : 0;
/** What a service that holds virtual addresses needs. */
export const ONLY_NETWORK: readonly string[] = ['net_admin', 'net_raw'];

/** The command line in front of a program that gives it these capabilities and no others. */
export function unprivileged(capabilities: readonly string[]): readonly string[] {
  const granted = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const user = hasOtherUsers()
    ? ['--reuid', String(UNPRIVILEGED_ID), '--regid', String(UNPRIVILEGED_ID), '--clear-groups']
    : ['--securebits', '+noroot'];
  return ['setpriv', ...user, '--inh-caps', granted, '--ambient-caps', granted];
}

function hasOtherUsers(): boolean {
  const ranges = readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/u).map(Number));
  return ranges.some(([inside = 0, , length = 0]) => inside + length > 65534);
}

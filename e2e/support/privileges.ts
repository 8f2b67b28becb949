// Runs a program with fewer rights than the test has: as nobody where nobody can read this checkout, and always with
// named capabilities only. Elsewhere (a user namespace with one user, a checkout in a closed home) the user stays root,
// but root means nothing for it any more.

import { spawnSync } from 'node:child_process';
import { PROGRAM } from './baton.js';

const NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
const HAS_NOBODY = spawnSync('setpriv', [...NOBODY, 'test', '-r', PROGRAM]).status === 0;

/** The user and group that the program gets. */
export const UNPRIVILEGED_ID = HAS_NOBODY ? 65534 : 0;
/** What a service that holds virtual addresses needs. */
export const ONLY_NETWORK: readonly string[] = ['net_admin', 'net_raw'];

/** The command line in front of a program that gives it these capabilities and no others. */
export function unprivileged(capabilities: readonly string[]): readonly string[] {
  const granted = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const user = HAS_NOBODY ? NOBODY : ['--securebits', '+noroot'];
  return ['setpriv', ...user, '--inh-caps', granted, '--ambient-caps', granted];
}

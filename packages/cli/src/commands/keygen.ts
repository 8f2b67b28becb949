// `baton keygen`: a key for `pre_shared_key_file`, or for `keys` of `authentication`. Decides only how it is written.

import { randomBytes } from 'node:crypto';
import { EXIT, type ExitCode } from '@baton/base';

/** Of a key. */
const KEY_BYTES = 32;

/** Prints 64 hexadecimal digits on a line of their own to standard output. */
export function keygen(): ExitCode {
  process.stdout.write(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
  return EXIT.done;
}

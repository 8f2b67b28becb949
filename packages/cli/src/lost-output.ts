// What happens when the output of a command cannot be written: a reader that has seen enough (`| head`) is no failure;
// a full disk is one, and said once, without a stack.

import { EXIT } from '@baton/base';

/** Ends this process when its standard output or error cannot be written any more. */
export function endWhenOutputIsLost(): void {
  process.stdout.on('error', endFor);
  process.stderr.on('error', endFor);
}

function endFor(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  process.stderr.removeAllListeners('error').on('error', () => { process.exit(EXIT.failed); });
  process.stderr.write(`baton: cannot write the output: ${error.message}; make room where it goes\n`);
  process.exit(EXIT.failed);
}

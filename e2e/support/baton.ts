// The command line of Baton, run to its end outside of any LAN.

import { fileURLToPath } from 'node:url';
import { runToEnd, type CommandResult } from '@baton/lab';

/** The command as a checkout has it. */
export const PROGRAM = fileURLToPath(new URL('../../packages/cli/bin/baton', import.meta.url));

/** Runs `baton` with these words to its end. */
export async function baton(...words: readonly string[]): Promise<CommandResult> {
  return runToEnd([process.execPath, PROGRAM, ...words]);
}

// Durations on the command line, spelled as in the file.

import { BatonError } from '@baton/base';
import { parseDuration } from '@baton/config';
import type { CliErrorCode } from './exit-codes.js';

/** Reads the value of an option.
 *  @returns ms
 *  @throws {BatonError<CliErrorCode>} ERR_CLI_USAGE when it is no duration */
export function readDuration(option: string, spelled: string): number {
  const ms = parseDuration(spelled);
  if (ms !== undefined) return ms;
  const message = `${option}: '${spelled}' is no duration`;
  throw new BatonError<CliErrorCode>('ERR_CLI_USAGE', message, { hint: 'write it as 90s, 5m, 1h or 7d' });
}

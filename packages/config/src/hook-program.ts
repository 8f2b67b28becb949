// Decides whether the program of a hook can be run, and whether a stranger can change it: it runs with the rights of
// the daemon.

import { constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf } from './errno.js';
import { quote } from './findings.js';
import type { Findings, Place } from './findings.js';

/** What the file system says of a program. */
type ProgramState = 'good' | 'missing' | 'no-file' | 'not-executable' | 'writable' | 'unreadable';

/** Code and message for everything but `good`; the message follows the name of the program. */
const VERDICTS = {
  'missing': ['hook-missing', 'does not exist'],
  'no-file': ['hook-not-executable', 'is not a file'],
  'not-executable': ['hook-not-executable', 'is not executable; run chmod +x'],
  'writable': ['hook-writable', 'can be changed by every user; run chmod o-w'],
  'unreadable': ['hook-not-examined', 'cannot be examined without more privileges'],
} as const satisfies Record<Exclude<ProgramState, 'good'>, readonly [string, string]>;

/** Reports a program that a hook could not run, or should not. What this user may not look at is only doubtful.
 *  @param written as in the file
 *  @param directory where a relative path starts, absolute */
export function validateHookProgram(written: string, directory: string, at: Place, findings: Findings): void {
  const program = resolve(directory, written);
  const state = examine(program);
  if (state === 'good') return;
  const [code, message] = VERDICTS[state];
  const isRelative = program !== written && state === 'missing';
  const origin = isRelative ? `; ${quote(written)} starts at the file, not in PATH` : '';
  if (state === 'unreadable') findings.warning(code, at, `${quote(program)} ${message}`);
  else findings.error(code, at, `${quote(program)} ${message}${origin}`);
}

function examine(program: string): ProgramState {
  try {
    const { mode } = statSync(program);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return 'no-file';
    if ((mode & 0o111) === 0) return 'not-executable';
    return (mode & 0o002) === 0 ? 'good' : 'writable';
  } catch (error) {
    return errnoOf(error) === 'EACCES' ? 'unreadable' : 'missing';
  }
}

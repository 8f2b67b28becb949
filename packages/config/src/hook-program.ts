// Decides whether the program of a hook can be run, and whether a stranger can change it: it runs with the rights of
// the daemon.

import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf } from './errno.js';
import { quote } from './findings.js';
import type { Findings, Place } from './findings.js';

/** What the file system says of a program. */
type ProgramState =
  | 'good' | 'missing' | 'no-file' | 'not-executable' | 'writable' | 'carriage-return' | 'no-interpreter'
  | 'unreadable';

/** How much of a script the kernel reads for the line that names its interpreter, bytes (execve(2)). */
const FIRST_LINE_BYTES = 256;

/** Code and message for everything but `good`; the message follows the name of the program. */
const VERDICTS = {
  'missing': ['hook-missing', 'does not exist'],
  'no-file': ['hook-not-executable', 'is not a file'],
  'not-executable': ['hook-not-executable', 'is not executable; run chmod +x'],
  'writable': ['hook-writable', 'can be changed by every user; run chmod o-w'],
  'carriage-return': [
    'hook-interpreter', 'has a carriage return at the end of its first line, which belongs to the name there; '
      + "remove it, for example with sed -i 's/\\r$//'",
  ],
  'no-interpreter': ['hook-interpreter', 'names an interpreter in its first line that does not exist'],
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

/** The interpreter that the first line of a script names, as the kernel reads it.
 *  @param program absolute
 *  @returns undefined when it names none
 *  @throws {NodeJS.ErrnoException} when the program cannot be read */
export function readInterpreter(program: string): string | undefined {
  return /^#![ \t]*([^ \t]+)/.exec(readFirstLine(program))?.[1];
}

function examine(program: string): ProgramState {
  try {
    const { mode } = statSync(program);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return 'no-file';
    if ((mode & 0o111) === 0) return 'not-executable';
    return (mode & 0o002) === 0 ? examineInterpreter(program) : 'writable';
  } catch (error) {
    return errnoOf(error) === 'EACCES' ? 'unreadable' : 'missing';
  }
}

function examineInterpreter(program: string): ProgramState {
  const interpreter = readInterpreter(program);
  if (interpreter === undefined) return 'good';
  if (readFirstLine(program).endsWith('\r')) return 'carriage-return';
  // Hooks run in /, and so a relative name starts there.
  return statSync(resolve('/', interpreter), { throwIfNoEntry: false }) === undefined ? 'no-interpreter' : 'good';
}

function readFirstLine(program: string): string {
  const fd = openSync(program, 'r');
  try {
    const bytes = Buffer.alloc(FIRST_LINE_BYTES);
    const [line = ''] = bytes.toString('latin1', 0, readSync(fd, bytes)).split('\n');
    return line;
  } finally {
    closeSync(fd);
  }
}

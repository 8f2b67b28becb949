// Runs the programs that set-up and the checks need, without a shell, and knows where the checkout lies.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { accessSync, constants as access } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout, with a trailing slash. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A step cannot be done; the message tells the operator what to do. */
export class SetupError extends Error {}

/** Runs a program to its end; its output goes to the terminal unless `capture` is set.
 *  @param {string} program @param {string[]} args
 *  @param {{ cwd?: string, env?: NodeJS.ProcessEnv, capture?: boolean }} [options]
 *  @returns {Promise<{ code: number, output: string }>} code: exit code, 128 + signal, or 127 when the program does not
 *    exist */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const out = options.capture === true ? 'pipe' : 'inherit';
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ['ignore', out, out],
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => { resolve({ code: 127, output: error.message }); });
    child.on('close', (code, signal) => {
      const ended = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ code: ended, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

/** Where a program lies, or undefined. Looks in the sbin directories too: they are missing from an ordinary user's
 *  PATH. */
export function findProgram(name) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, access.X_OK);
    return true;
  } catch {
    return false;
  }
}

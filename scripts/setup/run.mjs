// Runs the programs that set-up and the checks need, without a shell, and knows where the checkout lies.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { accessSync, constants as access, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout, with a trailing slash. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A step cannot be done; the message tells the operator what to do. */
export class SetupError extends Error {}

/** Runs a program to its end; its output goes to the terminal unless `capture` is set.
 *  @param {string} program @param {string[]} args
 *  @param {{ cwd?: string, env?: NodeJS.ProcessEnv, capture?: boolean, deadlineMs?: number }} [options] deadlineMs:
 *    then the program and all that it has started are killed
 *  @returns {Promise<{ code: number, output: string, late: boolean }>} code: exit code, 128 + signal, or 127 when the
 *    program does not exist; late: it was killed at the deadline */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const out = options.capture === true ? 'pipe' : 'inherit';
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: ['ignore', out, out],
    });
    let late = false;
    const deadline = options.deadlineMs === undefined ? undefined : setTimeout(() => {
      late = true;
      killTree(child.pid);
    }, options.deadlineMs);
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => {
      clearTimeout(deadline);
      resolve({ code: 127, output: error.message, late });
    });
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      const ended = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ code: ended, output: Buffer.concat(chunks).toString('utf8'), late });
    });
  });
}

/** Kills a process and its descendants, each stopped first so that none can start another meanwhile. */
function killTree(pid) {
  const family = [pid];
  for (const each of family) {
    if (signal(each, 'SIGSTOP')) family.push(...childrenOf(each));
  }
  for (const each of family) signal(each, 'SIGKILL');
}

function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // it has ended
  }
}

function childrenOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
    return lists.flatMap((list) => list.split(' ').filter((word) => word !== '').map(Number));
  } catch {
    return []; // it has ended
  }
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

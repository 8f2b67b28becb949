// Lets one set-up work at a time in this checkout. The kernel holds the lock (flock on an open file), so it can never
// be stale: it ends with the process, however that ends.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, root, SetupError } from './run.mjs';

/** How long a set-up waits for another one in the same checkout. A cold one with Debian packages takes two or three
 *  minutes. */
const WAIT_S = 900;

/** Runs `work` while no other set-up runs in this checkout.
 *  @param {() => Promise<void>} work
 *  @param {string} [path] the file that is locked; made when missing
 *  @throws {SetupError} when the other set-up does not end in time */
export async function withLock(work, path = join(root, '.setup', 'lock')) {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a');
  try {
    lock(file);
    await work();
  } finally {
    closeSync(file);
  }
}

/** flock(1) locks the open file that it inherits from us as descriptor 3; the lock stays with our descriptor when it
 *  ends. */
function lock(file) {
  const flock = findProgram('flock');
  if (flock === undefined) throw new SetupError('flock is missing: install util-linux');
  const stdio = ['ignore', 'ignore', 'inherit', file];
  const isLocked = (...options) => spawnSync(flock, [...options, '3'], { stdio }).status === 0;
  if (isLocked('--nonblock')) return;
  console.error('setup: another set-up is at work in this checkout, waiting for it');
  if (!isLocked('--timeout', String(WAIT_S))) {
    throw new SetupError(`the other set-up did not end within ${WAIT_S} s`);
  }
}

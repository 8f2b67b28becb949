// A lock that makes this process the only one of its kind on a path. The kernel holds it (flock) and drops it when the
// process ends, however it ends; the file only tells who it was and is never removed, because removing it would let two
// processes lock two files.

import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

import { LOCK_EX, LOCK_NB } from './constants.js';
import { EAGAIN, errnoName } from './errno.js';
import { lockDescriptor } from './syscalls.js';

/** The lock, or who holds it: `holderPid` is what the holder wrote, undefined when it has not written yet. */
export type FileLock =
  | { readonly ok: true; release(): void }
  | { readonly ok: false; readonly holderPid: number | undefined };

/** Takes the lock on a file, made when missing (its directory must exist), and writes the process id into it. Never
 *  waits. The descriptor is close-on-exec: children do not keep the lock alive.
 *  @throws {NodeJS.ErrnoException} when the file cannot be opened, written or locked for another reason than a holder
 */
export function lockFile(path: string): FileLock {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  const result = lockDescriptor(fd, LOCK_EX | LOCK_NB);
  if (result < 0) {
    const holder = Number.parseInt(readFileSync(fd, 'utf8'), 10);
    closeSync(fd);
    if (result !== EAGAIN) throw Object.assign(new Error(`cannot lock ${path}`), { code: errnoName(result), path });
    return { ok: false, holderPid: Number.isNaN(holder) ? undefined : holder };
  }
  ftruncateSync(fd);
  writeSync(fd, `${String(process.pid)}\n`, 0);
  let held = true;
  return {
    ok: true,
    release(): void {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

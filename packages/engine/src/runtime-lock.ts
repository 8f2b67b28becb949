// The lock on the runtime directory: who holds it is the daemon there, or acts in the place of a dead one.

import { BatonError, describeError } from '@baton/base';
import { lockFile, makeDirectories, type FileLock } from '@baton/linux';
import { join } from 'node:path';

/** The lock, held. */
export type RuntimeLock = Extract<FileLock, { ok: true }>;

/** Takes the lock that makes this daemon the only one on its runtime directory. The kernel drops it when the process
 *  dies, however it dies.
 *  @throws {BatonError} ERR_ENGINE_ALREADY_RUNNING when another process has it, ERR_ENGINE_RUNTIME_DIRECTORY when the
 *    directory cannot be used */
export function takeRuntimeLock(directory: string): RuntimeLock {
  try {
    makeDirectories(directory, 0o750);
  } catch (cause) {
    throw new BatonError(
      'ERR_ENGINE_RUNTIME_DIRECTORY',
      `cannot make the runtime directory ${directory}: ${describeError(cause)}`,
      {
        cause,
        hint: 'make it writable for the service, or set runtime_directory',
      },
    );
  }
  const lock = openLock(join(directory, 'baton.lock'));
  if (lock.ok) return lock;
  const holder = lock.holderPid === undefined ? 'another process' : `process ${String(lock.holderPid)}`;
  throw new BatonError('ERR_ENGINE_ALREADY_RUNNING', `a Baton daemon is already running on ${directory} (${holder})`, {
    hint: 'stop it first; one daemon runs all virtual routers of a host',
  });
}

function openLock(path: string): FileLock {
  try {
    return lockFile(path);
  } catch (cause) {
    throw new BatonError('ERR_ENGINE_RUNTIME_DIRECTORY', `cannot lock ${path}: ${describeError(cause)}`, {
      cause,
      hint: 'make it writable for the service, or set runtime_directory',
    });
  }
}

// Reads a file that holds a secret, and refuses it when somebody else could have read or written it.

import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { errnoOf } from './errno.js';

/** Largest file of a secret, bytes. */
const MAX_SECRET_BYTES = 4096;

/** The text of a secret without the line end behind it, or why there is none; the message follows the file's name. */
export type SecretResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Reads a secret. What was examined is what is read: the file is opened once.
 *  @param file absolute */
export function readSecretFile(file: string): SecretResult {
  let descriptor;
  try {
    // Without O_NONBLOCK a FIFO in this place would stop the process.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return unopened(errnoOf(error) ?? 'unknown error');
  }
  try {
    const { mode, uid, size } = fstatSync(descriptor);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return refused('secret-unreadable', 'is not a regular file');
    const exposure = exposureOf(mode, uid);
    if (exposure !== undefined) return refused('secret-exposed', exposure);
    if (size > MAX_SECRET_BYTES) return refused('wrong-secret', `is larger than ${String(MAX_SECRET_BYTES)} bytes`);
    const bytes = readFileSync(descriptor);
    if (!isUtf8(bytes)) return refused('wrong-secret', 'is not text');
    return { ok: true, text: bytes.toString('utf8').replace(/\r?\n$/, '') };
  } finally {
    closeSync(descriptor);
  }
}

/** Who else could read or change it. Its group may read it: that is how a service gets a secret that root keeps. */
function exposureOf(mode: number, uid: number): string | undefined {
  if ((mode & 0o007) !== 0) return 'is open to every user; run chmod o-rwx';
  if ((mode & 0o020) !== 0) return 'can be changed by its group; run chmod g-w';
  if (uid === 0 || uid === process.geteuid?.()) return undefined;
  return `belongs to another user (uid ${String(uid)}); run chown root`;
}

function unopened(errno: string): SecretResult {
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return refused('secret-missing', 'does not exist');
    case 'EACCES':
    case 'EPERM':
      return refused('secret-unreadable', 'cannot be read by this user; run this as root, or as the service does');
    default:
      return refused('secret-unreadable', `cannot be read (${errno})`);
  }
}

function refused(code: string, message: string): SecretResult {
  return { ok: false, code, message };
}

// A lock on a name that makes one process the only holder of it in a network namespace, whatever files the processes
// see: a socket that listens on an abstract unix address (unix(7)). The kernel drops it when the process ends, however
// it ends. Anybody may bind any such name: whoever is refused must look who the holder is.

import { AF_UNIX, SOCK_STREAM, SOL_SOCKET, SO_PEERCRED } from './constants.js';
import { EADDRINUSE, errnoName } from './errno.js';
import { encodeUnixAddress } from './socket-address.js';
import { bindSocket, closeDescriptor, connectSocket, listenOn, openSocket, readSocketOption } from './syscalls.js';

/** Who holds a name, by the kernel's word (SO_PEERCRED). */
export interface NameHolder {
  /** Undefined when it lives in a process namespace that this process cannot see. */
  readonly pid: number | undefined;
  /** Effective user id when it took the lock. */
  readonly uid: number;
}

/** The lock, or who holds it: undefined when somebody has bound the name and does not listen on it. */
export type NameLock =
  | { readonly ok: true; release(): void }
  | { readonly ok: false; readonly holder: NameHolder | undefined };

/** Connections are never accepted: each one who asks who holds the lock leaves one waiting. Linux's own upper limit. */
const BACKLOG = 4096;
/** struct ucred <sys/socket.h>: pid, uid, gid, 4 bytes each. */
const CREDENTIALS_BYTES = 12;

/** Takes the lock on a name. Never waits; children do not keep it.
 *  @param name 1–106 bytes as UTF-8
 *  @throws {NodeJS.ErrnoException} for another reason than a holder; ENAMETOOLONG when the name does not fit */
export function lockName(name: string): NameLock {
  const address = encodeUnixAddress(`@${name}`);
  if (address === undefined) throw failure(name, 'ENAMETOOLONG');
  const fd = openSocket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) throw failure(name, errnoName(fd));
  const bound = bindSocket(fd, address);
  const result = bound < 0 ? bound : listenOn(fd, BACKLOG);
  if (result < 0) {
    closeDescriptor(fd);
    if (result !== EADDRINUSE) throw failure(name, errnoName(result));
    return { ok: false, holder: findHolder(name, address) };
  }
  let held = true;
  return {
    ok: true,
    release(): void {
      if (held) closeDescriptor(fd);
      held = false;
    },
  };
}

function findHolder(name: string, address: Uint8Array): NameHolder | undefined {
  const fd = openSocket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) throw failure(name, errnoName(fd));
  const credentials = new Uint8Array(CREDENTIALS_BYTES);
  const connected = connectSocket(fd, address);
  const result = connected < 0 ? connected : readSocketOption(fd, SOL_SOCKET, SO_PEERCRED, credentials);
  closeDescriptor(fd);
  if (result < 0) return undefined;
  const view = new DataView(credentials.buffer);
  const pid = view.getInt32(0, true);
  return { pid: pid === 0 ? undefined : pid, uid: view.getUint32(4, true) };
}

function failure(name: string, code: string): Error {
  return Object.assign(new Error(`cannot lock the name ${name}: ${code}`), { code });
}

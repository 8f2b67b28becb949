// The driver on the npm package raw-socket, which is compiled on installation and may be missing. The package is frozen
// code; what it gets wrong is put right here: a socket that nobody holds is collected and goes deaf, all messages share
// one buffer, descriptors are inherited by child processes, send() after close() makes a new socket, and what a message
// listener throws is reported as a read error.

import { createRequire } from 'node:module';

import { BatonError, assert } from '@baton/base';
import { AF_INET, SOCK_RAW, closeDescriptor, findSockets, openSocket, setCloseOnExec } from '@baton/linux';

import type { NetErrorCode } from '../index.js';
import { type DriverSocket, ADVERTISEMENT_PROTOCOL } from './advertisement-socket.js';
import { DATAGRAM_LIMIT_BYTES } from './socket-family.js';
import { socketFailure } from './socket-failure.js';

/** The part of raw-socket that is used. */
interface RawSocketModule {
  createSocket(options: { protocol: number; addressFamily: number; bufferSize: number }): RawSocket;
  readonly AddressFamily: { readonly IPv4: number };
}

interface RawSocket {
  on(event: 'message', listener: (buffer: Buffer, source: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'close', listener: () => void): void;
  close(): void;
}

/** The loaded package, or why there is none. */
export type LoadedDriver =
  | { readonly ok: true; readonly open: () => DriverSocket }
  | { readonly ok: false; readonly cause: unknown };

/** Loads the package, or tells why it cannot: not installed, or not built for this Node. */
export function loadRawSocket(): LoadedDriver {
  try {
    const module = createRequire(import.meta.url)('raw-socket') as RawSocketModule;
    return { ok: true, open: () => openRawSocket(module) };
  } catch (cause) {
    return { ok: false, cause };
  }
}

/** Opens a raw socket of protocol 112.
 *  @throws {BatonError<NetErrorCode>} without CAP_NET_RAW, or when the kernel refuses otherwise */
function openRawSocket(module: RawSocketModule): DriverSocket {
  const before = new Set(listSockets());
  const socket = createSocket(module);
  const fd = findDescriptor(socket, before);
  sockets.add(socket);
  const inherited = setCloseOnExec(fd);
  assert(inherited.ok, 'an open descriptor can be set close-on-exec');
  let closing = false;
  // A readiness that drain() has already answered, or a link that went down: the next readable moment is reported
  // again.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    assert(closing, 'raw-socket closes only when told');
  });
  return {
    fd,
    listen(arrived): void {
      socket.on('message', (shared) => {
        try {
          arrived(Uint8Array.from(shared));
        } catch (error) {
          // The package would report it as a failed reading.
          setImmediate(() => {
            throw error;
          });
        }
      });
    },
    close(): void {
      closing = true;
      sockets.delete(socket);
      socket.close();
    },
  };
}

// Held for as long as they are open: see the head of the file.
const sockets = new Set<RawSocket>();

function createSocket(module: RawSocketModule): RawSocket {
  try {
    return module.createSocket({
      protocol: ADVERTISEMENT_PROTOCOL, addressFamily: module.AddressFamily.IPv4, bufferSize: DATAGRAM_LIMIT_BYTES,
    });
  } catch (cause) {
    // The package only gives the text of the error: the kernel is asked the same again for its number.
    const result = openSocket(AF_INET, SOCK_RAW, ADVERTISEMENT_PROTOCOL);
    if (result < 0) throw socketFailure('a raw socket', result, cause);
    closeDescriptor(result);
    throw new BatonError<NetErrorCode>('ERR_NET_SOCKET_FAILED', 'cannot open a raw socket', { cause });
  }
}

/** The descriptor of a socket that was just made; the socket is closed when it cannot be found. */
function findDescriptor(socket: RawSocket, before: ReadonlySet<number>): number {
  let found: readonly number[];
  try {
    found = listSockets().filter((candidate) => !before.has(candidate));
  } catch (error) {
    socket.close();
    throw error;
  }
  const [fd, ...others] = found;
  assert(fd !== undefined && others.length === 0, 'a new raw socket is exactly one new descriptor');
  return fd;
}

/** Looking takes a descriptor for a moment, and there may be none left. */
function listSockets(): number[] {
  try {
    return findSockets(SOCK_RAW, ADVERTISEMENT_PROTOCOL);
  } catch (cause) {
    throw new BatonError<NetErrorCode>('ERR_NET_SOCKET_FAILED', 'cannot look at the open descriptors', { cause });
  }
}

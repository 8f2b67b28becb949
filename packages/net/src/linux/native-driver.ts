// The driver that needs no compiler: raw sockets by system calls of our own, readiness from the event loop through
// koffi.

import { BatonError } from '@baton/base';
import { AF_INET, SOCK_RAW, closeDescriptor, errnoName, openSocket, watchReadable } from '@baton/linux';
import type { Watch } from '@baton/linux';

import type { NetErrorCode } from '../index.js';
import { type DriverSocket, ADVERTISEMENT_PROTOCOL } from './advertisement-socket.js';

/** Opens a raw socket of protocol 112.
 *  @throws {BatonError<NetErrorCode>} without CAP_NET_RAW, or when the kernel has no descriptor left */
export function openNativeSocket(): DriverSocket {
  const fd = openSocket(AF_INET, SOCK_RAW, ADVERTISEMENT_PROTOCOL);
  if (fd < 0) {
    const errno = errnoName(fd);
    if (errno === 'EPERM') {
      throw new BatonError<NetErrorCode>('ERR_NET_RAW_SOCKET_DENIED', 'cannot open a raw socket', {
        details: { errno }, hint: 'grant CAP_NET_RAW to the service',
      });
    }
    const problem = `cannot open a raw socket: ${errno}`;
    throw new BatonError<NetErrorCode>('ERR_NET_SOCKET_FAILED', problem, { details: { errno } });
  }
  let watch: Watch | undefined;
  return {
    fd,
    listen(arrived): void {
      watch = watchReadable(fd, () => {
        arrived(undefined);
      });
    },
    close(): void {
      watch?.close();
      closeDescriptor(fd);
    },
  };
}

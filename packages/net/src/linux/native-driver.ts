// The driver that needs no compiler: raw sockets by system calls of our own, readiness from the event loop through
// koffi.

import { SOCK_RAW, closeDescriptor, openSocket, watchReadable, type Watch } from '@baton/linux';

import { ADVERTISEMENT_PROTOCOL, type DriverSocket } from './advertisement-socket.js';
import { socketFailure } from './socket-failure.js';

/** Opens a raw socket of protocol 112.
 *  @param domain AF_INET or AF_INET6
 *  @throws {BatonError<NetErrorCode>} without CAP_NET_RAW, or when the kernel has no descriptor left */
export function openNativeSocket(domain: number): DriverSocket {
  const fd = openSocket(domain, SOCK_RAW, ADVERTISEMENT_PROTOCOL);
  if (fd < 0) throw socketFailure('a raw socket', fd);
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

// Tells the service manager how this process is (the protocol of sd_notify(3)): one datagram of NAME=value lines to
// $NOTIFY_SOCKET.

import { AF_UNIX, SOCK_DGRAM } from './constants.js';
import { type Outcome, asOutcome } from './errno.js';
import { encodeUnixAddress } from './socket-address.js';
import { closeDescriptor, openSocket, sendTo } from './syscalls.js';

/** Sends assignments such as `{ READY: '1', STATUS: 'master of web' }`. Never blocks.
 *  @param socketName the value of NOTIFY_SOCKET: a path, or an abstract name beginning with `@`
 *  @returns the errno when nobody listens or the receiver is full */
export function notifyService(socketName: string, assignments: Readonly<Record<string, string>>): Outcome {
  const address = encodeUnixAddress(socketName);
  if (address === undefined) return { ok: false, errno: 'ENAMETOOLONG' };
  const lines = Object.entries(assignments).map(([name, value]) => `${name}=${value.replaceAll('\n', ' ')}`);
  const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  if (fd < 0) return asOutcome(fd);
  const sent = sendTo(fd, new TextEncoder().encode(lines.join('\n')), address);
  closeDescriptor(fd);
  return asOutcome(sent);
}

// File descriptors of this process: pipes, close-on-exec, and which of them are sockets of a given kind. Knows no
// protocol.

import { readdirSync } from 'node:fs';

import { F_GETFD, F_SETFD, FD_CLOEXEC, SO_PROTOCOL, SO_TYPE, SOL_SOCKET } from './constants.js';
import { type Outcome, asOutcome, errnoName } from './errno.js';
import { controlDescriptor, getSocketOption, makePipe } from './syscalls.js';

/** The two ends of a pipe; whoever opened it closes both. */
export type Pipe =
  | { readonly ok: true; readonly readFd: number; readonly writeFd: number }
  | { readonly ok: false; readonly errno: string };

/** Opens a pipe, close-on-exec. A program that is given one end can open it again as /dev/stdin or /dev/stdout, which
 *  the kernel refuses for sockets, and sockets are what Node calls a pipe.
 *  @returns EMFILE or ENFILE when there is no descriptor left */
export function openPipe(): Pipe {
  const ends = new Int32Array(2);
  const result = makePipe(ends);
  if (result < 0) return { ok: false, errno: errnoName(result) };
  const [readFd = -1, writeFd = -1] = ends;
  return { ok: true, readFd, writeFd };
}

/** Keeps the descriptor from being inherited by the programs this process starts. */
export function setCloseOnExec(fd: number): Outcome {
  const flags = controlDescriptor(fd, F_GETFD, 0);
  return asOutcome(flags < 0 ? flags : controlDescriptor(fd, F_SETFD, flags | FD_CLOEXEC));
}

/** Every open descriptor of this process that is a socket of this type and protocol, in ascending order.
 *  Comparing two answers finds the descriptor that a library opened and does not tell. */
export function findSockets(type: number, protocol: number): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => getSocketOption(fd, SOL_SOCKET, SO_TYPE) === type)
    .filter((fd) => getSocketOption(fd, SOL_SOCKET, SO_PROTOCOL) === protocol)
    .sort((a, b) => a - b);
}

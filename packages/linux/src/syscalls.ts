// The only file that names a C type. Each function is one system call: lengths are taken from the bytes given, so that
// no caller can make the kernel read or write beyond them (a wrong pointer would kill the process), and the answer is
// what the kernel itself would say: the result, or the negated errno. Knows no protocol and keeps nothing, except the
// poll handles that must not be collected.

import { endianness } from 'node:os';

import { assert } from '@baton/base';
import koffi from 'koffi';

import {
  AF_UNIX, INTERFACE_NAME_BYTES, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_TRUNC, O_CLOEXEC, SIOCGIFINDEX, SOCK_CLOEXEC,
  SOCK_DGRAM, SOCK_NONBLOCK,
} from './constants.js';
import { ENODEV } from './errno.js';

assert(endianness() === 'LE', 'structures are laid out for little-endian machines');

const libc = koffi.load(null);

type Call<Arguments extends readonly unknown[]> = (...values: Arguments) => number;

const IOVEC = koffi.struct({ iov_base: 'void *', iov_len: 'size_t' });
const MSGHDR = koffi.struct({
  msg_name: 'void *', msg_namelen: 'unsigned int', msg_iov: koffi.pointer(IOVEC), msg_iovlen: 'size_t',
  msg_control: 'void *', msg_controllen: 'size_t', msg_flags: 'int',
});

/** What MSGHDR is made from, and what koffi writes back into it. */
interface MessageHeader {
  readonly msg_name: Uint8Array | null;
  readonly msg_namelen: number;
  readonly msg_iov: readonly { readonly iov_base: Uint8Array; readonly iov_len: number }[];
  readonly msg_iovlen: number;
  readonly msg_control: Uint8Array | null;
  readonly msg_controllen: number;
  readonly msg_flags: number;
}

const c = {
  socket: libc.func('int socket(int, int, int)') as Call<[number, number, number]>,
  bind: libc.func('int bind(int, void *, unsigned int)') as Call<[number, Uint8Array, number]>,
  listen: libc.func('int listen(int, int)') as Call<[number, number]>,
  connect: libc.func('int connect(int, void *, unsigned int)') as Call<[number, Uint8Array, number]>,
  setsockopt: libc.func('int setsockopt(int, int, int, void *, unsigned int)') as
    Call<[number, number, number, Uint8Array, number]>,
  getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)') as
    Call<[number, number, number, Uint8Array, Uint8Array]>,
  sendto: libc.func('long sendto(int, void *, size_t, int, void *, unsigned int)') as
    Call<[number, Uint8Array, number, number, Uint8Array | null, number]>,
  recv: libc.func('long recv(int, void *, size_t, int)') as Call<[number, Uint8Array, number, number]>,
  sendmsg: libc.func('sendmsg', 'long', ['int', koffi.pointer(MSGHDR), 'int']) as
    Call<[number, MessageHeader, number]>,
  recvmsg: libc.func('recvmsg', 'long', ['int', koffi.inout(koffi.pointer(MSGHDR)), 'int']) as
    Call<[number, MessageHeader, number]>,
  pipe2: libc.func('int pipe2(void *, int)') as Call<[Uint8Array, number]>,
  fcntl: libc.func('int fcntl(int, int, long)') as Call<[number, number, number]>,
  flock: libc.func('int flock(int, int)') as Call<[number, number]>,
  close: libc.func('int close(int)') as Call<[number]>,
  ioctl: libc.func('int ioctl(int, unsigned long, void *)') as Call<[number, number, Uint8Array]>,
  prctl: libc.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)') as
    Call<[number, number, number, number, number]>,
  capget: libc.func('int capget(void *, void *)') as Call<[Uint8Array, Uint8Array]>,
  capset: libc.func('int capset(void *, void *)') as Call<[Uint8Array, Uint8Array]>,
  schedSetscheduler: libc.func('int sched_setscheduler(int, int, void *)') as Call<[number, number, Uint8Array]>,
};

/** What a call gave: zero or more on success, the negated errno on failure; `errnoName` reads it. */
export type SyscallResult = number;

/** socket(2), always close-on-exec and non-blocking.
 *  @returns the descriptor */
export function openSocket(family: number, type: number, protocol: number): SyscallResult {
  return outcome(c.socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
}

/** bind(2) to an encoded socket address (see socket-address.ts). */
export function bindSocket(fd: number, address: Uint8Array): SyscallResult {
  return outcome(c.bind(fd, address, address.length));
}

/** listen(2).
 *  @param backlog how many connections may wait */
export function listenOn(fd: number, backlog: number): SyscallResult {
  return outcome(c.listen(fd, backlog));
}

/** connect(2) to an encoded socket address.
 *  @returns -EAGAIN when the unix socket there has as many connections waiting as it takes */
export function connectSocket(fd: number, address: Uint8Array): SyscallResult {
  return outcome(c.connect(fd, address, address.length));
}

/** setsockopt(2) with a structure, or with a C int. */
export function setSocketOption(fd: number, level: number, option: number, value: Uint8Array | number): SyscallResult {
  const bytes = typeof value === 'number' ? encodeInt(value) : value;
  return outcome(c.setsockopt(fd, level, option, bytes, bytes.length));
}

/** getsockopt(2) of a C int. */
export function getSocketOption(fd: number, level: number, option: number): SyscallResult {
  const value = encodeInt(0);
  const result = outcome(c.getsockopt(fd, level, option, value, encodeInt(value.length)));
  return result < 0 ? result : new DataView(value.buffer).getInt32(0, true);
}

/** getsockopt(2) of a structure, as much of it as `value` has room for. */
export function readSocketOption(fd: number, level: number, option: number, value: Uint8Array): SyscallResult {
  return outcome(c.getsockopt(fd, level, option, value, encodeInt(value.length)));
}

/** sendto(2), or send(2) where the socket knows its peer. Never blocks, never raises SIGPIPE.
 *  @returns how many bytes the kernel took */
export function sendTo(fd: number, payload: Uint8Array, address: Uint8Array | undefined): SyscallResult {
  const length = address === undefined ? 0 : address.length;
  return outcome(c.sendto(fd, payload, payload.length, MSG_DONTWAIT | MSG_NOSIGNAL, address ?? null, length));
}

/** recv(2), never blocks.
 *  @returns the length of the datagram, which is larger than the buffer when the rest of it was cut off; -EAGAIN when
 *    there is none */
export function receive(fd: number, buffer: Uint8Array): SyscallResult {
  return outcome(c.recv(fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC));
}

/** sendmsg(2) of one datagram. Never blocks, never raises SIGPIPE.
 *  @param address where to (see socket-address.ts)
 *  @param control what accompanies it (see control-message.ts)
 *  @returns how many bytes the kernel took */
export function sendMessage(fd: number, payload: Uint8Array, address: Uint8Array, control: Uint8Array): SyscallResult {
  return outcome(c.sendmsg(fd, messageHeader(payload, address, control), MSG_DONTWAIT | MSG_NOSIGNAL));
}

/** What recvmsg(2) gave. */
export interface ReceivedMessage {
  /** The length of the datagram, which is larger than the buffer when the rest of it was cut off; -EAGAIN when there is
   *  none. */
  readonly result: SyscallResult;
  /** What the kernel said of it: the part of `control` that it filled. */
  readonly control: Uint8Array;
}

/** recvmsg(2), never blocks.
 *  @param address gets whom it is from; as long as the addresses of the socket's family
 *  @param control room for what the kernel says of it */
export function receiveMessage(
  fd: number, buffer: Uint8Array, address: Uint8Array, control: Uint8Array,
): ReceivedMessage {
  const header = messageHeader(buffer, address, control);
  const result = outcome(c.recvmsg(fd, header, MSG_DONTWAIT | MSG_TRUNC));
  return { result, control: control.subarray(0, result < 0 ? 0 : header.msg_controllen) };
}

/** pipe2(2), both ends close-on-exec and blocking.
 *  @param ends gets the descriptors, the reading end first */
export function makePipe(ends: Int32Array): SyscallResult {
  assert(ends.length === 2, 'a pipe has two ends');
  return outcome(c.pipe2(new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength), O_CLOEXEC));
}

/** fcntl(2) with a number as its argument. */
export function controlDescriptor(fd: number, command: number, argument: number): SyscallResult {
  return outcome(c.fcntl(fd, command, argument));
}

/** flock(2). */
export function lockDescriptor(fd: number, operation: number): SyscallResult {
  return outcome(c.flock(fd, operation));
}

/** close(2). */
export function closeDescriptor(fd: number): SyscallResult {
  return outcome(c.close(fd));
}

/** The index of an interface in the network namespace of this process. Not by if_nametoindex(3), which loses the errno
 *  when it finds no socket to ask with.
 *  @returns -ENODEV when there is none of this name. Any other errno, such as -EMFILE, says nothing about the interface
 */
export function interfaceIndex(name: string): SyscallResult {
  const text = new TextEncoder().encode(name);
  if (text.length === 0 || text.length >= INTERFACE_NAME_BYTES) return ENODEV;
  const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  // struct ifreq <linux/if.h>: the name, and a union of which the index is one
  const request = new Uint8Array(40);
  request.set(text);
  const result = outcome(c.ioctl(fd, SIOCGIFINDEX, request));
  c.close(fd);
  return result < 0 ? result : new DataView(request.buffer).getInt32(INTERFACE_NAME_BYTES, true);
}

/** prctl(2) with one argument. */
export function controlProcess(option: number, argument: number): SyscallResult {
  return outcome(c.prctl(option, argument, 0, 0, 0));
}

/** capget(2), version 3: fills `data` (24 bytes: effective, permitted, inheritable of the low half, then of the high
 *  half). */
export function readCapabilities(header: Uint8Array, data: Uint8Array): SyscallResult {
  assert(header.length === 8 && data.length === 24, 'capability structures are 8 and 24 bytes');
  return outcome(c.capget(header, data));
}

/** capset(2), version 3; the structures are those of readCapabilities. */
export function writeCapabilities(header: Uint8Array, data: Uint8Array): SyscallResult {
  assert(header.length === 8 && data.length === 24, 'capability structures are 8 and 24 bytes');
  return outcome(c.capset(header, data));
}

/** sched_setscheduler(2) of the calling thread: in Node the one that runs JavaScript. */
export function setScheduler(policy: number, priority: number): SyscallResult {
  return outcome(c.schedSetscheduler(0, policy, encodeInt(priority)));
}

/** Something that goes on until it is closed. */
export interface Watch {
  /** Closing twice is harmless. */
  close(): void;
}

/** Calls back from the event loop while the descriptor has something to read, or an error to be read by `receive`.
 *  The descriptor stays the caller's: close the watch first, then the descriptor. */
export function watchReadable(fd: number, readable: () => void): Watch {
  let open = true;
  const arrived = (status: unknown): void => {
    try {
      readable();
    } catch (error) {
      // What a poll callback throws is lost; thrown from a callback of Node's own, it ends the process as it should.
      setImmediate(() => {
        throw error;
      });
    }
    // libuv stops polling when the socket carries an error (netlink overrun); the error is read by now, so it may begin
    // again.
    if (typeof status === 'number' && status < 0 && open) handle.start({ readable: true }, arrived);
  };
  const handle = koffi.node.poll(fd, { readable: true }, arrived);
  const watch = {
    close(): void {
      open = false;
      handle.close();
      watches.delete(watch);
    },
    handle,
  };
  watches.add(watch);
  return watch;
}

// A poll handle that nobody holds is collected, and its descriptor goes deaf without a word.
const watches = new Set<Watch>();

function outcome(result: number): SyscallResult {
  return result >= 0 ? result : -koffi.errno();
}

function messageHeader(payload: Uint8Array, address: Uint8Array, control: Uint8Array): MessageHeader {
  return {
    msg_name: address, msg_namelen: address.length,
    msg_iov: [{ iov_base: payload, iov_len: payload.length }], msg_iovlen: 1,
    msg_control: control, msg_controllen: control.length, msg_flags: 0,
  };
}

function encodeInt(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Int32Array.of(value).buffer);
}

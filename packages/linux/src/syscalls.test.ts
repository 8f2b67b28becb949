import { closeSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from '@jest/globals';

import { AF_UNIX, F_GETFD, SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF, SO_TYPE } from './constants.js';
import { findSockets, openPipe, setCloseOnExec } from './descriptor.js';
import { EAGAIN, errnoName } from './errno.js';
import { notifyService } from './service-notify.js';
import { encodeUnixAddress } from './socket-address.js';
import {
  bindSocket, closeDescriptor, controlDescriptor, getSocketOption, interfaceIndex, openSocket, receive, receiveMessage,
  sendMessage, sendTo, setSocketOption, watchReadable,
} from './syscalls.js';

const SO_PASSCRED = 16;

const directory = mkdtempSync(join(tmpdir(), 'baton-linux-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** A datagram socket bound to a new path. */
function openReceiver(name: string): { fd: number; path: string; address: Uint8Array } {
  const path = name.startsWith('@') ? name : join(directory, name);
  const address = encodeUnixAddress(path) ?? new Uint8Array();
  const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  expect(bindSocket(fd, address)).toBe(0);
  return { fd, path, address };
}

function read(fd: number, size = 100): string {
  const buffer = new Uint8Array(size);
  const length = receive(fd, buffer);
  return length < 0 ? errnoName(length) : Buffer.from(buffer.subarray(0, length)).toString();
}

describe('pipes', () => {
  test('carry bytes from one end to the other, are no sockets, and are close-on-exec from the first moment', () => {
    const pipe = openPipe();
    if (!pipe.ok) throw new Error(pipe.errno);
    const { readFd, writeFd } = pipe;
    expect([readFd, writeFd].map((fd) => controlDescriptor(fd, F_GETFD, 0))).toEqual([1, 1]);
    expect(readlinkSync(`/proc/self/fd/${String(readFd)}`)).toMatch(/^pipe:/u);
    writeSync(writeFd, 'through');
    closeSync(writeFd);
    expect(readFileSync(readFd, 'utf8')).toBe('through');
    closeSync(readFd);
  });
});

describe('sockets', () => {
  test('are close-on-exec from the first moment', () => {
    const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
    expect(controlDescriptor(fd, F_GETFD, 0)).toBe(1);
    closeDescriptor(fd);
  });

  test('a datagram that is longer than the buffer is cut, and its length is told', () => {
    const { fd, address } = openReceiver('cut');
    expect(sendTo(fd, Buffer.from('abcdef'), address)).toBe(6);
    const buffer = new Uint8Array(8).fill(0x2e);
    expect(receive(fd, buffer.subarray(2, 5))).toBe(6);
    expect(Buffer.from(buffer).toString()).toBe('..abc...');
    closeDescriptor(fd);
  });

  test('a message carries a payload to an address, and tells whom it is from and how long it was', () => {
    const from = openReceiver('message-from');
    const to = openReceiver('message-to');
    const none = new Uint8Array();
    expect(sendMessage(from.fd, Buffer.from('abcdef'), to.address, none)).toBe(6);
    const [buffer, address, control] = [new Uint8Array(4), new Uint8Array(110), new Uint8Array(64)];
    expect(receiveMessage(to.fd, buffer, address, control)).toEqual({ result: 6, control: none });
    expect(Buffer.from(buffer).toString()).toBe('abcd');
    expect(address.slice(0, from.address.length)).toEqual(from.address);
    expect(receiveMessage(to.fd, buffer, address, control)).toEqual({ result: EAGAIN, control: none });
    closeDescriptor(from.fd);
    closeDescriptor(to.fd);
  });

  test('what accompanies a message comes with it', () => {
    const { fd, address } = openReceiver('credentials');
    expect(setSocketOption(fd, SOL_SOCKET, SO_PASSCRED, 1)).toBe(0);
    expect(sendTo(fd, Buffer.from('x'), address)).toBe(1);
    const { result, control } = receiveMessage(fd, new Uint8Array(8), new Uint8Array(110), new Uint8Array(64));
    // struct cmsghdr, then struct ucred, which begins with the sender's process.
    const [headerBytes, ucredBytes] = [16, 12];
    expect([result, control.length >= headerBytes + ucredBytes]).toEqual([1, true]);
    expect(new DataView(control.buffer, headerBytes).getInt32(0, true)).toBe(process.pid);
    closeDescriptor(fd);
  });

  test('a message that the kernel does not take is a negated errno', () => {
    const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
    const nobody = encodeUnixAddress(join(directory, 'nobody-there')) ?? new Uint8Array();
    expect(errnoName(sendMessage(fd, new Uint8Array(1), nobody, new Uint8Array()))).toBe('ENOENT');
    closeDescriptor(fd);
  });

  test('nothing to read is EAGAIN and does not wait', () => {
    const { fd } = openReceiver('empty');
    expect(receive(fd, new Uint8Array(1))).toBe(EAGAIN);
    closeDescriptor(fd);
  });

  test('options are set and read as C ints', () => {
    const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
    expect(getSocketOption(fd, SOL_SOCKET, SO_TYPE)).toBe(SOCK_DGRAM);
    expect(setSocketOption(fd, SOL_SOCKET, SO_RCVBUF, 20_000)).toBe(0);
    expect(getSocketOption(fd, SOL_SOCKET, SO_RCVBUF)).toBe(40_000);
    closeDescriptor(fd);
  });

  test('failures are negated errnos', () => {
    expect(errnoName(openSocket(99, SOCK_DGRAM, 0))).toBe('EAFNOSUPPORT');
    expect(errnoName(closeDescriptor(-1))).toBe('EBADF');
    expect(errnoName(interfaceIndex('no-such-link'))).toBe('ENODEV');
    expect(errnoName(interfaceIndex(''))).toBe('ENODEV');
    expect(errnoName(interfaceIndex('lo'.repeat(8)))).toBe('ENODEV');
    expect(interfaceIndex('lo')).toBe(1);
  });
});

describe('descriptors', () => {
  test('a socket is found by its kind', () => {
    const before = findSockets(SOCK_DGRAM, 0);
    const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
    expect(findSockets(SOCK_DGRAM, 0).filter((other) => !before.includes(other))).toEqual([fd]);
    expect(readlinkSync(`/proc/self/fd/${String(fd)}`)).toMatch(/^socket:/);
    closeDescriptor(fd);
  });

  test('close-on-exec is set, and refused for what is no descriptor', () => {
    const fd = openSync(directory, 'r');
    expect(setCloseOnExec(fd)).toEqual({ ok: true });
    closeSync(fd);
    expect(setCloseOnExec(-1)).toEqual({ ok: false, errno: 'EBADF' });
  });
});

describe('watchReadable', () => {
  test('calls back while there is something to read, and not after it is closed', async () => {
    const { fd, address } = openReceiver('watched');
    const heard: string[] = [];
    await new Promise<void>((resolve) => {
      const watch = watchReadable(fd, () => {
        heard.push(read(fd));
        if (heard.length < 3) return;
        watch.close();
        watch.close();
        resolve();
      });
      for (const text of ['a', 'b', 'c', 'd']) sendTo(fd, Buffer.from(text), address);
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(['a', 'b', 'c']);
    expect(read(fd)).toBe('d');
    closeDescriptor(fd);
  });
});

describe('notifyService', () => {
  test.each(['notify', `@baton-test-${String(process.pid)}`])('sends lines to %s', (name) => {
    const { fd, path } = openReceiver(name);
    expect(notifyService(path, { READY: '1', STATUS: 'master\nof web' })).toEqual({ ok: true });
    expect(read(fd)).toBe('READY=1\nSTATUS=master of web');
    closeDescriptor(fd);
  });

  test('tells when nobody listens', () => {
    expect(notifyService(join(directory, 'nobody'), { READY: '1' })).toEqual({ ok: false, errno: 'ENOENT' });
    expect(notifyService('', { READY: '1' })).toEqual({ ok: false, errno: 'ENAMETOOLONG' });
  });
});

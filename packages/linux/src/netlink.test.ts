import { closeSync, openSync } from 'node:fs';

import { describe, expect, test } from '@jest/globals';

import { NETLINK_ROUTE, NLMSG_DONE, NLMSG_ERROR, NLM_F_DUMP_INTR, SOCK_RAW } from './constants.js';
import { findSockets } from './descriptor.js';
import { EAGAIN, ENOBUFS, ENODEV, errnoName } from './errno.js';
import {
  NetlinkMonitor, NetlinkSocket, decodeMessages, encodeMessage, readAnswer, readBatchResult,
} from './netlink.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

describe('messages', () => {
  const message = { type: 0x14, flags: 0x605, sequence: 7, body: Uint8Array.of(1, 2, 3, 4, 5) };

  test('a header is 16 bytes in host order and the body is padded to 4', () => {
    expect(hex(encodeMessage(message))).toBe(
      '15000000' + '1400' + '0506' + '07000000' + '00000000' + '0102030405000000');
  });

  test('several messages of one datagram are read in order', () => {
    const datagram = Uint8Array.from([...encodeMessage(message), ...encodeMessage({ ...message, sequence: 8 })]);
    expect(decodeMessages(datagram)).toEqual([message, { ...message, sequence: 8 }]);
  });

  test.each([
    ['shorter than a header', '100000001400'],
    ['a length below the header', '0f000000140000000700000000000000'],
    ['a length beyond the datagram', '11000000140000000700000000000000'],
    ['length zero', '00000000140000000700000000000000'],
  ])('a message with %s is not read, and reading ends', (_, text) => {
    expect(decodeMessages(bytes(text))).toEqual([]);
  });
});

describe('the result of a batch', () => {
  const said = (sequence: number, result: number): Uint8Array =>
    encodeMessage({ type: NLMSG_ERROR, flags: 0, sequence, body: new Uint8Array(Int32Array.of(result).buffer) });
  const read = (...datagrams: (Uint8Array | number)[]): number => readBatchResult(7, () => datagrams.shift() ?? EAGAIN);

  test('is 0 when something was acknowledged and nothing refused', () => {
    expect(read(said(9, 0))).toBe(0);
  });

  test('is the first refusal, whatever was acknowledged before or behind it', () => {
    expect(read(said(8, 0), said(9, ENODEV), Uint8Array.from([...said(10, ENOBUFS), ...said(11, 0)]))).toBe(ENODEV);
  });

  test('is EBADMSG when nothing was said, or only to an earlier request', () => {
    expect(errnoName(read())).toBe('EBADMSG');
    expect(errnoName(read(said(7, 0)))).toBe('EBADMSG');
  });

  test('is the failure to read', () => {
    expect(read(said(9, 0), ENOBUFS)).toBe(ENOBUFS);
  });
});

describe('an answer', () => {
  const part = { type: 20, flags: 2, sequence: 7, body: Uint8Array.of(1, 2, 3, 4) };
  const done = { type: NLMSG_DONE, flags: 2, sequence: 7, body: new Uint8Array(4) };
  const read = (...datagrams: (Uint8Array | number)[]): unknown => readAnswer(7, () => datagrams.shift() ?? ENOBUFS);

  test('ends with the last message of its sequence; others are passed over', () => {
    const stray = encodeMessage({ ...done, sequence: 6 });
    expect(read(stray, encodeMessage(part), encodeMessage(done))).toEqual(
      { result: 0, messages: [part], complete: true, interrupted: false });
  });

  test.each(['first', 'last'])('that was disturbed says so in any message: the %s', (which) => {
    const disturbed = [part, done].map((message, place) => {
      const marked = (which === 'first') === (place === 0);
      return encodeMessage(marked ? { ...message, flags: message.flags | NLM_F_DUMP_INTR } : message);
    });
    expect(read(...disturbed)).toMatchObject({ result: 0, complete: true, interrupted: true });
  });

  test('that breaks off is not complete and tells the errno', () => {
    expect(read(encodeMessage(part), ENOBUFS)).toEqual(
      { result: ENOBUFS, messages: [part], complete: false, interrupted: false });
  });
});

describe('sockets against the kernel of this machine', () => {
  const getLink = 18;
  const loopbackHeader = bytes('00000000' + '01000000' + '00000000' + '00000000');

  test('a request is answered before the call returns, and so is one that is refused', () => {
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    expect(socket.request(getLink, 0, loopbackHeader)).toMatchObject({ result: 0, messages: [{ type: 16 }] });
    const missing = bytes('00000000' + 'ffffff7f' + '00000000' + '00000000');
    expect(socket.request(getLink, 0, missing)).toMatchObject({ result: ENODEV, messages: [] });
    expect(socket.request(getLink, 0, loopbackHeader).result).toBe(0);
    socket.close();
  });

  test('a dump ends with its last message', () => {
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    const dump = socket.dump(getLink, new Uint8Array(16));
    expect(dump.result).toBe(0);
    expect(dump.messages.length).toBeGreaterThan(0);
    socket.close();
  });

  test('a message that the kernel cannot read is refused with a reason', () => {
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    expect(errnoName(socket.request(getLink, 0, Uint8Array.of(0)).result)).toBe('EINVAL');
    socket.close();
  });

  test('a request that breaks is a result, closes only its own descriptor, and the next one begins afresh', () => {
    const before = findSockets(SOCK_RAW, NETLINK_ROUTE);
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    const [fd = -1] = findSockets(SOCK_RAW, NETLINK_ROUTE).filter((other) => !before.includes(other));
    // A request beyond the send buffer is refused before it is sent.
    expect(errnoName(socket.request(getLink, 0, new Uint8Array(4_000_000)).result)).toBe('EMSGSIZE');
    const reused = openSync('/dev/null', 'r');
    expect(reused).toBe(fd);
    expect(socket.request(getLink, 0, loopbackHeader).result).toBe(0);
    socket.close();
    expect(() => {
      closeSync(reused);
    }).not.toThrow();
    expect(findSockets(SOCK_RAW, NETLINK_ROUTE)).toEqual(before);
  });

  test('a closed socket takes no request', () => {
    const socket = new NetlinkSocket(NETLINK_ROUTE);
    socket.close();
    socket.close();
    expect(() => socket.request(getLink, 0, loopbackHeader)).toThrow('no request on a closed netlink socket');
  });

  test('a monitor of a group that does not exist is refused and leaves no descriptor behind', () => {
    const before = findSockets(SOCK_RAW, NETLINK_ROUTE);
    expect(() => new NetlinkMonitor(NETLINK_ROUTE, [9999], 65536, () => undefined)).toThrow('cannot join a');
    expect(findSockets(SOCK_RAW, NETLINK_ROUTE)).toEqual(before);
  });
});

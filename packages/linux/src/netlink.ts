// Netlink messages and sockets for any netlink family: framing, request and answer, dumps, multicast with
// overrun. Knows no family: what the bodies mean is decided in route.ts and, later, in the connection tracker's source.
//
//   NetlinkSocket   one request or batch at a time; the kernel has answered before send returns, so nothing here waits
//   NetlinkMonitor  what the kernel tells its subscribers, and when it had to drop some of it

import { BatonError, assert } from '@baton/base';

import { align, concatenate } from './attribute.js';
import {
  AF_NETLINK, NETLINK_ADD_MEMBERSHIP, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR,
  SO_RCVBUF, SO_RCVBUFFORCE, SOCK_RAW, SOL_NETLINK, SOL_SOCKET,
} from './constants.js';
import { EAGAIN, EBADMSG, EMSGSIZE, ENOBUFS, errnoName } from './errno.js';
import { encodeNetlinkAddress } from './socket-address.js';
import {
  type SyscallResult, type Watch, bindSocket, closeDescriptor, openSocket, receive, sendTo, setSocketOption,
  watchReadable,
} from './syscalls.js';

/** One message: struct nlmsghdr <linux/netlink.h> and the body behind it. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** What a request brought: the messages before the acknowledgement, and 0 or the negated errno that the kernel
 *  acknowledged with. */
export interface NetlinkAnswer {
  readonly result: SyscallResult;
  readonly messages: readonly NetlinkMessage[];
}

/** What this package throws: the kernel refused something that it grants to every process. */
export type LinuxErrorCode = 'ERR_LINUX_NETLINK_FAILED';

/** The error for a netlink operation that must not fail. */
export function netlinkFailure(what: string, result: SyscallResult): BatonError<LinuxErrorCode> {
  const errno = errnoName(result);
  return new BatonError('ERR_LINUX_NETLINK_FAILED', `${what}: ${errno}`, { details: { errno } });
}

const HEADER_BYTES = 16;

/** Writes one message with its header; the body ends on a multiple of 4. */
export function encodeMessage(message: NetlinkMessage): Uint8Array {
  const bytes = new Uint8Array(align(HEADER_BYTES + message.body.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HEADER_BYTES + message.body.length, true);
  view.setUint16(4, message.type, true);
  view.setUint16(6, message.flags, true);
  view.setUint32(8, message.sequence, true);
  bytes.set(message.body, HEADER_BYTES);
  return bytes;
}

/** Reads the messages of one datagram. A header that contradicts the datagram's length ends the reading.
 *  @returns messages whose bodies are copies */
export function decodeMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let offset = 0; offset + HEADER_BYTES <= bytes.length;) {
    const length = view.getUint32(offset, true);
    if (length < HEADER_BYTES || offset + length > bytes.length) break;
    messages.push({
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      sequence: view.getUint32(offset + 8, true),
      body: bytes.slice(offset + HEADER_BYTES, offset + length),
    });
    offset += align(length);
  }
  return messages;
}

/** A netlink socket for requests. The kernel handles a request inside the system call that sends it, so the answer is
 *  there to be read at once. */
export class NetlinkSocket {
  readonly #protocol: number;
  readonly #options: readonly (readonly [option: number, value: number])[];
  readonly #buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
  /** NO_SOCKET after a broken answer. */
  #fd: number;
  #sequence = 0;
  #open = true;

  /** @param options socket options of SOL_NETLINK that are wished for; a kernel that does not know one goes without
   *  @throws {BatonError<LinuxErrorCode>} when no socket can be had */
  constructor(protocol: number, options: readonly (readonly [option: number, value: number])[] = []) {
    this.#protocol = protocol;
    this.#options = options;
    this.#fd = this.#openSocket();
    if (this.#fd < 0) throw netlinkFailure('cannot open a netlink socket', this.#fd);
  }

  /** Sends one request and reads its acknowledgement, and the messages before it. After a failure to send or read,
   *  which is a result like any other, the next request begins with a fresh socket. */
  request(type: number, flags: number, body: Uint8Array): NetlinkAnswer {
    return this.#transact(type, flags | NLM_F_ACK, body);
  }

  /** Reads a whole table. A dump that the kernel marks as disturbed by a change is read again, at most `DUMP_ATTEMPTS`
   *  times; the last one is taken as it is, because each further change is also told to whoever monitors the table. */
  dump(type: number, body: Uint8Array): NetlinkAnswer {
    let answer = this.#transact(type, NLM_F_DUMP, body);
    for (let attempt = 1; attempt < DUMP_ATTEMPTS && answer.interrupted; attempt += 1) {
      answer = this.#transact(type, NLM_F_DUMP, body);
    }
    return answer;
  }

  /** Sends several requests as one, for families whose kernel side does all of them or none (nfnetlink).
   *  @param requests at least one of them asks for an acknowledgement (NLM_F_ACK); refusals come unasked
   *  @returns 0 when something was acknowledged and nothing refused, otherwise the first refusal */
  batch(requests: readonly BatchedRequest[]): SyscallResult {
    assert(this.#open, 'no request on a closed netlink socket');
    if (this.#fd < 0) this.#fd = this.#openSocket();
    if (this.#fd < 0) return this.#fd;
    const before = this.#sequence;
    const parts = requests.map(({ type, flags, body }) => {
      this.#sequence = (this.#sequence + 1) >>> 0;
      return encodeMessage({ type, flags: flags | NLM_F_REQUEST, sequence: this.#sequence, body });
    });
    const sent = sendTo(this.#fd, concatenate(parts), undefined);
    const result = sent < 0 ? sent : readBatchResult(before, () => this.#receive());
    if (result < 0) this.#discard();
    return result;
  }

  close(): void {
    this.#open = false;
    this.#discard();
  }

  #transact(type: number, flags: number, body: Uint8Array): WholeAnswer {
    assert(this.#open, 'no request on a closed netlink socket');
    if (this.#fd < 0) this.#fd = this.#openSocket();
    if (this.#fd < 0) return { ...UNANSWERED, result: this.#fd };
    this.#sequence = (this.#sequence + 1) >>> 0;
    const request = encodeMessage({ type, flags: flags | NLM_F_REQUEST, sequence: this.#sequence, body });
    const sent = sendTo(this.#fd, request, undefined);
    const answer = sent < 0 ? { ...UNANSWERED, result: sent } : readAnswer(this.#sequence, () => this.#receive());
    if (!answer.complete) this.#discard();
    return answer;
  }

  #receive(): Uint8Array | SyscallResult {
    const length = receive(this.#fd, this.#buffer);
    if (length > this.#buffer.length) return EMSGSIZE;
    return length < 0 ? length : this.#buffer.subarray(0, length);
  }

  /** What is left of a broken answer would be taken for the next one: the next request begins with a fresh socket. */
  #discard(): void {
    if (this.#fd >= 0) closeDescriptor(this.#fd);
    this.#fd = NO_SOCKET;
  }

  #openSocket(): SyscallResult {
    const fd = openBound(this.#protocol);
    if (fd < 0) return fd;
    for (const [option, value] of this.#options) setSocketOption(fd, SOL_NETLINK, option, value);
    return fd;
  }
}

/** One of several requests that are sent as one. */
export interface BatchedRequest {
  readonly type: number;
  readonly flags: number;
  readonly body: Uint8Array;
}

/** Reads everything that the kernel has said to a batch. It has no message that ends the answer: it ends where nothing
 *  more lies in the socket.
 *  @param before sequence of the last request before the batch; what belongs to it or to earlier ones is passed over
 *  @param next the bytes of the next datagram, valid until the next call, or a negated errno */
export function readBatchResult(before: number, next: () => Uint8Array | SyscallResult): SyscallResult {
  let refusal: SyscallResult | undefined;
  let acknowledged = false;
  for (;;) {
    const datagram = next();
    if (datagram === EAGAIN) return refusal ?? (acknowledged ? 0 : EBADMSG);
    if (typeof datagram === 'number') return datagram;
    for (const message of decodeMessages(datagram)) {
      if (message.type !== NLMSG_ERROR || message.sequence <= before) continue;
      const result = acknowledgedResult(message.body);
      if (result < 0) refusal ??= result;
      else acknowledged = true;
    }
  }
}

/** An answer, whether its end was seen, and whether the table changed while it was read. */
interface WholeAnswer extends NetlinkAnswer {
  readonly complete: boolean;
  readonly interrupted: boolean;
}

/** Reads datagrams until the answer to this request ends; messages of other sequences are left over from others.
 *  @param next the bytes of the next datagram, valid until the next call, or a negated errno */
export function readAnswer(sequence: number, next: () => Uint8Array | SyscallResult): WholeAnswer {
  const messages: NetlinkMessage[] = [];
  let interrupted = false;
  for (;;) {
    const datagram = next();
    if (typeof datagram === 'number') return { result: datagram, messages, complete: false, interrupted };
    for (const message of decodeMessages(datagram)) {
      if (message.sequence !== sequence) continue;
      // Any message of a dump may carry it, also the last, which carries nothing else.
      interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        return { result: acknowledgedResult(message.body), messages, complete: true, interrupted };
      }
      messages.push(message);
    }
  }
}

/** What a monitor hears: a datagram's messages, or that the kernel dropped some because they were not read in time. */
export type NetlinkNews =
  | { readonly kind: 'messages'; readonly messages: readonly NetlinkMessage[] }
  | { readonly kind: 'overrun' };

/** Subscribes to multicast groups and hands on what lies in the socket, as one batch for each time the event loop finds
 *  it readable. */
export class NetlinkMonitor {
  readonly #buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
  readonly #fd: number;
  readonly #watch: Watch;
  #open = true;

  /** @param receiveBytes wished size of the kernel's queue; what is not allowed is cut to the system's limit
   *  @param heard called from the event loop with everything that had arrived; an overrun means: read the tables again
   *  @throws {BatonError<LinuxErrorCode>} when there is no socket or no such group */
  constructor(
    protocol: number, groups: readonly number[], receiveBytes: number, heard: (news: readonly NetlinkNews[]) => void,
  ) {
    const result = openBound(protocol);
    if (result < 0) throw netlinkFailure('cannot open a netlink socket', result);
    this.#fd = result;
    if (setSocketOption(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes) < 0) {
      setSocketOption(this.#fd, SOL_SOCKET, SO_RCVBUF, receiveBytes);
    }
    for (const group of groups) {
      const joined = setSocketOption(this.#fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
      if (joined >= 0) continue;
      closeDescriptor(this.#fd);
      throw netlinkFailure('cannot join a netlink group', joined);
    }
    this.#watch = watchReadable(this.#fd, () => {
      const news = this.#read();
      if (news.length > 0) heard(news);
    });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch.close();
    closeDescriptor(this.#fd);
  }

  #read(): NetlinkNews[] {
    const news: NetlinkNews[] = [];
    let overrun = false;
    // After an overrun the kernel silently drops everything until its queue is empty: only then may tables be read.
    while (overrun || news.length < BATCH_LIMIT_DATAGRAMS) {
      const length = receive(this.#fd, this.#buffer);
      if (length === ENOBUFS || length > this.#buffer.length) overrun = true;
      else if (length >= 0) {
        if (!overrun) news.push({ kind: 'messages', messages: decodeMessages(this.#buffer.subarray(0, length)) });
      } else {
        assert(length === EAGAIN, `netlink receive failed with ${errnoName(length)}`);
        break;
      }
    }
    return overrun ? [{ kind: 'overrun' }] : news;
  }
}

// The kernel fills at most 32 KiB at once.
const RECEIVE_BUFFER_BYTES = 65536;
const DUMP_ATTEMPTS = 8;
const NO_SOCKET = -1;
const UNANSWERED = { messages: [], complete: false, interrupted: false } as const;
// Datagrams of one batch: what lies beyond is read in the next round of the event loop.
const BATCH_LIMIT_DATAGRAMS = 4096;

/** The first int of an acknowledgement or of the end of a dump: 0 or a negated errno. */
function acknowledgedResult(body: Uint8Array): SyscallResult {
  return body.length < 4 ? 0 : new DataView(body.buffer, body.byteOffset).getInt32(0, true);
}

/** @returns the descriptor of a bound socket, or the negated errno; nothing stays open then */
function openBound(protocol: number): SyscallResult {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, protocol);
  if (fd < 0) return fd;
  const bound = bindSocket(fd, encodeNetlinkAddress());
  if (bound >= 0) return fd;
  closeDescriptor(fd);
  return bound;
}

// What accompanies a datagram in sendmsg(2) and recvmsg(2): the source that a sender chooses, and what the kernel tells
// of an arrival, byte by byte. Pure. Knows no socket.

import {
  IPPROTO_IP, IPPROTO_IPV6, IPV6_HOPLIMIT, IPV6_PKTINFO, IP_PKTINFO,
} from './constants.js';

/** What the kernel tells of an IPv6 datagram that came in; undefined where it told nothing. */
export interface Arrival {
  /** 16 bytes, memory of its own. */
  readonly destination: Uint8Array | undefined;
  /** 0–255. */
  readonly hopLimit: number | undefined;
}

/** The control message that chooses an IPv4 source (struct in_pktinfo <linux/in.h>), for multicast and unicast alike.
 *  The kernel refuses an address that is not this host's.
 *  @param index the interface to leave by
 *  @param source 4 bytes */
export function encodeIpv4Source(index: number, source: Uint8Array, wordBytes = WORD_BYTES): Uint8Array {
  const info = new Uint8Array(12); // interface, source, and a destination that only receivers are told
  new DataView(info.buffer).setInt32(0, index, true);
  info.set(source.subarray(0, 4), 4);
  return encodeControlMessage(IPPROTO_IP, IP_PKTINFO, info, wordBytes);
}

/** The control message that chooses an IPv6 source (struct in6_pktinfo <linux/ipv6.h>). The kernel refuses an address
 *  that is not this host's, and one that is still being checked for duplicates.
 *  @param index the interface to leave by
 *  @param source 16 bytes */
export function encodeIpv6Source(index: number, source: Uint8Array, wordBytes = WORD_BYTES): Uint8Array {
  const info = new Uint8Array(20);
  info.set(source.subarray(0, 16), 0);
  new DataView(info.buffer).setInt32(16, index, true);
  return encodeControlMessage(IPPROTO_IPV6, IPV6_PKTINFO, info, wordBytes);
}

/** Reads the control messages that a socket with IPV6_RECVPKTINFO and IPV6_RECVHOPLIMIT is given. Others are passed
 *  over; what is cut off is not there. */
export function decodeArrival(bytes: Uint8Array, wordBytes = WORD_BYTES): Arrival {
  let destination: Uint8Array | undefined;
  let hopLimit: number | undefined;
  for (const { level, type, data } of decodeControlMessages(bytes, wordBytes)) {
    if (level !== IPPROTO_IPV6) continue;
    if (type === IPV6_PKTINFO && data.length >= 20) destination = data.slice(0, 16);
    if (type === IPV6_HOPLIMIT && data.length >= 4) hopLimit = data[0];
  }
  return { destination, hopLimit };
}

interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** The size of size_t, which begins each message and to which each is aligned. */
const WORD_BYTES = process.arch === 'arm' || process.arch === 'ia32' ? 4 : 8;

/** struct cmsghdr <bits/socket.h> { length with header, level, type }, then the data. */
function encodeControlMessage(level: number, type: number, data: Uint8Array, wordBytes: number): Uint8Array {
  const length = headerBytes(wordBytes) + data.length;
  const bytes = new Uint8Array(align(length, wordBytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  view.setInt32(wordBytes, level, true);
  view.setInt32(wordBytes + 4, type, true);
  bytes.set(data, headerBytes(wordBytes));
  return bytes;
}

function decodeControlMessages(bytes: Uint8Array, wordBytes: number): ControlMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = headerBytes(wordBytes);
  const messages: ControlMessage[] = [];
  for (let offset = 0; offset + header <= bytes.length;) {
    const length = view.getUint32(offset, true);
    if (length < header || offset + length > bytes.length) break;
    messages.push({
      level: view.getInt32(offset + wordBytes, true),
      type: view.getInt32(offset + wordBytes + 4, true),
      data: bytes.subarray(offset + header, offset + length),
    });
    offset += align(length, wordBytes);
  }
  return messages;
}

function headerBytes(wordBytes: number): number {
  return wordBytes + 8;
}

function align(length: number, wordBytes: number): number {
  return Math.ceil(length / wordBytes) * wordBytes;
}

// What differs between IPv4 and IPv6 for a raw socket of protocol 112: its options, how the source of one datagram is
// chosen, and what the kernel tells of an arrival. An IPv4 socket reads the IP header; an IPv6 socket is only told of
// it beside the datagram. Knows no VRRP.

import { addressBytes, formatAddress } from '@baton/base';
import {
  AF_INET, AF_INET6, INTERNET6_ADDRESS_BYTES, IPPROTO_IP, IPPROTO_IPV6, IPV6_JOIN_GROUP, IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF, IPV6_MULTICAST_LOOP, IPV6_RECVHOPLIMIT, IPV6_RECVPKTINFO, IPV6_TCLASS, IPV6_UNICAST_HOPS,
  IP_ADD_MEMBERSHIP, IP_MULTICAST_ALL, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_TOS, IP_TTL,
  decodeArrival, decodeInternet6Address, encodeInternet6Address, encodeInternetAddress, encodeIpv4Source,
  encodeIpv6Source, encodeMulticastRequest, encodeMulticastRequest6, receive, receiveMessage, sendMessage,
  type SyscallResult,
} from '@baton/linux';

import { CLASS_SELECTOR_6, HOP_LIMIT } from '../frames.js';
import type { ReceivedDatagram, SendEnvelope } from '../index.js';
import { decodeIpv4Datagram } from '../ipv4-datagram.js';

/** An option of a socket and the name it has in the kernel's headers. */
export type SocketOption = readonly [name: string, level: number, option: number, value: Uint8Array | number];

/** One of the two families as a raw socket sees it. */
export interface SocketFamily {
  readonly family: 4 | 6;
  /** AF_INET or AF_INET6. */
  readonly domain: number;
  /** Keeps a socket from hearing groups that it has not joined itself, as far as the kernel can. */
  readonly quiet: readonly SocketOption[];
  /** What a socket needs to send by the interface of this index. */
  outgoing(index: number): readonly SocketOption[];
  /** Joins the group on the interface of this index and asks to be told of arrivals: the last options to be set. */
  incoming(index: number): readonly SocketOption[];
  /** Sends by the interface of this index, with the source and destination of the envelope and no other. */
  send(fd: number, index: number, payload: Uint8Array, envelope: SendEnvelope): SyscallResult;
  /** Reads one datagram; undefined when there is none, or an error that has been read now.
   *  @param buffer scratch memory of DATAGRAM_LIMIT_BYTES */
  receive(fd: number, interfaceName: string, buffer: Uint8Array): ReceivedDatagram | undefined;
}

/** The largest datagram there can be: nothing is ever cut off. */
export const DATAGRAM_LIMIT_BYTES = 65535;

const ANY = new Uint8Array(4);
const GROUP4 = addressBytes('224.0.0.18');
const GROUP6 = addressBytes('ff02::12');
// Room for what IPV6_RECVPKTINFO and IPV6_RECVHOPLIMIT tell: 40 and 24 bytes.
const CONTROL_BYTES = 128;

/** IPv4: datagrams are read with their header. */
export const IPV4: SocketFamily = {
  family: 4,
  domain: AF_INET,
  quiet: [['IP_MULTICAST_ALL', IPPROTO_IP, IP_MULTICAST_ALL, 0]],
  outgoing: (index) => [
    ['IP_MULTICAST_LOOP', IPPROTO_IP, IP_MULTICAST_LOOP, 0],
    ['IP_MULTICAST_TTL', IPPROTO_IP, IP_MULTICAST_TTL, HOP_LIMIT],
    ['IP_TTL', IPPROTO_IP, IP_TTL, HOP_LIMIT],
    ['IP_TOS', IPPROTO_IP, IP_TOS, CLASS_SELECTOR_6],
    ['IP_MULTICAST_IF', IPPROTO_IP, IP_MULTICAST_IF, encodeMulticastRequest(ANY, ANY, index)],
  ],
  incoming: (index) => [
    ['IP_ADD_MEMBERSHIP', IPPROTO_IP, IP_ADD_MEMBERSHIP, encodeMulticastRequest(GROUP4, ANY, index)],
  ],
  send(fd, index, payload, { source, destination }) {
    const to = encodeInternetAddress(addressBytes(destination));
    return sendMessage(fd, payload, to, encodeIpv4Source(index, addressBytes(source)));
  },
  receive(fd, interfaceName, buffer) {
    const length = receive(fd, buffer);
    return length < 0 ? undefined : decodeIpv4Datagram(interfaceName, buffer.slice(0, length));
  },
};

/** IPv6: datagrams are read without their header. The kernel leaves the checksum alone, in both directions: that of
 *  protocol 112 is the business of whoever knows the protocol. It also gives a raw socket every group that anybody on
 *  this host has joined on the interface, whatever IPV6_MULTICAST_ALL says: the receive checks read the destination. */
export const IPV6: SocketFamily = {
  family: 6,
  domain: AF_INET6,
  quiet: [],
  outgoing: (index) => [
    ['IPV6_MULTICAST_LOOP', IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0],
    ['IPV6_MULTICAST_HOPS', IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOP_LIMIT],
    ['IPV6_UNICAST_HOPS', IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOP_LIMIT],
    ['IPV6_TCLASS', IPPROTO_IPV6, IPV6_TCLASS, CLASS_SELECTOR_6],
    ['IPV6_MULTICAST_IF', IPPROTO_IPV6, IPV6_MULTICAST_IF, index],
  ],
  incoming: (index) => [
    ['IPV6_RECVHOPLIMIT', IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1],
    ['IPV6_RECVPKTINFO', IPPROTO_IPV6, IPV6_RECVPKTINFO, 1],
    ['IPV6_JOIN_GROUP', IPPROTO_IPV6, IPV6_JOIN_GROUP, encodeMulticastRequest6(GROUP6, index)],
  ],
  send(fd, index, payload, { source, destination }) {
    const address = addressBytes(destination);
    // Harmless where it is not needed: the kernel reads the scope of link-local addresses and groups only.
    const to = encodeInternet6Address(address, index);
    return sendMessage(fd, payload, to, encodeIpv6Source(index, addressBytes(source)));
  },
  receive(fd, interfaceName, buffer) {
    const from = new Uint8Array(INTERNET6_ADDRESS_BYTES);
    const { result, control } = receiveMessage(fd, buffer, from, new Uint8Array(CONTROL_BYTES));
    if (result < 0) return undefined;
    const { destination, hopLimit } = decodeArrival(control);
    return {
      interface: interfaceName,
      source: formatAddress(decodeInternet6Address(from)),
      destination: destination === undefined ? '::' : formatAddress(destination),
      ttl: hopLimit ?? 0,
      payload: buffer.slice(0, result),
      headerValid: destination !== undefined && hopLimit !== undefined,
    };
  },
};

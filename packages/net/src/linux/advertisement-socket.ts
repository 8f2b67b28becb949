// What both drivers and both families share: how a raw socket for protocol 112 is set up, sends and is drained. A
// driver only brings the socket and tells when something has come in; socket-family.ts knows where the families differ.
//
// Sending goes straight to the kernel (sendmsg) with both drivers. raw-socket's own send() only queues until the event
// loop finds the socket writable, but the order advertisement → address → ARP is a promise: when send() returns, the
// datagram must be out.

import { BatonError, addressBytes } from '@baton/base';
import {
  AF_PACKET, ENODEV, SOCK_RAW, SOL_SOCKET, SO_BINDTODEVICE, SO_PRIORITY, SO_RCVBUF, SO_RCVBUFFORCE, asOutcome,
  closeDescriptor, encodeLinkAddress, errnoName, interfaceIndex, openSocket, receive, sendTo, setSocketOption,
  type SyscallResult,
} from '@baton/linux';

import { encodeAdvertisementFrame, isGroup, parseMac } from '../frames.js';
import type { AdvertisementSocket, NetErrorCode, ReceivedDatagram, SendEnvelope, SendResult } from '../index.js';
import { decodeIpv4Datagram } from '../ipv4-datagram.js';
import { DATAGRAM_LIMIT_BYTES, type SocketFamily, type SocketOption } from './socket-family.js';
import { socketFailure } from './socket-failure.js';

/** VRRP's number among the IP protocols (RFC 9568 §5.1.1.4). */
export const ADVERTISEMENT_PROTOCOL = 112;

/** A raw socket of protocol 112, close-on-exec, as a driver makes it. */
export interface DriverSocket {
  readonly fd: number;
  /** Calls back from the event loop when the socket can be read: with an IPv4 datagram of its own memory, or with
   *  nothing for "read it yourself". */
  listen(arrived: (bytes: Uint8Array | undefined) => void): void;
  close(): void;
}

/** Binds the driver's socket to an interface, joins the group there and begins to receive.
 *  @throws {BatonError<NetErrorCode>} when the interface is missing or the kernel refuses an option; nothing stays
 *    open then */
export function openAdvertisementSocket(
  openDriverSocket: () => DriverSocket, family: SocketFamily, interfaceName: string,
  deliver: (datagram: ReceivedDatagram) => void,
): AdvertisementSocket {
  const index = interfaceIndex(interfaceName);
  if (index < 0 && index !== ENODEV) throw socketFailure(`a socket to look up ${interfaceName}`, index);
  if (index < 0) {
    throw new BatonError<NetErrorCode>('ERR_NET_INTERFACE_MISSING', `interface ${interfaceName} does not exist`, {
      details: { interface: interfaceName },
    });
  }
  const socket = openDriverSocket();
  const refused = bind(socket, family, interfaceName) ?? join(socket, family, index);
  if (refused !== undefined) {
    socket.close();
    const problem = `cannot set ${refused.option} on ${interfaceName}: ${refused.errno}`;
    throw new BatonError<NetErrorCode>('ERR_NET_SOCKET_FAILED', problem, {
      details: { interface: interfaceName, ...refused },
    });
  }
  return new BoundSocket(socket, family, { name: interfaceName, index }, deliver);
}

class BoundSocket implements AdvertisementSocket {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly #socket: DriverSocket;
  readonly #family: SocketFamily;
  readonly #index: number;
  readonly #deliver: (datagram: ReceivedDatagram) => void;
  readonly #buffer = new Uint8Array(DATAGRAM_LIMIT_BYTES);
  /** Where whole frames leave; opened with the first of them. */
  #frameFd: number | undefined;
  #open = true;

  constructor(
    socket: DriverSocket, family: SocketFamily, link: { readonly name: string; readonly index: number },
    deliver: (datagram: ReceivedDatagram) => void,
  ) {
    this.interface = link.name;
    this.family = family.family;
    this.#socket = socket;
    this.#family = family;
    this.#index = link.index;
    this.#deliver = deliver;
    socket.listen((bytes) => {
      if (!this.#open) return;
      if (bytes === undefined) this.drain(ROUND_LIMIT_DATAGRAMS);
      else this.#deliver(decodeIpv4Datagram(this.interface, bytes));
    });
  }

  send(payload: Uint8Array, envelope: SendEnvelope): SendResult {
    if (!this.#open) return { ok: false, errno: 'EBADF' };
    if (envelope.sourceMac !== undefined) return this.#sendFrame(payload, envelope, parseMac(envelope.sourceMac));
    // The source goes with each datagram: the kernel itself might choose a virtual address that lies on the interface.
    return asOutcome(this.#family.send(this.#socket.fd, this.#index, payload, envelope));
  }

  drain(limit: number): number {
    let count = 0;
    while (this.#open && count < limit) {
      const datagram = this.#family.receive(this.#socket.fd, this.interface, this.#buffer);
      // Nothing more to read, or the link is down: either way there is nothing to deliver.
      if (datagram === undefined) break;
      count += 1;
      this.#deliver(datagram);
    }
    return count;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
    if (this.#frameFd !== undefined) closeDescriptor(this.#frameFd);
  }

  /** Only a group has a MAC address that is known without asking. */
  #sendFrame(payload: Uint8Array, envelope: SendEnvelope, sourceMac: Uint8Array): SendResult {
    if (!isGroup(envelope.destination)) return { ok: false, errno: 'EINVAL' };
    if (this.#frameFd === undefined) {
      const fd = openFrameSocket();
      if (fd < 0) return { ok: false, errno: errnoName(fd) };
      this.#frameFd = fd;
    }
    const source = addressBytes(envelope.source);
    const frame = encodeAdvertisementFrame(sourceMac, source, addressBytes(envelope.destination), payload);
    return asOutcome(sendTo(this.#frameFd, frame, encodeLinkAddress(this.#index)));
  }
}

/** A packet socket that only sends: protocol 0, the kernel queues nothing for it. */
function openFrameSocket(): SyscallResult {
  const fd = openSocket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) return fd;
  const result = setSocketOption(fd, SOL_SOCKET, SO_PRIORITY, QUEUE_PRIORITY);
  if (result >= 0) return fd;
  closeDescriptor(fd);
  return result;
}

// TC_PRIO_INTERACTIVE, the highest that needs no privilege: the first band of the default queue.
const QUEUE_PRIORITY = 6;
// Room for a few thousand advertisements while the process does not run; each takes 768 bytes of kernel memory.
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
// Datagrams read in one round of the event loop; the rest is read in the next one.
const ROUND_LIMIT_DATAGRAMS = 64;

// Datagrams thrown away before the group is joined: more than the kernel queues for a socket that asked for no more.
const EARLY_LIMIT_DATAGRAMS = 4096;

/** An option that the kernel did not take. */
interface Refusal {
  readonly option: string;
  readonly errno: string;
}

/** Before it is bound, the socket hears every interface on which this host is in the group; what it heard is thrown
 *  away while it hears nothing of the group, so that no good advertisement goes with it. Only over IPv6 one may, when
 *  another program of this host is in the group on the same interface. */
function bind(socket: DriverSocket, family: SocketFamily, interfaceName: string): Refusal | undefined {
  const refused = setOptions(socket.fd, [
    ['SO_BINDTODEVICE', SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${interfaceName}\0`)],
    ...family.quiet,
  ]);
  const nothing = new Uint8Array(0);
  for (let count = 0; count < EARLY_LIMIT_DATAGRAMS && receive(socket.fd, nothing) >= 0;) count += 1;
  return refused;
}

function join({ fd }: DriverSocket, family: SocketFamily, index: number): Refusal | undefined {
  // Beyond the system's limit only with CAP_NET_ADMIN over the whole machine, which a user namespace does not give.
  if (setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) < 0) {
    setSocketOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
  }
  return setOptions(fd, [
    ...family.outgoing(index),
    // After the type of service, which sets a priority of its own.
    ['SO_PRIORITY', SOL_SOCKET, SO_PRIORITY, QUEUE_PRIORITY],
    ...family.incoming(index),
  ]);
}

/** Sets options in their order.
 *  @returns the first that was refused */
function setOptions(fd: number, options: readonly SocketOption[]): Refusal | undefined {
  for (const [name, level, option, value] of options) {
    const result = setSocketOption(fd, level, option, value);
    if (result < 0) return { option: name, errno: errnoName(result) };
  }
  return undefined;
}

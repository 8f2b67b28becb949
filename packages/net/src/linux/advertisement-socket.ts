// What both drivers share: how a raw socket for protocol 112 is set up, sends and is drained. A driver only brings the
// socket and tells when something has come in.
//
// Sending goes straight to the kernel (sendto) with both drivers. raw-socket's own send() only queues until the event
// loop finds the socket writable, but the order advertisement → address → ARP is a promise: when send() returns, the
// datagram must be out.

import { BatonError, type IpAddress, addressBytes } from '@baton/base';
import {
  ENODEV, IPPROTO_IP, IP_ADD_MEMBERSHIP, IP_MULTICAST_ALL, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL, IP_TOS,
  IP_TTL, SOL_SOCKET, SO_BINDTODEVICE, SO_PRIORITY, SO_RCVBUF, SO_RCVBUFFORCE, asOutcome, encodeInternetAddress,
  encodeMulticastRequest, errnoName, interfaceIndex, receive, sendTo, setSocketOption,
} from '@baton/linux';

import type { AdvertisementSocket, NetErrorCode, ReceivedDatagram, SendResult } from '../index.js';
import { decodeIpv4Datagram } from '../ipv4-datagram.js';
import { socketFailure } from './socket-failure.js';

/** VRRP's number among the IP protocols (RFC 9568 §5.1.1.4). */
export const ADVERTISEMENT_PROTOCOL = 112;

/** The largest datagram there can be: nothing is ever cut off. */
export const DATAGRAM_LIMIT_BYTES = 65535;

/** A raw socket of protocol 112, close-on-exec, as a driver makes it. */
export interface DriverSocket {
  readonly fd: number;
  /** Calls back from the event loop when the socket can be read: with a datagram of its own memory, or with nothing for
   *  "read it yourself". */
  listen(arrived: (bytes: Uint8Array | undefined) => void): void;
  close(): void;
}

/** Binds the driver's socket to an interface, joins the group there and begins to receive.
 *  @throws {BatonError<NetErrorCode>} when the interface is missing or the kernel refuses an option; nothing stays
 *    open then */
export function openAdvertisementSocket(
  openDriverSocket: () => DriverSocket, interfaceName: string, deliver: (datagram: ReceivedDatagram) => void,
): AdvertisementSocket {
  const index = interfaceIndex(interfaceName);
  if (index < 0 && index !== ENODEV) throw socketFailure(`a socket to look up ${interfaceName}`, index);
  if (index < 0) {
    throw new BatonError<NetErrorCode>('ERR_NET_INTERFACE_MISSING', `interface ${interfaceName} does not exist`, {
      details: { interface: interfaceName },
    });
  }
  const socket = openDriverSocket();
  const refused = bind(socket, interfaceName) ?? join(socket, index);
  if (refused !== undefined) {
    socket.close();
    const problem = `cannot set ${refused.option} on ${interfaceName}: ${refused.errno}`;
    throw new BatonError<NetErrorCode>('ERR_NET_SOCKET_FAILED', problem, {
      details: { interface: interfaceName, ...refused },
    });
  }
  return new BoundSocket(socket, interfaceName, index, deliver);
}

class BoundSocket implements AdvertisementSocket {
  readonly interface: string;
  readonly #socket: DriverSocket;
  readonly #index: number;
  readonly #deliver: (datagram: ReceivedDatagram) => void;
  readonly #buffer = new Uint8Array(DATAGRAM_LIMIT_BYTES);
  #source: IpAddress | undefined;
  #open = true;

  constructor(
    socket: DriverSocket, interfaceName: string, index: number, deliver: (datagram: ReceivedDatagram) => void,
  ) {
    this.interface = interfaceName;
    this.#socket = socket;
    this.#index = index;
    this.#deliver = deliver;
    socket.listen((bytes) => {
      if (!this.#open) return;
      if (bytes === undefined) this.drain(ROUND_LIMIT_DATAGRAMS);
      else this.#deliver(decodeIpv4Datagram(this.interface, bytes));
    });
  }

  send(source: IpAddress, payload: Uint8Array): SendResult {
    if (!this.#open) return { ok: false, errno: 'EBADF' };
    if (source !== this.#source) {
      // The address of IP_MULTICAST_IF becomes the source: the kernel itself might choose a virtual address that lies
      // on the interface.
      const request = encodeMulticastRequest(new Uint8Array(4), addressBytes(source), this.#index);
      const chosen = setSocketOption(this.#socket.fd, IPPROTO_IP, IP_MULTICAST_IF, request);
      if (chosen < 0) return { ok: false, errno: errnoName(chosen) };
      this.#source = source;
    }
    return asOutcome(sendTo(this.#socket.fd, payload, DESTINATION));
  }

  drain(limit: number): number {
    let count = 0;
    while (this.#open && count < limit) {
      const length = receive(this.#socket.fd, this.#buffer);
      // Nothing more to read, or the link is down: either way there is nothing to deliver.
      if (length < 0) break;
      count += 1;
      this.#deliver(decodeIpv4Datagram(this.interface, this.#buffer.slice(0, length)));
    }
    return count;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }
}

const GROUP = Uint8Array.of(224, 0, 0, 18);
const DESTINATION = encodeInternetAddress(GROUP);
// Class selector 6, network control: what every VRRP implementation marks its advertisements with.
const TYPE_OF_SERVICE = 0xc0;
// TC_PRIO_INTERACTIVE, the highest that needs no privilege: the first band of the default queue.
const QUEUE_PRIORITY = 6;
// Room for a few thousand advertisements while the process does not run; each takes 768 bytes of kernel memory.
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
// Datagrams read in one round of the event loop; the rest is read in the next one.
const ROUND_LIMIT_DATAGRAMS = 64;

// Datagrams thrown away before the group is joined: more than the kernel queues for a socket that asked for no more.
const EARLY_LIMIT_DATAGRAMS = 4096;

type Option = readonly [name: string, level: number, option: number, value: Uint8Array | number];

/** An option that the kernel did not take. */
interface Refusal {
  readonly option: string;
  readonly errno: string;
}

/** Before it is bound, the socket hears every interface on which this host is in the group; what it heard is thrown
 *  away while it hears nothing of the group, so that no good advertisement goes with it. */
function bind(socket: DriverSocket, interfaceName: string): Refusal | undefined {
  const refused = setOptions(socket.fd, [
    ['SO_BINDTODEVICE', SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${interfaceName}\0`)],
    ['IP_MULTICAST_ALL', IPPROTO_IP, IP_MULTICAST_ALL, 0],
  ]);
  const nothing = new Uint8Array(0);
  for (let count = 0; count < EARLY_LIMIT_DATAGRAMS && receive(socket.fd, nothing) >= 0;) count += 1;
  return refused;
}

function join({ fd }: DriverSocket, index: number): Refusal | undefined {
  // Beyond the system's limit only with CAP_NET_ADMIN over the whole machine, which a user namespace does not give.
  if (setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) < 0) {
    setSocketOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
  }
  const any = new Uint8Array(4);
  return setOptions(fd, [
    ['IP_MULTICAST_LOOP', IPPROTO_IP, IP_MULTICAST_LOOP, 0],
    ['IP_MULTICAST_TTL', IPPROTO_IP, IP_MULTICAST_TTL, 255],
    ['IP_TTL', IPPROTO_IP, IP_TTL, 255],
    ['IP_TOS', IPPROTO_IP, IP_TOS, TYPE_OF_SERVICE],
    // After the type of service, which sets a priority of its own.
    ['SO_PRIORITY', SOL_SOCKET, SO_PRIORITY, QUEUE_PRIORITY],
    ['IP_MULTICAST_IF', IPPROTO_IP, IP_MULTICAST_IF, encodeMulticastRequest(any, any, index)],
    ['IP_ADD_MEMBERSHIP', IPPROTO_IP, IP_ADD_MEMBERSHIP, encodeMulticastRequest(GROUP, any, index)],
  ]);
}

/** Sets options in their order.
 *  @returns the first that was refused */
function setOptions(fd: number, options: readonly Option[]): Refusal | undefined {
  for (const [name, level, option, value] of options) {
    const result = setSocketOption(fd, level, option, value);
    if (result < 0) return { option: name, errno: errnoName(result) };
  }
  return undefined;
}

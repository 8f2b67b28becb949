// One network interface as its routers see it: is it there, is it up, which address is primary, and the one socket
// that all routers on it share. Turns what the kernel says into inputs for those routers. Knows no VRRP message.

import { isBatonError, addressFamily, type IpAddress } from '@baton/base';
import type { AdvertisementSocket, LinkState, NetErrorCode, ReceivedDatagram } from '@baton/net';
import type { VirtualRouterInput } from '@baton/vrrp';
import type { HostedRouter } from './hosted-router.js';
import type { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** The state of one interface and the routers that run on it. */
export class InterfaceSession {
  /** Keyed by VRID. */
  readonly routers = new Map<number, HostedRouter>();
  readonly name: string;
  readonly #ports: Pick<EnginePorts, 'packetIo' | 'linkMonitor'>;
  readonly #notices: Notices;
  readonly #receive: (datagram: ReceivedDatagram) => void;
  #socket: AdvertisementSocket | undefined;
  #socketIndex = 0;
  #link: LinkState;

  constructor(
    name: string,
    ports: Pick<EnginePorts, 'packetIo' | 'linkMonitor'>,
    notices: Notices,
    receive: (datagram: ReceivedDatagram) => void,
  ) {
    this.name = name;
    this.#ports = ports;
    this.#notices = notices;
    this.#receive = receive;
    this.#link = ports.linkMonitor.read(name);
  }

  /** The first IPv4 address of the interface that is no virtual address; for an address owner the first one of all. */
  primaryAddressFor(hosted: HostedRouter): IpAddress | undefined {
    const virtual = new Set([...this.routers.values()].flatMap((other) => other.virtualAddresses()));
    const candidates = this.#link.addresses
      .map((entry) => entry.address)
      .filter((address) => addressFamily(address) === 4);
    const own = candidates.find((address) => !virtual.has(address));
    return own ?? (hosted.ownsAddresses() ? candidates[0] : undefined);
  }

  /** Whether the interface can carry adverts now. */
  isUp(): boolean {
    return this.#link.exists && this.#link.up;
  }

  /** Takes over what the kernel says now and brings the socket in line with it.
   *  @returns what changed for a router, in the order in which it must be told */
  update(link: LinkState): (hosted: HostedRouter) => readonly VirtualRouterInput[] {
    this.#link = link;
    this.reopenSocketIfNeeded();
    return (hosted) => this.describeFor(hosted);
  }

  /** The present truth about the interface as inputs; giving the same truth twice changes nothing. */
  describeFor(hosted: HostedRouter): readonly VirtualRouterInput[] {
    const missing = !this.#link.exists || this.#socket === undefined;
    const down = !missing && !this.#link.up;
    const faults: VirtualRouterInput[] = [
      { kind: 'fault-changed', reason: 'interface-missing', active: missing },
      { kind: 'fault-changed', reason: 'link-down', active: down },
    ];
    const address: VirtualRouterInput = { kind: 'address-changed', primaryAddress: this.primaryAddressFor(hosted) };
    // Bad news about the link comes first, so that nobody tries to resign over a dead one; good news comes last, so
    // that nobody starts without an address.
    return missing || down
      ? [...faults.filter(isActive), ...faults.filter((fault) => !isActive(fault)), address]
      : [address, ...faults];
  }

  /** The socket to send on, or undefined while the interface is missing. */
  sendingSocket(): AdvertisementSocket | undefined {
    return this.#socket;
  }

  /** Delivers what already lies in the socket, at most `limit` datagrams. */
  drain(limit: number): number {
    return this.#socket?.drain(limit) ?? 0;
  }

  /** Stops listening. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Opens the socket, and opens it anew when the interface was deleted and made again: a bound socket stays with
   *  the dead index. */
  reopenSocketIfNeeded(): void {
    if (this.#socket !== undefined && this.#link.exists && this.#socketIndex === this.#link.index) return;
    this.close();
    if (!this.#link.exists) return;
    try {
      this.#socket = this.#ports.packetIo.open(this.name, this.#receive);
      this.#socketIndex = this.#link.index;
    } catch (error) {
      if (!isBatonError(error) || error.code === DENIED) throw error;
      this.#notices.sayLimited('error', 'socket-open-failed', this.name, {
        interface: this.name,
        code: error.code,
        message: error.message,
      });
    }
  }
}

/** Waiting does not help against this one: it ends the start instead. */
const DENIED: NetErrorCode = 'ERR_NET_RAW_SOCKET_DENIED';

function isActive(input: VirtualRouterInput): boolean {
  return input.kind === 'fault-changed' && input.active;
}

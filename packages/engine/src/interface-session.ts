// One network interface as its routers see it: is it there, is it up, which address is primary, and the one socket
// that all routers on it share. Turns what the kernel says into inputs for those routers. Knows no VRRP message.

import { addressFamily, isBatonError, type Instant, type IpAddress } from '@baton/base';
import type { AdvertisementSocket, LinkState, NetErrorCode, ReceivedDatagram } from '@baton/net';
import type { FaultReason, VirtualRouterInput } from '@baton/vrrp';
import type { HostedRouter } from './hosted-router.js';
import type { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** How long after a refusal the socket is tried again, ms. */
export const SOCKET_RETRY_MS = 1000;

/** What a session needs of the engine around it. */
export interface SessionContext {
  readonly ports: Pick<EnginePorts, 'packetIo' | 'linkMonitor' | 'clock'>;
  readonly notices: Notices;
  /** Whose an address is: moved by a router of this node, the host's own by an owner's configuration, or of no
   *  router. */
  readonly kindOf: (address: IpAddress) => 'moved' | 'owned' | 'free';
  readonly receive: (datagram: ReceivedDatagram) => void;
}

/** The state of one interface and the routers that run on it. */
export class InterfaceSession {
  readonly name: string;
  /** Keyed by VRID. */
  readonly routers = new Map<number, HostedRouter>();
  readonly #context: SessionContext;
  #socket: AdvertisementSocket | undefined;
  #socketIndex = 0;
  #link: LinkState;
  #retryAt: Instant | undefined;

  /** @throws {BatonError} when the kernel does not tell about the interface, or denies raw sockets altogether */
  constructor(name: string, context: SessionContext) {
    this.name = name;
    this.#context = context;
    this.#link = context.ports.linkMonitor.read(name);
    this.#reopenSocketIfNeeded();
  }

  /** When a refused socket is tried again; undefined while there is nothing to retry. */
  get retryAt(): Instant | undefined {
    return this.#retryAt;
  }

  /** What the kernel last said about the interface. */
  get link(): LinkState {
    return this.#link;
  }

  /** The first IPv4 address of the interface that no router moves; one that an address owner has of its own only where
   *  there is no other. */
  primaryAddress(): IpAddress | undefined {
    const candidates = this.#link.addresses
      .map((entry) => entry.address)
      .filter((address) => addressFamily(address) === 4);
    const first = (kind: 'free' | 'owned'): IpAddress | undefined =>
      candidates.find((address) => this.#context.kindOf(address) === kind);
    return first('free') ?? first('owned');
  }

  /** Whether the interface can carry adverts now. */
  isUp(): boolean {
    return this.#link.exists && this.#link.up;
  }

  /** Takes over what the kernel says now and brings the socket in line with it. */
  update(link: LinkState): void {
    this.#link = link;
    this.#reopenSocketIfNeeded();
  }

  /** The present truth about the interface as inputs for a router on it, in the order in which it must be told; giving
   *  the same truth twice changes nothing. */
  describe(): readonly VirtualRouterInput[] {
    const faults: readonly { readonly reason: FaultReason; readonly active: boolean }[] = [
      { reason: 'interface-missing', active: !this.#link.exists },
      { reason: 'socket-unavailable', active: this.#link.exists && this.#socket === undefined },
      { reason: 'link-down', active: this.#link.exists && !this.#link.up },
    ];
    const inputs = (active: boolean): VirtualRouterInput[] =>
      faults.filter((fault) => fault.active === active).map((fault) => ({ kind: 'fault-changed', ...fault }));
    const address: VirtualRouterInput = { kind: 'address-changed', primaryAddress: this.primaryAddress() };
    // Bad news about the link comes first, so that nobody tries to resign over a dead one; good news comes last, so
    // that nobody starts without an address.
    return [...inputs(true), address, ...inputs(false)];
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

  /** Opens the socket, and opens it anew when the interface was deleted and made again: a bound socket stays with the
   *  dead index. */
  #reopenSocketIfNeeded(): void {
    this.#retryAt = undefined;
    if (this.#socket !== undefined && this.#link.exists && this.#socketIndex === this.#link.index) return;
    this.close();
    if (!this.#link.exists) return;
    const { ports, notices, receive } = this.#context;
    try {
      this.#socket = ports.packetIo.open(this.name, 4, receive);
      this.#socketIndex = this.#link.index;
    } catch (error) {
      if (!isBatonError(error) || error.code === DENIED) throw error;
      this.#retryAt = ports.clock.now() + SOCKET_RETRY_MS;
      notices.sayLimited('error', 'socket-open-failed', this.name, {
        interface: this.name,
        code: error.code,
        message: error.message,
      });
    }
  }
}

/** Waiting does not help against this one: it ends the start instead. */
const DENIED: NetErrorCode = 'ERR_NET_RAW_SOCKET_DENIED';

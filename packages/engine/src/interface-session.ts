// One network interface in one family, as its routers see it: is it there, is it up, which address is primary, and the
// one socket that all routers on it share. Turns what the kernel says into inputs for those routers. Knows no VRRP
// message.

import { addressFamily, isBatonError, type Instant, type IpAddress } from '@baton/base';
import type { AdvertisementSocket, LinkState, NetErrorCode, ReceivedDatagram } from '@baton/net';
import { isLinkLocal, type FaultReason, type VirtualRouterInput } from '@baton/vrrp';
import type { FamilyRouter } from './hosted-router.js';
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
  readonly receive: (session: InterfaceSession, datagram: ReceivedDatagram) => void;
}

/** The state of one interface in one family, and the routers that run on it. */
export class InterfaceSession {
  readonly name: string;
  readonly family: 4 | 6;
  /** Keyed by VRID. */
  readonly routers = new Map<number, FamilyRouter>();
  readonly #context: SessionContext;
  #socket: AdvertisementSocket | undefined;
  #socketIndex = 0;
  #link: LinkState;
  #retryAt: Instant | undefined;

  /** @throws {BatonError} when the kernel does not tell about the interface, or denies raw sockets altogether */
  constructor(name: string, family: 4 | 6, context: SessionContext) {
    this.name = name;
    this.family = family;
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

  /** What a router sends from: the address that it was given, or the first address of the interface that no router
   *  moves, in IPv6 the first link-local one (RFC 9568 §5.1.2.1, §7.2); one that an address owner has of its own only
   *  where there is no other.
   *  @returns undefined when the interface does not have it */
  primaryAddress(given: IpAddress | undefined): IpAddress | undefined {
    const candidates = this.#link.addresses
      .map((entry) => entry.address)
      .filter((address) => addressFamily(address) === this.family);
    if (given !== undefined) return candidates.find((address) => address === given);
    const usable = this.family === 4 ? candidates : candidates.filter(isLinkLocal);
    const first = (kind: 'free' | 'owned'): IpAddress | undefined =>
      usable.find((address) => this.#context.kindOf(address) === kind);
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
   *  the same truth twice changes nothing.
   *  @param given what the router was told to send from */
  describe(given: IpAddress | undefined): readonly VirtualRouterInput[] {
    const { exists, up } = this.#link;
    const primaryAddress = this.primaryAddress(given);
    const faults: readonly { readonly reason: FaultReason; readonly active: boolean }[] = [
      { reason: 'interface-missing', active: !exists },
      { reason: 'socket-unavailable', active: exists && this.#socket === undefined },
      { reason: 'link-down', active: exists && !up },
      { reason: 'source-address-missing', active: exists && given !== undefined && primaryAddress === undefined },
    ];
    const inputs = (active: boolean): VirtualRouterInput[] =>
      faults.filter((fault) => fault.active === active).map((fault) => ({ kind: 'fault-changed', ...fault }));
    const address: VirtualRouterInput = { kind: 'address-changed', primaryAddress };
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
      this.#socket = ports.packetIo.open(this.name, this.family, (datagram) => {
        receive(this, datagram);
      });
      this.#socketIndex = this.#link.index;
    } catch (error) {
      if (!isBatonError(error) || error.code === DENIED) throw error;
      this.#retryAt = ports.clock.now() + SOCKET_RETRY_MS;
      notices.sayLimited('error', 'socket-open-failed', `${this.name} ${String(this.family)}`, {
        interface: this.name,
        family: this.family,
        code: error.code,
        message: error.message,
      });
    }
  }
}

/** Waiting does not help against this one: it ends the start instead. */
const DENIED: NetErrorCode = 'ERR_NET_RAW_SOCKET_DENIED';

// The ports between the engine and a network: Linux implements them in ./linux, the simulator implements them in
// memory. Knows no VRRP: payloads are bytes, addresses are addresses.

import type { AddressPrefix, IpAddress } from '@baton/base';

import type { VirtualLink } from './virtual-link.js';

// --- for users: what the engine asks of the world ---
export { VIRTUAL_LINK_METRIC, virtualLinkName, virtualMac, type VirtualLink } from './virtual-link.js';

/** One received IP datagram of protocol 112. The payload belongs to the receiver. */
export interface ReceivedDatagram {
  /** Name of the interface it came in on. */
  readonly interface: string;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** TTL or hop limit as received, 0–255. */
  readonly ttl: number;
  /** What the IP header carries, cut to the length that the header states. */
  readonly payload: Uint8Array;
  /** False when the IP header contradicts itself (impossible header or total length); the payload is then what was
   *  there. */
  readonly headerValid: boolean;
}

/** What became of a send: the kernel took the datagram, or why it did not. */
export type SendResult = { readonly ok: true } | { readonly ok: false; readonly errno: string };

/** Why a driver could not be opened, and other failures of this package that an operator can cure. */
export type NetErrorCode =
  /** The kernel refused a raw or packet socket: CAP_NET_RAW is missing. */
  | 'ERR_NET_RAW_SOCKET_DENIED'
  /** There is no interface of this name now. */
  | 'ERR_NET_INTERFACE_MISSING'
  /** The packet driver that was asked for is not built here, or there is none of this name. */
  | 'ERR_NET_DRIVER_UNAVAILABLE'
  /** The kernel refused a socket or one of its options for another reason than privileges. */
  | 'ERR_NET_SOCKET_FAILED'
  /** The process lacks a capability that it cannot work without. */
  | 'ERR_NET_CAPABILITY_MISSING';

/** How one advertisement leaves. */
export interface SendEnvelope {
  /** The source in the IP header: an address of this host, of the socket's family. */
  readonly source: IpAddress;
  /** 224.0.0.18, ff02::12, or a unicast peer. */
  readonly destination: IpAddress;
  /** The sender's MAC where it is not the interface's own, `00:00:5e:00:01:33`: only to a group. The frame is then
   *  built whole and leaves by the interface past the IP layer, which does not check the source. */
  readonly sourceMac?: string;
}

/** One endpoint for protocol 112 on one interface and in one family: every router on the interface shares it. */
export interface AdvertisementSocket {
  readonly interface: string;
  readonly family: 4 | 6;
  /** Sends one payload by the interface, with TTL or hop limit 255 and DSCP CS6. Returns when the kernel has taken it,
   *  never later. */
  send(payload: Uint8Array, envelope: SendEnvelope): SendResult;
  /** Delivers everything that already lies in the socket, now and in order, at most `limit` datagrams; returns how many
   *  there were. */
  drain(limit: number): number;
  /** Ends reception; a later send is refused. Closing twice is harmless. */
  close(): void;
}

/** PacketIo: raw access to protocol 112. */
export interface PacketIo {
  /** What IPv4 uses, `raw-socket` or `native`, for status and log; IPv6 is always native. */
  readonly driver: 'raw-socket' | 'native';
  /** Joins 224.0.0.18 or ff02::12 on the interface and begins to receive, what is sent to the host's own addresses
   *  too. `receive` is called synchronously from the event loop or from drain().
   *  @throws {BatonError<NetErrorCode>} */
  open(interfaceName: string, family: 4 | 6, receive: (datagram: ReceivedDatagram) => void): AdvertisementSocket;
}

/** An address to be held: where, and what the kernel should know of it. */
export interface OwnedAddress extends AddressPrefix {
  readonly interface: string;
  readonly label?: string;
  /** Metric of the route to the address's subnet that the kernel makes with it; the kernel's own choice without. On a
   *  virtual link it is VIRTUAL_LINK_METRIC, so that the host's own route to that subnet stays the better one. */
  readonly metric?: number;
  /** Whole seconds, at least 1, until the kernel takes it off by itself, some 20–60 ms late, IPv6 up to 300 ms; it
   *  stays without. */
  readonly lifetimeSeconds?: number;
}

/** An address as the kernel holds it now. */
export interface HeldAddress extends Omit<OwnedAddress, 'lifetimeSeconds'> {
  /** Carries our mark (IFA_PROTO), so that some Baton put it there; false also where the kernel keeps no mark (before
   *  5.18). */
  readonly ours: boolean;
}

/** What became of a claim. `already`: it was there before, with the same prefix length. `ours`: it carries our mark, so
 *  that some Baton put it there, now or before; what is `already` there and not `ours` belongs to the host and must not
 *  be released. Where the kernel keeps no mark (before 5.18), what is `already` there is never `ours`: whoever claimed
 *  it before knows better. */
export type AddressResult =
  | { readonly ok: true; readonly already: boolean; readonly ours: boolean }
  | { readonly ok: false; readonly errno: string };

/** What became of a renewal. `EADDRNOTAVAIL` or `ENODEV`: the address, or its interface, is not there any more. */
export type RenewalResult = { readonly ok: true } | { readonly ok: false; readonly errno: string };

/** What became of a release. `already`: it was there until now. */
export type ReleaseResult =
  | { readonly ok: true; readonly already: boolean }
  | { readonly ok: false; readonly errno: string };

/** AddressOwner: puts virtual IPs on interfaces and takes them off, synchronously, in the caller's tick. */
export interface AddressOwner {
  /** One that is there and carries our mark gets the lifetime that is asked for, or none. */
  claim(address: OwnedAddress): AddressResult;
  /** Lets addresses that are there live for their lifetime from now on, or for ever: label, scope, routes, neighbours
   *  and connections stay as they are. Never puts one back that is gone.
   *  @param addresses as they were claimed, with the lifetimes that they are to have
   *  @returns what became of each, in this order */
  renew(addresses: readonly OwnedAddress[]): readonly RenewalResult[];
  /** Ok also when the address was not there. Takes no other address along. */
  release(address: OwnedAddress): ReleaseResult;
  /** Reads back what the kernel holds now, on one interface or on all; a missing interface holds nothing.
   *  @throws {BatonError} with `details.errno` when the kernel does not answer: then nothing is known */
  list(interfaceName?: string): readonly HeldAddress[];
}

/** A route to be held while master: where to, and by which way. */
export interface OwnedRoute {
  /** The destination; prefix length 0 is the default route. */
  readonly to: AddressPrefix;
  readonly via?: IpAddress;
  readonly interface?: string;
  /** Routing table, 1–4 294 967 295; 254 is the main table. */
  readonly table: number;
}

/** What became of a route's claim; `already` and `ours` as for an address. `EEXIST`: a route of somebody else leads
 *  there another way, with the same metric, and is left alone. */
export type RouteResult = AddressResult;

/** RouteOwner: makes and removes unicast routes, synchronously, in the caller's tick. A route via a virtual IP's subnet
 *  is claimed after the address, and goes with the interface when that goes down. */
export interface RouteOwner {
  /** Puts the route into its table, or changes the way of one that is ours. */
  claim(route: OwnedRoute): RouteResult;
  /** Ok also when the route was not there. Never takes a route that does not carry our mark (rtm_protocol). */
  release(route: OwnedRoute): ReleaseResult;
  /** All routes of this network namespace that carry our mark.
   *  @throws {BatonError} with `details.errno` when the kernel does not answer: then nothing is known */
  list(): readonly OwnedRoute[];
}

/** What became of a change to an interface or a filter. */
export type LinkResult = { readonly ok: true } | { readonly ok: false; readonly errno: string };

/** VirtualLinks: interfaces that carry a virtual MAC. All calls are done, or refused, when they return. */
export interface VirtualLinks {
  /** Makes the link, or puts right what is there. Afterwards it is down, silent and deaf, unless it was activated
   *  through this object. To be called again when the parent was made anew, because a link dies with its parent.
   *  `EEXIST`: the name belongs to an interface that is not ours, which is left alone; `ENODEV`: no parent;
   *  `EOPNOTSUPP`: the kernel knows no macvlan; `EROFS`: settings cannot be written. */
  ensure(link: VirtualLink): LinkResult;
  /** Up, and ready to carry addresses. `EADDRINUSE` or `EBUSY`: another interface on the parent has this MAC. */
  activate(link: VirtualLink): LinkResult;
  /** Silent and deaf at once, and off a moment later: switching off stops this process for some 10 ms, so links take
   *  turns. To be called after the addresses were released: IPv6 ones would be lost, IPv4 ones would still be this
   *  host's for packets that come in by another interface. */
  deactivate(link: VirtualLink): LinkResult;
  /** Ok also when it was not there. With the last link of a parent, the parent gets its settings back. */
  remove(link: VirtualLink): LinkResult;
  /** Links of this owner that are there now, also those of a process that has died.
   *  @throws {BatonError} with `details.errno` when the kernel does not answer: then nothing is known */
  list(): readonly VirtualLink[];
}

/** TrafficFilter: keeps the host from accepting packets to virtual IPs, for routers with `accept: false`. */
export interface TrafficFilter {
  /** Replaces, at once and as a whole, the set of addresses for which packets to this host are dropped; ARP and
   *  neighbour discovery excepted. The kernel keeps it when the process ends. An empty set removes everything.
   *  `EOPNOTSUPP` or `EPROTONOSUPPORT`: the kernel has no nf_tables. */
  refuse(addresses: readonly IpAddress[]): LinkResult;
}

/** How addresses are announced. */
export interface AnnounceOptions {
  /** Of gratuitous ARP: `request` (operation 1, the default) or `reply` (operation 2). Nobody answers a reply: a stale
   *  owner that answers a request pulls the switches back to itself when the MAC is the same on both. */
  readonly form?: 'request' | 'reply';
  /** Who answers for the addresses, `00:00:5e:00:01:33`; absent: the MAC of the interface that the frames leave by. */
  readonly sourceMac?: string;
  /** The interface that all frames leave by; absent: each address's own. */
  readonly via?: string;
}

/** Announcer: tells the LAN who holds an address. */
export interface Announcer {
  /** Sends `count` gratuitous ARPs or unsolicited neighbour advertisements for each address, in the caller's tick. */
  announce(addresses: readonly OwnedAddress[], count: number, options?: AnnounceOptions): SendResult;
}

/** What is known of an interface now. */
export interface LinkState {
  readonly interface: string;
  readonly exists: boolean;
  /** IFF_UP and IFF_RUNNING: administratively up and carrier present. */
  readonly up: boolean;
  /** Changes when an interface is deleted and made again under its name; 0 when it does not exist. */
  readonly index: number;
  readonly mac: string | undefined;
  /** Addresses on the interface in the kernel's order: the first one of a family that is no VIP is the primary. An IPv6
   *  address that the kernel still checks for duplicates is not among them: nothing can be sent from it yet. */
  readonly addresses: readonly AddressPrefix[];
}

/** LinkMonitor: sees interfaces and their addresses change. */
export interface LinkMonitor {
  /** The present state, read fresh from the kernel.
   *  @throws {BatonError} with `details.errno` when the kernel does not answer: never told as a missing interface */
  read(interfaceName: string): LinkState;
  /** Calls back, from the event loop, each time something about a watched interface changed, within milliseconds of the
   *  kernel saying so; also when the state is the same again by then. A reading that fails is tried again. */
  watch(interfaceNames: readonly string[], changed: (state: LinkState) => void): void;
  close(): void;
}

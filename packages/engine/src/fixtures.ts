// A host on fake ports: one interface, a clock that stands still until told, and a list of everything the engine did.
// And what it is configured with and hears.

import { addressFamily, formatAddressPrefix } from '@baton/base';
import type {
  LinkResult,
  LinkState,
  OwnedAddress,
  OwnedRoute,
  ReceivedDatagram,
  SendEnvelope,
  VirtualLink,
} from '@baton/net';
import {
  DEFAULT_RULES,
  encodeAdvertisement,
  sentChecksumForm,
  VRRP_GROUP_IPV4,
  VRRP_GROUP_IPV6,
  type Advertisement,
  type AdvertisementEnvelope,
  type VirtualRouterParameters,
} from '@baton/vrrp';
import { createHmac } from 'node:crypto';
import { Engine } from './engine.js';
import type { EngineMessage, RouterConfiguration } from './messages.js';
import type { EnginePorts } from './ports.js';

export const OWN = '10.9.0.1';
export const PEER = '10.9.0.2';
export const VIP = '10.9.0.100';
export const OWN6 = 'fe80::1';
export const PEER6 = 'fe80::2';
export const VIPS6 = ['fe80::100', 'fd09::100'] as const;
/** What a backup of priority 100 waits at the default interval, ms. */
export const MASTER_DOWN_MS = 3609.375;

interface FakeSocket {
  readonly receive: (datagram: ReceivedDatagram) => void;
  readonly waiting: ReceivedDatagram[];
}

/** HMAC-SHA-256, as the process has it. */
export function mac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(message).digest();
}

/** A host with one interface, a clock that stands still until told, and a list of everything the engine did. */
export class FakeHost {
  /** Calls to the ports in order; what is IPv6 says so. */
  readonly calls: string[] = [];
  readonly messages: EngineMessage[] = [];
  readonly sent: { readonly payload: Uint8Array; readonly envelope: SendEnvelope }[] = [];
  readonly held: { address: string; prefixLength: number; interface: string; ours: boolean }[] = [];
  now = 1000;
  /** Stands still until told. */
  wallClockMs = 0;
  refuseClaims = false;
  /** Addresses that the kernel refuses, one by one. */
  readonly refusedAddresses = new Set<string>();
  /** Addresses that somebody else has put where they are claimed. */
  readonly foreign = new Set<string>();
  /** What the kernel answers when it is asked to renew. */
  renewalErrno: string | undefined;
  /** What the kernel answers when it is asked to send. */
  sendErrno: string | undefined;
  /** What the kernel answers when it is asked for the addresses. */
  kernelError: Error | undefined;
  /** What the kernel answers when a socket is opened, in the family given or in both. */
  socketError: Error | undefined;
  socketErrorFamily: 4 | 6 | undefined;
  /** What the kernel answers about virtual links, routes and the traffic filter. */
  linkErrno: string | undefined;
  refusedRoutes = false;
  filterErrno: string | undefined;
  refusedTraffic: readonly string[] | undefined;
  /** What a past life has left. */
  readonly leftLinks: VirtualLink[] = [];
  readonly leftRoutes: OwnedRoute[] = [];
  /** How much time every advertisement costs that is read, ms. */
  costOfReadingMs = 0;
  /** How much time the kernel takes for every claim, ms. */
  costOfClaimMs = 0;
  link: LinkState = {
    interface: 'eth0',
    exists: true,
    up: true,
    index: 2,
    mac: '02:00:00:00:00:01',
    addresses: [
      { address: OWN, prefixLength: 24 },
      { address: OWN6, prefixLength: 64 },
    ],
  };
  armedAt: number | undefined;
  private fire: () => void = () => undefined;
  private readonly watchers = new Map<string, (state: LinkState) => void>();
  private readonly sockets = new Map<string, FakeSocket>();

  readonly ports: EnginePorts = {
    clock: { now: () => this.now },
    mac,
    wallClockMs: () => this.wallClockMs,
    timer: {
      arm: (at, fire) => {
        this.armedAt = at;
        this.fire = fire;
      },
    },
    emit: (message) => {
      this.messages.push(message);
      if (message.type === 'state-changed')
        this.calls.push(`${message.change.from} -> ${message.change.to} (${message.change.reason})`);
    },
    packetIo: { driver: 'native', open: (name, family, receive) => this.open(name, family, receive) },
    addressOwner: {
      claim: (place) => {
        if (this.refuseClaims || this.refusedAddresses.has(place.address)) return { ok: false, errno: 'EACCES' };
        this.calls.push(`claim ${place.address}${lifetimeOf(place)}`);
        this.now += this.costOfClaimMs;
        const known = this.held.find(
          (entry) => entry.address === place.address && entry.interface === place.interface,
        );
        if (known !== undefined) return { ok: true, already: true, ours: known.ours };
        this.held.push({ ...place, ours: true });
        const already = this.foreign.has(place.address);
        return { ok: true, already, ours: !already };
      },
      renew: (places) =>
        places.map((place) => {
          if (this.renewalErrno !== undefined) return { ok: false, errno: this.renewalErrno };
          this.calls.push(`renew ${place.address}${lifetimeOf(place)}`);
          return { ok: true };
        }),
      release: (place) => {
        this.calls.push(`release ${place.address}`);
        const index = this.held.findIndex(
          (entry) => entry.address === place.address && entry.interface === place.interface,
        );
        if (index >= 0) this.held.splice(index, 1);
        return { ok: true, already: index >= 0 };
      },
      list: () => {
        if (this.kernelError !== undefined) throw this.kernelError;
        return [...this.held];
      },
    },
    announcer: {
      announce: (addresses, count, options) => {
        const how =
          options === undefined
            ? ''
            : ` as ${options.form ?? ''} of ${options.sourceMac ?? ''} by ${options.via ?? ''}`;
        this.calls.push(`announce ${addresses.map((entry) => entry.address).join(',')} x${String(count)}${how}`);
        return { ok: true };
      },
    },
    virtualLinks: {
      ensure: (link) => this.linkCall('ensure', link),
      activate: (link) => this.linkCall('activate', link),
      deactivate: (link) => this.linkCall('deactivate', link),
      remove: (link) => this.linkCall('remove', link),
      list: () => [...this.leftLinks],
    },
    routeOwner: {
      claim: (route) => {
        if (this.refusedRoutes) return { ok: false, errno: 'EEXIST' };
        this.calls.push(`claim route ${formatAddressPrefix(route.to)}`);
        return { ok: true, already: false, ours: true };
      },
      release: (route) => {
        this.calls.push(`release route ${formatAddressPrefix(route.to)}`);
        return { ok: true, already: true };
      },
      list: () => [...this.leftRoutes],
    },
    trafficFilter: {
      refuse: (addresses) => {
        if (this.filterErrno !== undefined) return { ok: false, errno: this.filterErrno };
        if (this.refusedTraffic !== undefined || addresses.length > 0)
          this.calls.push(`refuse [${addresses.join(' ')}]`);
        this.refusedTraffic = addresses;
        return { ok: true };
      },
    },
    linkMonitor: {
      read: (name) => this.readLink(name),
      watch: (names, changed) => {
        for (const name of names) this.watchers.set(name, changed);
      },
      close: () => undefined,
    },
  };

  readonly engine = new Engine(this.ports);

  /** Lets time pass without running anything: what a frozen process sees. */
  sleep(ms: number): void {
    this.now += ms;
  }
  /** Lets time pass up to `at`, firing each deadline at its instant. */
  runUntil(at: number): void {
    while (this.armedAt !== undefined && this.armedAt <= at) {
      this.now = Math.max(this.now, this.armedAt);
      this.fire();
    }
    this.now = at;
  }
  fireTimer(): void {
    this.fire();
  }
  /** A datagram arrives; without a socket for it nobody hears it. */
  deliver(datagram: ReceivedDatagram): void {
    this.socketFor(datagram)?.receive(datagram);
  }
  putInSocket(datagram: ReceivedDatagram): void {
    this.socketFor(datagram)?.waiting.push(datagram);
  }
  changeLink(change: Partial<LinkState>): void {
    this.link = { ...this.link, ...change };
    this.watchers.get(this.link.interface)?.(this.link);
  }
  /** Somebody changed a virtual link. */
  changeVirtualLink(name: string, change: Pick<LinkState, 'exists' | 'addresses'>): void {
    const state = { interface: name, up: change.exists, index: change.exists ? 77 : 0, mac: undefined, ...change };
    this.watchers.get(name)?.(state);
  }
  takeCalls(): string[] {
    return this.calls.splice(0);
  }
  notices(): string[] {
    return this.messages.flatMap((message) => (message.type === 'notice' ? [message.event] : []));
  }
  /** The fields of every notice of one event. */
  told(event: string): Readonly<Record<string, unknown>>[] {
    return this.messages.flatMap((message) =>
      message.type === 'notice' && message.event === event ? [message.fields] : [],
    );
  }

  private open(
    name: string,
    family: 4 | 6,
    receive: (datagram: ReceivedDatagram) => void,
  ): ReturnType<EnginePorts['packetIo']['open']> {
    if (this.socketError !== undefined && (this.socketErrorFamily ?? family) === family) throw this.socketError;
    const suffix = family === 6 ? ' (IPv6)' : '';
    this.calls.push(`open ${name}${suffix}`);
    const socket: FakeSocket = { receive, waiting: [] };
    this.sockets.set(`${name} ${String(family)}`, socket);
    return {
      interface: name,
      family,
      send: (payload, envelope) => {
        if (this.sendErrno !== undefined) return { ok: false, errno: this.sendErrno };
        this.calls.push(`send priority ${String(payload[2])}${suffix}`);
        this.sent.push({ payload, envelope });
        return { ok: true };
      },
      drain: (limit) => {
        const read = socket.waiting.splice(0, limit);
        for (const datagram of read) {
          this.now += this.costOfReadingMs;
          receive(datagram);
        }
        return read.length;
      },
      close: () => {
        this.calls.push(`close ${name}${suffix}`);
      },
    };
  }
  private linkCall(what: string, { name }: VirtualLink): LinkResult {
    if (this.linkErrno !== undefined) return { ok: false, errno: this.linkErrno };
    this.calls.push(`${what} ${name}`);
    return { ok: true };
  }
  private readLink(name: string): LinkState {
    if (name === this.link.interface) return this.link;
    return { interface: name, exists: name === 'lo', up: name === 'lo', index: 0, mac: undefined, addresses: [] };
  }
  private socketFor({ interface: name, source }: ReceivedDatagram): FakeSocket | undefined {
    return this.sockets.get(`${name} ${String(addressFamily(source))}`);
  }
}

function lifetimeOf({ lifetimeSeconds }: OwnedAddress): string {
  return lifetimeSeconds === undefined ? '' : ` for ${String(lifetimeSeconds)} s`;
}

/** The parameters of a router with IPv4 addresses. */
export function parameters(change: Partial<VirtualRouterParameters> = {}): VirtualRouterParameters {
  return {
    name: 'web',
    interface: 'eth0',
    vrid: 7,
    version: 3,
    family: 4,
    priority: 100,
    advertIntervalMs: 1000,
    addresses: [{ address: VIP, prefixLength: 24 }],
    preemptMode: true,
    preemptDelayMs: 0,
    startupDelayMs: 0,
    checksum: 'auto',
    announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 },
    rules: DEFAULT_RULES,
    ...change,
  };
}

/** The parameters of a router with IPv6 addresses. */
export function parameters6(change: Partial<VirtualRouterParameters> = {}): VirtualRouterParameters {
  return parameters({ family: 6, addresses: VIPS6.map((address) => ({ address, prefixLength: 64 })), ...change });
}

/** A router of one family. */
export function router(change: Partial<VirtualRouterParameters> = {}): RouterConfiguration {
  return hosting([parameters(change)]);
}

/** A router with addresses of both families. */
export function dualRouter(change: Partial<VirtualRouterParameters> = {}): RouterConfiguration {
  return hosting([parameters(change), parameters6(change)]);
}

/** A router of these families, by its defaults. */
export function hosting(families: RouterConfiguration['families']): RouterConfiguration {
  return {
    name: families[0].name,
    families,
    epochFloor: 0,
    sourceAddresses: {},
    virtualMac: false,
    acceptMode: true,
    routes: [],
  };
}

/** How an advertisement from the peer differs from what it ordinarily is. */
export interface AdvertChange extends Partial<
  Pick<Advertisement, 'vrid' | 'version' | 'addresses' | 'advertIntervalMs'>
> {
  readonly ttl?: number;
  readonly interface?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly proof?: AdvertisementEnvelope['proof'];
}

/** An advertisement from the peer over IPv4. */
export function advert(priority: number, change: AdvertChange = {}): ReceivedDatagram {
  return arrival(priority, { source: PEER, destination: VRRP_GROUP_IPV4, addresses: [VIP], ...change });
}

/** An advertisement from the peer over IPv6. */
export function advert6(priority: number, change: AdvertChange = {}): ReceivedDatagram {
  return arrival(priority, { source: PEER6, destination: VRRP_GROUP_IPV6, addresses: VIPS6, ...change });
}

function arrival(
  priority: number,
  change: AdvertChange & Required<Pick<AdvertChange, 'source' | 'destination' | 'addresses'>>,
): ReceivedDatagram {
  const { source, destination, addresses, proof, version = 3, vrid = 7, advertIntervalMs = 1000, ttl = 255 } = change;
  const checksumForm = sentChecksumForm({ version, family: addressFamily(source), checksum: 'auto' });
  const envelope = { source, destination, checksumForm };
  const payload = encodeAdvertisement(
    { version, vrid, priority, advertIntervalMs, addresses },
    proof === undefined ? envelope : { ...envelope, proof },
  );
  return { interface: change.interface ?? 'eth0', source, destination, ttl, payload, headerValid: true };
}

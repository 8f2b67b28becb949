// A host on fake ports: one interface, a clock that stands still until told, and a list of everything the engine did.

import type { LinkState, ReceivedDatagram } from '@baton/net';
import { DEFAULT_RULES, encodeAdvertisement, VRRP_GROUP_IPV4, type VirtualRouterParameters } from '@baton/vrrp';
import { Engine } from './engine.js';
import type { EngineMessage, RouterConfiguration } from './messages.js';
import type { EnginePorts } from './ports.js';

export const OWN = '10.9.0.1';
export const PEER = '10.9.0.2';
export const VIP = '10.9.0.100';

/** A host with one interface, a clock that stands still until told, and a list of everything the engine did. */
export class FakeHost {
  readonly calls: string[] = [];
  readonly messages: EngineMessage[] = [];
  readonly held: { address: string; prefixLength: number; interface: string; ours: boolean }[] = [];
  now = 1000;
  refuseClaims = false;
  /** What the kernel answers when it is asked for the addresses. */
  kernelError: Error | undefined;
  /** What the kernel answers when a socket is opened. */
  socketError: Error | undefined;
  /** How much time every advertisement costs that is read, ms. */
  costOfReadingMs = 0;
  link: LinkState = {
    interface: 'eth0',
    exists: true,
    up: true,
    index: 2,
    mac: '02:00:00:00:00:01',
    addresses: [{ address: OWN, prefixLength: 24 }],
  };
  armedAt: number | undefined;
  private fire: () => void = () => undefined;
  private receive: (datagram: ReceivedDatagram) => void = () => undefined;
  private linkChanged: (state: LinkState) => void = () => undefined;
  private readonly waiting: ReceivedDatagram[] = [];

  readonly ports: EnginePorts = {
    clock: { now: () => this.now },
    wallClockMs: () => 0,
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
    packetIo: {
      driver: 'native',
      open: (interfaceName, family, receive) => {
        if (this.socketError !== undefined) throw this.socketError;
        this.calls.push(`open ${interfaceName}`);
        this.receive = receive;
        return {
          interface: interfaceName,
          family,
          send: (payload) => {
            this.calls.push(`send priority ${String(payload[2])}`);
            return { ok: true };
          },
          drain: (limit) => {
            const read = this.waiting.splice(0, limit);
            for (const datagram of read) {
              this.now += this.costOfReadingMs;
              receive(datagram);
            }
            return read.length;
          },
          close: () => {
            this.calls.push(`close ${interfaceName}`);
          },
        };
      },
    },
    addressOwner: {
      claim: (place) => {
        if (this.refuseClaims) return { ok: false, errno: 'EACCES' };
        this.calls.push(`claim ${place.address}`);
        this.held.push({ ...place, ours: true });
        return { ok: true, already: false, ours: true };
      },
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
      announce: (addresses, count) => {
        this.calls.push(`announce ${addresses.map((entry) => entry.address).join(',')} x${String(count)}`);
        return { ok: true };
      },
    },
    linkMonitor: {
      read: () => this.link,
      watch: (_names, changed) => {
        this.linkChanged = changed;
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
  deliver(datagram: ReceivedDatagram): void {
    this.receive(datagram);
  }
  putInSocket(datagram: ReceivedDatagram): void {
    this.waiting.push(datagram);
  }
  changeLink(change: Partial<LinkState>): void {
    this.link = { ...this.link, ...change };
    this.linkChanged(this.link);
  }
  takeCalls(): string[] {
    return this.calls.splice(0);
  }
  notices(): string[] {
    return this.messages.flatMap((message) => (message.type === 'notice' ? [message.event] : []));
  }
}

export function router(change: Partial<VirtualRouterParameters> = {}): RouterConfiguration {
  const parameters: VirtualRouterParameters = {
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
  return {
    name: parameters.name,
    families: [parameters],
    epochFloor: 0,
    sourceAddresses: {},
    virtualMac: false,
    acceptMode: true,
    routes: [],
  };
}

export function advert(priority: number, change: { vrid?: number; ttl?: number } = {}): ReceivedDatagram {
  const payload = encodeAdvertisement(
    { version: 3, vrid: change.vrid ?? 7, priority, advertIntervalMs: 1000, addresses: [VIP] },
    { source: PEER, destination: VRRP_GROUP_IPV4, checksumForm: 'pseudo-header' },
  );
  return {
    interface: 'eth0',
    source: PEER,
    destination: VRRP_GROUP_IPV4,
    ttl: change.ttl ?? 255,
    payload,
    headerValid: true,
  };
}

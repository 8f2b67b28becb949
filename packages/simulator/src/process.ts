// One life of an engine process on fake ports: its socket, its timer, its event loop, and what SIGSTOP does to them.
//
//   Lan ──> sockets ┐
//   Kernel ──> link ┼─> event loop ──> Engine ──> ports: Network, Kernel, timer
//   World ──> timer ┘   (asleep while paused)
//
// Decides when the engine is called, never what it answers.

import { addressFamily, BatonError, type Instant } from '@baton/base';
import { Engine, type EnginePorts, type HostedRouter } from '@baton/engine/core';
import type {
  AdvertisementSocket, LinkState, NetErrorCode, ReceivedDatagram, SendEnvelope, SendResult,
} from '@baton/net';
import type { DriftingClock } from './clock.js';
import { BARE_PORTS } from './bare-ports.js';
import type { Kernel } from './kernel.js';
import { LinkParents } from './link-parents.js';
import type { Network } from './network.js';
import type { Cause, NodeEvent } from './node-event.js';
import type { Random } from './random.js';
import type { PlannedEvent, World } from './world.js';

/** Datagrams that wait in a socket, as many as 4 MiB of real receive buffer hold; what comes then is dropped. */
export const RECEIVE_BUFFER_DATAGRAMS = 5461;
/** Datagrams that a real driver reads before it lets something else happen: raw-socket one, the native driver many. */
const ROUND_LIMITS = [1, 64] as const;
/** Wall-clock time at the beginning of the world, ms since 1970. */
const WALL_CLOCK_ORIGIN_MS = Date.UTC(2030, 0, 1);

/** What wakes an event loop; a socket is named by its interface and family. */
type Source = 'timer' | 'link' | 'signal' | SocketName;
type SocketName = `${string}/${4 | 6}`;

/** What of an engine is called from outside its ports. */
export type EngineCalls = Pick<Engine, 'configure' | 'setHealth' | 'shutdown'>;

/** Stands between an engine and everything else, for recorders and for faults. */
export interface EngineDecorator {
  ports(ports: EnginePorts): EnginePorts;
  calls(engine: EngineCalls, clock: EnginePorts['clock']): EngineCalls;
}

/** The node around a process. */
export interface ProcessSurroundings {
  readonly name: string;
  readonly world: World;
  readonly network: Network;
  readonly kernel: Kernel;
  readonly clock: DriftingClock;
  readonly random: Random;
  /** Longest time between an event and the moment the process sees it, ms. */
  readonly latencyMs: number;
  /** How far the wall clock has been set. */
  readonly wallClockStepMs: () => number;
  readonly tell: (event: NodeEvent) => void;
  readonly decorator: EngineDecorator | undefined;
}

interface OpenSocket {
  readonly name: SocketName;
  readonly index: number;
  readonly receive: (datagram: ReceivedDatagram) => void;
  readonly waiting: ReceivedDatagram[];
}

/** A running process with its engine. */
export class SimulatedProcess {
  /** The engine as it is called. */
  readonly calls: EngineCalls;
  readonly #engine: Engine;
  readonly #around: ProcessSurroundings;
  readonly #roundLimit: number;
  readonly #awake = new Set<Source>();
  #paused = false;
  #ended = false;
  readonly #sockets = new Map<SocketName, OpenSocket>();
  #timer: { readonly at: Instant; fire: () => void; readonly planned: PlannedEvent } | undefined;
  /** Called for every change, also when the next one has undone it: an engine knows what it did meanwhile, the kernel
   *  does not. */
  readonly #linkChanged = new Map<string, (state: LinkState) => void>();
  readonly #dirtyLinks = new Set<string>();
  #signal: (() => void) | undefined;

  constructor(around: ProcessSurroundings) {
    this.#around = around;
    this.#roundLimit = around.random.pick(ROUND_LIMITS);
    const ports = this.#ports();
    this.#engine = new Engine(around.decorator?.ports(ports) ?? ports);
    this.calls = around.decorator?.calls(this.#engine, around.clock) ?? this.#engine;
  }

  /** The routers of its engine. */
  get routers(): readonly HostedRouter[] {
    return this.#engine.routers;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Datagrams in its sockets that it has not read. */
  get waitingDatagrams(): number {
    let count = 0;
    for (const { waiting } of this.#sockets.values()) count += waiting.length;
    return count;
  }

  /** The process calls the engine now; between two calls the engine is idle. */
  call(cause: Cause, work: () => void, interfaceName?: string): void {
    this.#around.tell({ kind: 'woke', cause, ...(interfaceName === undefined ? {} : { interface: interfaceName }) });
    work();
    this.#around.tell({ kind: 'idle', cause });
  }

  /** A signal is delivered as soon as the process runs. */
  signal(handle: () => void): void {
    this.#signal = handle;
    this.#wake('signal');
  }

  pause(): void {
    this.#paused = true;
  }

  /** Everything that waits is seen at once, in an order that depends on where the event loop was stopped: libuv may be
   *  about to run its timers or about to poll. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const { random, clock, world } = this.#around;
    const waiting: Source[] = [];
    if (this.#timer !== undefined && clock.now() >= this.#timer.at) waiting.push('timer');
    for (const socket of this.#sockets.values()) if (socket.waiting.length > 0) waiting.push(socket.name);
    if (this.#dirtyLinks.size > 0) waiting.push('link');
    if (this.#signal !== undefined) waiting.push('signal');
    for (const source of random.shuffle(waiting)) {
      world.plan(world.now, () => {
        this.#serve(source);
      });
    }
  }

  /** The process is gone, with what waited in its socket. */
  end(): void {
    this.#ended = true;
    this.#timer?.planned.cancel();
    this.#timer = undefined;
    this.#sockets.clear();
  }

  /** A datagram reaches the node.
   *  @returns whether it waits in the socket now */
  arrive(datagram: ReceivedDatagram): boolean {
    const { interface: name, source } = datagram;
    const target = this.#around.kernel.interface(name);
    const socket = this.#sockets.get(socketName(name, addressFamily(source)));
    if (socket === undefined || target?.carries !== true || target.index !== socket.index) return false;
    if (socket.waiting.length >= RECEIVE_BUFFER_DATAGRAMS) return false;
    socket.waiting.push(datagram);
    this.#wake(socket.name);
    return true;
  }

  /** Something about an interface changed. */
  noticeLink(interfaceName: string): void {
    this.#dirtyLinks.add(interfaceName);
    this.#wake('link');
  }

  #wake(source: Source): void {
    if (this.#paused || this.#ended || this.#awake.has(source)) return;
    this.#awake.add(source);
    const { world } = this.#around;
    world.plan(world.now + this.#latencyMs(), () => {
      this.#awake.delete(source);
      this.#serve(source);
    });
  }

  #serve(source: Source): void {
    if (this.#paused || this.#ended) return;
    switch (source) {
      case 'timer': this.#fireTimer(); break;
      case 'link': this.#readLinks(); break;
      case 'signal': this.#takeSignal(); break;
      default: this.#readSocket(source); break;
    }
  }

  /** What was heard meanwhile may have moved the deadline: then there is nothing to fire. */
  #fireTimer(): void {
    const timer = this.#timer;
    if (timer === undefined || this.#around.clock.now() < timer.at) return;
    timer.planned.cancel();
    this.#timer = undefined;
    this.call('timer', timer.fire);
  }

  #readSocket(name: SocketName): void {
    for (let count = 0; count < this.#roundLimit; count += 1) {
      const socket = this.#sockets.get(name);
      const datagram = socket?.waiting.shift();
      if (socket === undefined || datagram === undefined) return;
      this.call('datagram', () => {
        socket.receive(datagram);
      });
    }
    if ((this.#sockets.get(name)?.waiting.length ?? 0) === 0) return;
    const { world } = this.#around;
    world.plan(world.now, () => {
      this.#serve(name);
    });
  }

  #readLinks(): void {
    const names = [...this.#dirtyLinks];
    this.#dirtyLinks.clear();
    for (const name of names) {
      const changed = this.#linkChanged.get(name);
      if (changed === undefined) continue;
      const state = this.#around.kernel.read(name);
      this.call('link', () => {
        changed(state);
      }, name);
    }
  }

  #takeSignal(): void {
    const handle = this.#signal;
    this.#signal = undefined;
    handle?.();
  }

  #latencyMs(): number {
    const { latencyMs, random } = this.#around;
    return latencyMs === 0 ? 0 : latencyMs * random.nextFraction();
  }

  #ports(): EnginePorts {
    const { kernel, clock, tell, world, wallClockStepMs } = this.#around;
    const parents = new LinkParents();
    return {
      clock,
      ...BARE_PORTS,
      wallClockMs: () => WALL_CLOCK_ORIGIN_MS + Math.floor(world.now) + wallClockStepMs(),
      emit: (message) => {
        tell({ kind: 'told', message });
      },
      timer: {
        arm: (at, fire) => {
          this.#arm(at, fire);
        },
      },
      packetIo: { driver: 'native', open: (name, family, receive) => this.#open(name, family, receive) },
      virtualLinks: parents.links,
      addressOwner: {
        claim: (wanted) => {
          const place = parents.carried(wanted);
          const result = kernel.claim(place);
          tell({ kind: 'claimed', interface: place.interface, address: place.address, result });
          return result;
        },
        renew: (places) => places.map((wanted) => {
          const place = parents.carried(wanted);
          const result = kernel.renew(place);
          tell({ kind: 'renewed', interface: place.interface, address: place.address, result });
          return result;
        }),
        release: (wanted) => {
          const place = parents.carried(wanted);
          const result = kernel.release(place);
          tell({ kind: 'released', interface: place.interface, address: place.address, result });
          return result;
        },
        list: (name) => kernel.list(name),
      },
      announcer: {
        announce: (wanted, count) => {
          const addresses = wanted.map((place) => parents.carried(place));
          tell({ kind: 'announced', places: addresses, count });
          const isCarried = addresses.every(({ interface: name }) => kernel.interface(name)?.carries === true);
          return isCarried ? { ok: true } : { ok: false, errno: 'ENETDOWN' };
        },
      },
      linkMonitor: {
        read: (name) => kernel.read(name),
        watch: (names, changed) => {
          for (const name of names) this.#linkChanged.set(name, changed);
        },
        close: () => {
          this.#linkChanged.clear();
        },
      },
    };
  }

  #arm(at: Instant | undefined, fire: () => void): void {
    const { clock, tell, world } = this.#around;
    tell({ kind: 'armed', at });
    // A wake-up that is under way is not put off by being wanted once more.
    if (this.#timer !== undefined && this.#timer.at === at) {
      this.#timer.fire = fire;
      return;
    }
    this.#timer?.planned.cancel();
    this.#timer = undefined;
    if (at === undefined || this.#ended) return;
    const planned = world.plan(clock.trueTimeOf(at) + this.#latencyMs(), () => {
      clock.reach(at);
      this.#serve('timer');
    });
    this.#timer = { at, fire, planned };
  }

  #open(
    interfaceName: string, family: 4 | 6, receive: (datagram: ReceivedDatagram) => void,
  ): AdvertisementSocket {
    const target = this.#around.kernel.interface(interfaceName);
    if (target === undefined || target.index === 0) {
      throw new BatonError<NetErrorCode>('ERR_NET_INTERFACE_MISSING', `interface ${interfaceName} does not exist`);
    }
    const socket: OpenSocket = {
      name: socketName(interfaceName, family), index: target.index, receive, waiting: [],
    };
    this.#sockets.set(socket.name, socket);
    const isOpen = (): boolean => this.#sockets.get(socket.name) === socket;
    const errnoNow = (): string | undefined => {
      if (!isOpen()) return 'EBADF';
      if (target.index !== socket.index) return 'ENODEV';
      return target.carries ? undefined : 'ENETDOWN';
    };
    return {
      interface: interfaceName,
      family,
      send: (payload, envelope) => this.#send(interfaceName, payload, envelope, errnoNow()),
      drain: (limit) => {
        let count = 0;
        while (count < limit && isOpen()) {
          const datagram = socket.waiting.shift();
          if (datagram === undefined) break;
          count += 1;
          receive(datagram);
        }
        return count;
      },
      close: () => {
        if (isOpen()) this.#sockets.delete(socket.name);
      },
    };
  }

  #send(
    interfaceName: string, payload: Uint8Array, { source, destination }: SendEnvelope, errno: string | undefined,
  ): SendResult {
    const { kernel, network, name, tell } = this.#around;
    tell({ kind: 'sent', interface: interfaceName, source, destination, payload, errno });
    if (errno !== undefined) return { ok: false, errno };
    const lan = kernel.interface(interfaceName)?.lan ?? 0;
    const datagram = { interface: interfaceName, source, destination, ttl: 255, payload, headerValid: true };
    network.lan(lan).send(name, datagram);
    return { ok: true };
  }
}

function socketName(interfaceName: string, family: 4 | 6): SocketName {
  return family === 4 ? `${interfaceName}/4` : `${interfaceName}/6`;
}

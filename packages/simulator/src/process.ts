// One life of an engine process on fake ports: its socket, its timer, its event loop, and what SIGSTOP does to them.
//
//   Lan ──> socket ─┐
//   Kernel ──> link ┼─> event loop ──> Engine ──> ports: Lan, Kernel, timer
//   World ──> timer ┘   (asleep while paused)
//
// Decides when the engine is called, never what it answers.

import { BatonError, type Instant } from '@baton/base';
import { Engine, type EnginePorts } from '@baton/engine/core';
import type { RouterSnapshot } from '@baton/engine/messages';
import type { AdvertisementSocket, LinkState, NetErrorCode, ReceivedDatagram } from '@baton/net';
import type { DriftingClock } from './clock.js';
import { INTERFACE, type Kernel } from './kernel.js';
import type { Lan } from './lan.js';
import type { Cause, NodeEvent } from './node-event.js';
import type { Random } from './random.js';
import type { PlannedEvent, World } from './world.js';

/** Datagrams that wait in a socket, as many as 4 MiB of real receive buffer hold; what comes then is dropped. */
export const RECEIVE_BUFFER_DATAGRAMS = 5461;
/** Datagrams that a real driver reads before it lets something else happen: raw-socket one, the native driver many. */
const ROUND_LIMITS = [1, 64] as const;
/** Wall-clock time at the beginning of the world, ms since 1970. */
const WALL_CLOCK_ORIGIN_MS = Date.UTC(2030, 0, 1);

/** What wakes an event loop. */
type Source = 'timer' | 'socket' | 'link' | 'signal';

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
  readonly lan: Lan;
  readonly kernel: Kernel;
  readonly clock: DriftingClock;
  readonly random: Random;
  /** Longest time between an event and the moment the process sees it, ms. */
  readonly latencyMs: number;
  readonly tell: (event: NodeEvent) => void;
  readonly decorator: EngineDecorator | undefined;
}

interface OpenSocket {
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
  #socket: OpenSocket | undefined;
  #timer: { readonly at: Instant; readonly fire: () => void; readonly planned: PlannedEvent } | undefined;
  /** Called for every change, also when the next one has undone it: an engine knows what it did meanwhile, the kernel
   *  does not. */
  #linkChanged: ((state: LinkState) => void) | undefined;
  #linkDirty = false;
  #signal: (() => void) | undefined;

  constructor(around: ProcessSurroundings) {
    this.#around = around;
    this.#roundLimit = around.random.pick(ROUND_LIMITS);
    const ports = this.#ports();
    this.#engine = new Engine(around.decorator?.ports(ports) ?? ports);
    this.calls = around.decorator?.calls(this.#engine, around.clock) ?? this.#engine;
  }

  /** The engine's own account of its routers, read now. */
  get routers(): readonly RouterSnapshot[] {
    return this.#engine.snapshotRouters();
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Datagrams in its socket that it has not read. */
  get waitingDatagrams(): number {
    return this.#socket?.waiting.length ?? 0;
  }

  /** The process calls the engine now; between two calls the engine is idle. */
  call(cause: Cause, work: () => void): void {
    this.#around.tell({ kind: 'woke', cause });
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
    if (this.waitingDatagrams > 0) waiting.push('socket');
    if (this.#linkDirty) waiting.push('link');
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
    this.#socket = undefined;
  }

  /** A datagram reaches the node.
   *  @returns whether it waits in the socket now */
  arrive(datagram: ReceivedDatagram): boolean {
    const { kernel } = this.#around;
    const socket = this.#socket;
    if (socket === undefined || !kernel.carries || kernel.index !== socket.index) return false;
    if (socket.waiting.length >= RECEIVE_BUFFER_DATAGRAMS) return false;
    socket.waiting.push(datagram);
    this.#wake('socket');
    return true;
  }

  /** Something about the interface changed. */
  noticeLink(): void {
    this.#linkDirty = true;
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
      case 'socket': this.#readSocket(); break;
      case 'link': this.#readLink(); break;
      case 'signal': this.#takeSignal(); break;
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

  #readSocket(): void {
    for (let count = 0; count < this.#roundLimit; count += 1) {
      const socket = this.#socket;
      const datagram = socket?.waiting.shift();
      if (socket === undefined || datagram === undefined) return;
      this.call('datagram', () => {
        socket.receive(datagram);
      });
    }
    if (this.waitingDatagrams === 0) return;
    const { world } = this.#around;
    world.plan(world.now, () => {
      this.#serve('socket');
    });
  }

  #readLink(): void {
    if (!this.#linkDirty) return;
    this.#linkDirty = false;
    const changed = this.#linkChanged;
    if (changed === undefined) return;
    const state = this.#around.kernel.read();
    this.call('link', () => {
      changed(state);
    });
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
    const { kernel, clock, tell, world } = this.#around;
    return {
      clock,
      wallClockMs: () => WALL_CLOCK_ORIGIN_MS + Math.floor(world.now),
      emit: (message) => {
        tell({ kind: 'told', message });
      },
      timer: {
        arm: (at, fire) => {
          this.#arm(at, fire);
        },
      },
      packetIo: { driver: 'native', open: (name, family, receive) => this.#open(name, family, receive) },
      addressOwner: {
        claim: (place) => {
          const result = kernel.claim(place);
          tell({ kind: 'claimed', address: place.address, result });
          return result;
        },
        release: (place) => {
          const result = kernel.release(place.address);
          tell({ kind: 'released', address: place.address, result });
          return result;
        },
        list: () => kernel.list(),
      },
      announcer: {
        announce: (addresses, count) => {
          tell({ kind: 'announced', addresses: addresses.map(({ address }) => address), count });
          return kernel.carries ? { ok: true } : { ok: false, errno: 'ENETDOWN' };
        },
      },
      linkMonitor: {
        read: () => kernel.read(),
        watch: (_names, changed) => {
          this.#linkChanged = changed;
        },
        close: () => {
          this.#linkChanged = undefined;
        },
      },
    };
  }

  #arm(at: Instant | undefined, fire: () => void): void {
    const { clock, tell, world } = this.#around;
    tell({ kind: 'armed', at });
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
    const { kernel, lan, name, tell } = this.#around;
    if (interfaceName !== INTERFACE || kernel.index === 0) {
      throw new BatonError<NetErrorCode>('ERR_NET_INTERFACE_MISSING', `interface ${interfaceName} does not exist`);
    }
    const socket: OpenSocket = { index: kernel.index, receive, waiting: [] };
    this.#socket = socket;
    const errnoNow = (): string | undefined => {
      if (this.#socket !== socket) return 'EBADF';
      if (kernel.index !== socket.index) return 'ENODEV';
      return kernel.carries ? undefined : 'ENETDOWN';
    };
    return {
      interface: interfaceName,
      family,
      send: (payload, { source, destination }) => {
        const errno = errnoNow();
        tell({ kind: 'sent', source, payload, errno });
        if (errno !== undefined) return { ok: false, errno };
        lan.send(name, { interface: INTERFACE, source, destination, ttl: 255, payload, headerValid: true });
        return { ok: true };
      },
      drain: (limit) => {
        let count = 0;
        while (count < limit && this.#socket === socket) {
          const datagram = socket.waiting.shift();
          if (datagram === undefined) break;
          count += 1;
          receive(datagram);
        }
        return count;
      },
      close: () => {
        if (this.#socket === socket) this.#socket = undefined;
      },
    };
  }
}

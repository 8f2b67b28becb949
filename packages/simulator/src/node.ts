// One node: a kernel that lasts, and a process that comes and goes. Turns the steps of a scenario into what a process
// sees of them. Judges nothing.

import type { IpAddress } from '@baton/base';
import type { HostedRouter } from '@baton/engine/core';
import type { ReceivedDatagram } from '@baton/net';
import { VRRP_GROUP_IPV4, VRRP_GROUP_IPV6 } from '@baton/vrrp';
import { DriftingClock } from './clock.js';
import { Kernel } from './kernel.js';
import type { Network } from './network.js';
import type { NodeEvent } from './node-event.js';
import { SimulatedProcess, type EngineDecorator } from './process.js';
import { Random } from './random.js';
import type { NodeVerb } from './scenario.js';
import { sessionsOf, type Session } from './session.js';
import type { NodeSetup } from './stage.js';
import type { World } from './world.js';

/** What a node stands in. */
export interface NodeSurroundings {
  readonly index: number;
  readonly world: World;
  readonly network: Network;
  readonly seed: number;
  readonly watch: (node: SimulatedNode, event: NodeEvent) => void;
  /** Called once for each life of the process. */
  readonly decorate: (node: string) => EngineDecorator | undefined;
}

/** One simulated host. */
export class SimulatedNode {
  readonly name: string;
  readonly kernel: Kernel;
  readonly clock: DriftingClock;
  #setup: NodeSetup;
  #sessions: readonly Session[];
  readonly #around: NodeSurroundings;
  readonly #random: Random;
  #process: SimulatedProcess | undefined;
  #generation = 0;
  readonly #lastEpochs = new Map<string, number>();
  readonly #failedTrackers = new Set<string>();
  #wallClockStepMs = 0;

  constructor(setup: NodeSetup, around: NodeSurroundings) {
    this.name = setup.name;
    this.#setup = setup;
    this.#sessions = sessionsOf(setup);
    this.#around = around;
    this.#random = Random.fromSeed(around.seed + 1000 * (around.index + 1));
    this.clock = new DriftingClock(around.world, 1000 * this.#random.nextFraction(), setup.driftPpm);
    const leases = {
      world: around.world,
      // Of its own, so that a lease does not shift the other chances of a seed.
      random: Random.fromSeed(around.seed + 1000 * (around.index + 1) + 500),
      ended: (interfaceName: string, address: IpAddress) => {
        around.watch(this, { kind: 'lease-ended', interface: interfaceName, address });
      },
    };
    this.kernel = new Kernel(setup.interfaces, leases, (name) => {
      this.#process?.noticeLink(name);
    });
    for (const { name, lan } of setup.interfaces) {
      around.network.lan(lan).attach({
        name: this.name,
        listensTo: (destination) => isGroup(destination) || this.kernel.holds(destination, name),
        receive: (datagram) => {
          this.#receive({ ...datagram, interface: name });
        },
      });
    }
  }

  /** Its configuration as it is now. */
  get setup(): NodeSetup {
    return this.#setup;
  }

  /** The sessions of this configuration. */
  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Running, and not stopped by SIGSTOP. */
  get isAwake(): boolean {
    return this.#process !== undefined && !this.#process.isPaused;
  }

  /** Awake, with an interface on this LAN that carries packets. */
  isOn(lan: number): boolean {
    return this.isAwake && this.kernel.on(lan).some(({ carries }) => carries);
  }

  /** Datagrams that it has not read yet. */
  get waitingDatagrams(): number {
    return this.#process?.waitingDatagrams ?? 0;
  }

  hasFailedTracker(router: string): boolean {
    return this.#failedTrackers.has(router);
  }

  /** The routers of its engine; empty while nothing runs. */
  get routers(): readonly HostedRouter[] {
    return this.#process?.routers ?? [];
  }

  perform(verb: NodeVerb, lan?: number): void {
    const interfaces = this.kernel.on(lan);
    switch (verb) {
      case 'start': this.#start(); break;
      case 'stop': this.#stop(); break;
      case 'crash': this.#end(); break;
      case 'pause': this.#process?.pause(); break;
      case 'resume': this.#process?.resume(); break;
      case 'link-down': for (const each of interfaces) each.setLink(false); break;
      case 'link-up': for (const each of interfaces) each.setLink(true); break;
      case 'delete-interface': for (const each of interfaces) each.delete(); break;
      case 'create-interface': for (const each of interfaces) each.create(); break;
      case 'remove-addresses': this.#removeAddresses(lan); break;
      case 'refuse-claims': this.kernel.refusesClaims = 'EACCES'; break;
      case 'accept-claims': this.kernel.refusesClaims = undefined; break;
    }
  }

  /** The agent tells what the trackers of a router say; ignored by a process that does not run or is paused.
   *  @param router undefined = of every router */
  setHealth(router: string | undefined, adjustment: number, failed: boolean): void {
    const process = this.#process;
    if (process === undefined || process.isPaused) return;
    for (const { name } of this.#setup.routers) {
      if (router !== undefined && router !== name) continue;
      if (failed) this.#failedTrackers.add(name);
      else this.#failedTrackers.delete(name);
      process.call('health', () => {
        process.calls.setHealth(name, { adjustment, failed });
      });
    }
  }

  /** A reload; a process that does not run reads it when it starts. */
  change(setup: NodeSetup): void {
    const process = this.#process;
    this.#setup = setup;
    this.#sessions = sessionsOf(setup);
    process?.call('change', () => {
      this.#configure(process);
    });
  }

  /** Sets the wall clock by so much forward or back, ms. */
  stepWallClock(stepMs: number): void {
    this.#wallClockStepMs += stepMs;
  }

  #start(): void {
    if (this.#process !== undefined) return;
    const { world, network, watch, decorate } = this.#around;
    const process = new SimulatedProcess({
      name: this.name, world, network, kernel: this.kernel, clock: this.clock, random: this.#random,
      latencyMs: this.#setup.latencyMs,
      wallClockStepMs: () => this.#wallClockStepMs,
      decorator: decorate(this.name),
      tell: (event) => {
        if (event.kind === 'told' && event.message.type === 'state-changed') {
          this.#lastEpochs.set(event.message.router, event.message.change.epoch);
        }
        watch(this, event);
      },
    });
    this.#process = process;
    this.#failedTrackers.clear();
    process.call('start', () => {
      this.#configure(process);
    });
  }

  #configure(process: SimulatedProcess): void {
    this.#generation += 1;
    const routers = this.#setup.routers.map((router) =>
      ({ ...router, epochFloor: this.#lastEpochs.get(router.name) ?? 0 }));
    process.calls.configure(this.#generation, routers, this.#setup.syncGroups);
  }

  #stop(): void {
    const process = this.#process;
    process?.signal(() => {
      process.call('stop', () => {
        process.calls.shutdown();
      });
      this.#end();
    });
  }

  #end(): void {
    this.#process?.end();
    this.#process = undefined;
  }

  #removeAddresses(lan: number | undefined): void {
    for (const { parameters, lan: own } of this.#sessions) {
      if (lan !== undefined && lan !== own) continue;
      for (const { address } of parameters.addresses) {
        this.kernel.release({ interface: parameters.interface, address });
      }
    }
  }

  #receive(datagram: ReceivedDatagram): void {
    if (this.#process?.arrive(datagram) !== true) return;
    const { interface: name, source, destination, payload } = datagram;
    this.#around.watch(this, { kind: 'arrived', interface: name, source, destination, payload });
  }
}

function isGroup(address: IpAddress): boolean {
  return address === VRRP_GROUP_IPV4 || address === VRRP_GROUP_IPV6;
}

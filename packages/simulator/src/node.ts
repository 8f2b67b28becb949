// One node: a kernel that lasts, and a process that comes and goes. Turns the steps of a scenario into what a process
// sees of them. Judges nothing.

import type { RouterConfiguration, RouterSnapshot } from '@baton/engine/messages';
import type { ReceivedDatagram } from '@baton/net';
import { DEFAULT_RULES, OWNER_PRIORITY, type VirtualRouterParameters } from '@baton/vrrp';
import { DriftingClock } from './clock.js';
import { INTERFACE, Kernel, PREFIX_LENGTH } from './kernel.js';
import type { Lan } from './lan.js';
import type { NodeEvent } from './node-event.js';
import { SimulatedProcess, type EngineDecorator } from './process.js';
import { Random } from './random.js';
import { primaryAddressOf, type NodePlan, type NodeVerb, type RouterChanges } from './scenario.js';
import type { World } from './world.js';

/** Name and VRID of the only virtual router of every node. */
export const ROUTER = { name: 'web', vrid: 7 } as const;

/** What a node stands in. */
export interface NodeSurroundings {
  readonly index: number;
  readonly world: World;
  readonly lan: Lan;
  readonly seed: number;
  readonly virtualAddresses: readonly string[];
  readonly watch: (node: SimulatedNode, event: NodeEvent) => void;
  /** Called once for each life of the process. */
  readonly decorate: (node: string) => EngineDecorator | undefined;
}

/** One simulated host. */
export class SimulatedNode {
  readonly name: string;
  readonly kernel: Kernel;
  readonly clock: DriftingClock;
  readonly primaryAddress: string;
  #plan: NodePlan;
  readonly #around: NodeSurroundings;
  readonly #random: Random;
  #process: SimulatedProcess | undefined;
  #generation = 0;
  #lastEpoch = 0;
  #trackerFailed = false;

  constructor(plan: NodePlan, around: NodeSurroundings) {
    this.name = plan.name;
    this.#plan = plan;
    this.#around = around;
    this.#random = Random.fromSeed(around.seed + 1000 * (around.index + 1));
    this.primaryAddress = primaryAddressOf(around.index);
    this.clock = new DriftingClock(around.world, 1000 * this.#random.nextFraction(), plan.driftPpm);
    this.kernel = new Kernel(this.primaryAddress, `02:00:00:00:00:0${String(around.index + 1)}`, () => {
      this.#process?.noticeLink();
    });
    around.lan.attach(this.name, (datagram) => {
      this.#receive(datagram);
    });
  }

  /** Its configuration as it is now. */
  get plan(): NodePlan {
    return this.#plan;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Running, and not stopped by SIGSTOP. */
  get isAwake(): boolean {
    return this.#process !== undefined && !this.#process.isPaused;
  }

  /** Awake on an interface that carries packets. */
  get isOnLan(): boolean {
    return this.isAwake && this.kernel.carries;
  }

  /** Datagrams that it has not read yet. */
  get waitingDatagrams(): number {
    return this.#process?.waitingDatagrams ?? 0;
  }

  get hasFailedTracker(): boolean {
    return this.#trackerFailed;
  }

  /** Whether it overrules a master of lower priority. */
  get preempts(): boolean {
    return this.#plan.preempt || this.#plan.priority === OWNER_PRIORITY;
  }

  /** The engine's own account of the router, read now; undefined while nothing runs. */
  snapshot(): RouterSnapshot | undefined {
    return this.#process?.routers[0];
  }

  perform(verb: NodeVerb): void {
    switch (verb) {
      case 'start': this.#start(); break;
      case 'stop': this.#stop(); break;
      case 'crash': this.#end(); break;
      case 'pause': this.#process?.pause(); break;
      case 'resume': this.#process?.resume(); break;
      case 'link-down': this.kernel.setLink(false); break;
      case 'link-up': this.kernel.setLink(true); break;
      case 'delete-interface': this.kernel.deleteInterface(); break;
      case 'create-interface': this.kernel.createInterface(); break;
      case 'remove-addresses': for (const address of this.#around.virtualAddresses) this.kernel.release(address); break;
      case 'refuse-claims': this.kernel.refusesClaims = 'EACCES'; break;
      case 'accept-claims': this.kernel.refusesClaims = undefined; break;
    }
  }

  /** The agent tells what the trackers say; ignored by a process that does not run or is paused. */
  setHealth(adjustment: number, failed: boolean): void {
    const process = this.#process;
    if (process === undefined || process.isPaused) return;
    this.#trackerFailed = failed;
    process.call('health', () => {
      process.calls.setHealth(ROUTER.name, { adjustment, failed });
    });
  }

  /** A reload; a process that does not run reads it when it starts. Ignored while it is paused. */
  change(changes: RouterChanges): void {
    const process = this.#process;
    if (process?.isPaused === true) return;
    this.#plan = { ...this.#plan, ...changes };
    process?.call('change', () => {
      this.#configure(process);
    });
  }

  #start(): void {
    if (this.#process !== undefined) return;
    const { world, lan, watch, decorate } = this.#around;
    const process = new SimulatedProcess({
      name: this.name, world, lan, kernel: this.kernel, clock: this.clock, random: this.#random,
      latencyMs: this.#plan.latencyMs,
      decorator: decorate(this.name),
      tell: (event) => {
        if (event.kind === 'told' && event.message.type === 'state-changed') {
          this.#lastEpoch = event.message.change.epoch;
        }
        watch(this, event);
      },
    });
    this.#process = process;
    this.#trackerFailed = false;
    process.call('start', () => {
      this.#configure(process);
    });
  }

  #configure(process: SimulatedProcess): void {
    this.#generation += 1;
    process.calls.configure(this.#generation, [this.#configuration()]);
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

  #receive(datagram: ReceivedDatagram): void {
    if (this.#process?.arrive(datagram) !== true) return;
    this.#around.watch(this, { kind: 'arrived', source: datagram.source, payload: datagram.payload });
  }

  #configuration(): RouterConfiguration {
    const { priority, intervalMs, preempt, preemptDelayMs, startupDelayMs } = this.#plan;
    const parameters: VirtualRouterParameters = {
      ...ROUTER,
      interface: INTERFACE,
      version: 3,
      family: 4,
      priority,
      advertIntervalMs: intervalMs,
      addresses: this.#around.virtualAddresses.map((address) => ({ address, prefixLength: PREFIX_LENGTH })),
      preemptMode: preempt,
      preemptDelayMs,
      startupDelayMs,
      checksum: 'auto',
      announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 },
      rules: DEFAULT_RULES,
    };
    return {
      name: parameters.name, families: [parameters], epochFloor: this.#lastEpoch, sourceAddresses: {}, virtualMac: false,
      acceptMode: true, routes: [],
    };
  }
}

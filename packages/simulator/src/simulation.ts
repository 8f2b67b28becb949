// Plays a scenario on real engines and judges it. The same scenario gives the same trace, bit for bit.

import { InvariantError } from '@baton/base';
import { encodeAdvertisement, sentChecksumForm, VRRP_GROUP_IPV4, VRRP_GROUP_IPV6 } from '@baton/vrrp';
import { formatAction } from './action-text.js';
import { Checkers } from './checkers.js';
import { Network } from './network.js';
import { SimulatedNode } from './node.js';
import type { NodeEvent } from './node-event.js';
import type { EngineDecorator } from './process.js';
import type { Violation } from './rule.js';
import type { Action, Scenario, Step } from './scenario.js';
import { stageOf, type Stage } from './stage.js';
import { Trace } from './trace.js';
import { World } from './world.js';

/** What a run came to. */
export interface RunResult {
  readonly trace: Trace;
  /** The first broken rule; the run ended there. */
  readonly violation: Violation | undefined;
  /** How often a LAN that had time to settle was judged. */
  readonly settledChecks: number;
  /** Things that happened: calls, arrivals, steps. */
  readonly events: number;
}

/** What may be changed about a run. */
export interface RunOptions {
  /** What stands between the engine of a node and everything else, for each life of the node. */
  readonly decorate?: (node: string) => EngineDecorator | undefined;
  /** Sees everything that a node does, before it is judged. */
  readonly watch?: (atMs: number, node: SimulatedNode, event: NodeEvent) => void;
  /** Called after everything that happened, with the true time. */
  readonly passed?: (atMs: number) => void;
  /** Whether rules are applied, and end the run; they are unless this says no. */
  readonly judges?: boolean;
}

/** Plays a scenario to its end or to its first violation. */
export function runScenario(scenario: Scenario, options: RunOptions = {}): RunResult {
  return runStage(stageOf(scenario), options);
}

/** Plays what has been prepared, likewise. */
export function runStage(stage: Stage, options: RunOptions = {}): RunResult {
  return new Simulation(stage, options).run();
}

class Simulation {
  readonly #stage: Stage;
  readonly #judges: boolean;
  readonly #passed: (atMs: number) => void;
  readonly #world = new World();
  readonly #trace: Trace;
  readonly #network: Network;
  readonly #checkers: Checkers;
  readonly #nodes: ReadonlyMap<string, SimulatedNode>;

  constructor(stage: Stage, options: RunOptions) {
    const { decorate = () => undefined, watch = () => undefined } = options;
    this.#stage = stage;
    this.#judges = options.judges ?? true;
    this.#passed = options.passed ?? (() => undefined);
    const lans = new Set(stage.nodes.flatMap(({ interfaces }) => interfaces.map(({ lan }) => lan)));
    this.#network = new Network(this.#world, stage.seed, [...lans]);
    const nodes = stage.nodes.map((setup, index) => new SimulatedNode(setup, {
      index, world: this.#world, network: this.#network, seed: stage.seed, decorate,
      watch: (source, event) => {
        watch(this.#world.now, source, event);
        this.#trace.addEvent(this.#world.now, source.name, event);
        if (this.#judges) this.#checkers.see(source, event);
      },
    }));
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#trace = new Trace(nodes[0]?.sessions ?? []);
    this.#checkers = new Checkers(this.#world, this.#network, nodes);
  }

  run(): RunResult {
    for (const step of this.#stage.steps) this.#plan(step);
    let events = 0;
    while (this.#checkers.violation === undefined && this.#advance()) {
      events += 1;
      this.#passed(this.#world.now);
      if (this.#judges) this.#checkers.check();
    }
    if (this.#judges) this.#checkers.check();
    const { violation, settledChecks } = this.#checkers;
    return { trace: this.#trace, violation, settledChecks, events };
  }

  /** An engine that contradicts itself has broken a rule like any other: the seed must be told. */
  #advance(): boolean {
    try {
      return this.#world.step(this.#stage.endMs);
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      this.#checkers.violation ??= { rule: 'engine-threw', atMs: this.#world.now, detail: error.message };
      return false;
    }
  }

  #plan({ atMs, action }: Step): void {
    this.#world.plan(atMs, () => {
      this.#trace.add(this.#world.now, '--', formatAction(action));
      this.#checkers.around(action, () => {
        this.#perform(action);
      });
      // Judged also when nothing at all happens any more.
      this.#world.plan(this.#world.now + this.#checkers.settlingMs + 1, () => undefined);
    });
  }

  #perform(action: Action): void {
    switch (action.kind) {
      case 'node': this.#nodes.get(action.node)?.perform(action.verb, action.lan); break;
      case 'cut':
      case 'restore':
      case 'partition':
      case 'heal':
      case 'lan': this.#network.perform(action); break;
      case 'health': this.#nodes.get(action.node)?.setHealth(action.router, action.adjustment, action.failed); break;
      case 'change': this.#change(action); break;
      case 'clock': this.#nodes.get(action.node)?.stepWallClock(action.stepMs); break;
      case 'stranger': this.#advertiseAs(action); break;
    }
  }

  /** A paused node reads nothing: what was changed in its file goes lost with the change. */
  #change(action: Extract<Action, { kind: 'change' }>): void {
    const node = this.#nodes.get(action.node);
    if (node === undefined || (node.isRunning && !node.isAwake)) return;
    node.change(this.#stage.change(action));
  }

  #advertiseAs({ address, priority, intervalMs, router }: Extract<Action, { kind: 'stranger' }>): void {
    const family = address.includes(':') ? 6 : 4;
    const session = [...this.#nodes.values()][0]?.sessions.find(({ parameters, router: { name } }) =>
      parameters.family === family && (router === undefined || router === name));
    if (session === undefined) return;
    const { vrid, version, addresses, interface: interfaceName } = session.parameters;
    const destination = family === 4 ? VRRP_GROUP_IPV4 : VRRP_GROUP_IPV6;
    const payload = encodeAdvertisement(
      { version, vrid, priority, advertIntervalMs: intervalMs, addresses: addresses.map((entry) => entry.address) },
      { source: address, destination, checksumForm: sentChecksumForm(session.parameters) },
    );
    this.#network.lan(session.lan).send(address, {
      interface: interfaceName, source: address, destination, ttl: 255, payload, headerValid: true,
    });
  }
}

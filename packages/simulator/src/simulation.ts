// Plays a scenario on real engines and judges it. The same scenario gives the same trace, bit for bit.

import { InvariantError } from '@baton/base';
import { encodeAdvertisement, VRRP_GROUP_IPV4 } from '@baton/vrrp';
import { Checkers } from './checkers.js';
import { INTERFACE } from './kernel.js';
import { Lan } from './lan.js';
import { ROUTER, SimulatedNode } from './node.js';
import type { EngineDecorator } from './process.js';
import { Random } from './random.js';
import type { Violation } from './rule.js';
import { formatAction } from './scenario-text.js';
import type { Action, Scenario, Step } from './scenario.js';
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
}

/** Plays a scenario to its end or to its first violation. */
export function runScenario(scenario: Scenario, options: RunOptions = {}): RunResult {
  return new Simulation(scenario, options).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #world = new World();
  readonly #trace = new Trace();
  readonly #lan: Lan;
  readonly #checkers: Checkers;
  readonly #nodes = new Map<string, SimulatedNode>();

  constructor(scenario: Scenario, { decorate = () => undefined }: RunOptions) {
    this.#scenario = scenario;
    this.#lan = new Lan(this.#world, Random.fromSeed(scenario.seed));
    this.#checkers = new Checkers(this.#world, this.#lan);
    const { seed, virtualAddresses } = scenario;
    for (const [index, plan] of scenario.nodes.entries()) {
      const node = new SimulatedNode(plan, {
        index, world: this.#world, lan: this.#lan, seed, virtualAddresses, decorate,
        watch: (source, event) => {
          this.#trace.addEvent(this.#world.now, source.name, event);
          this.#checkers.see(source, event);
        },
      });
      this.#nodes.set(plan.name, node);
      this.#checkers.add(node, virtualAddresses);
    }
  }

  run(): RunResult {
    for (const step of this.#scenario.steps) this.#plan(step);
    let events = 0;
    while (this.#checkers.violation === undefined && this.#advance()) {
      events += 1;
      this.#checkers.check();
    }
    this.#checkers.check();
    const { violation, settledChecks } = this.#checkers;
    return { trace: this.#trace, violation, settledChecks, events };
  }

  /** An engine that contradicts itself has broken a rule like any other: the seed must be told. */
  #advance(): boolean {
    try {
      return this.#world.step(this.#scenario.endMs);
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
      case 'node': this.#nodes.get(action.node)?.perform(action.verb); break;
      case 'cut': this.#lan.cut(action.from, action.to); break;
      case 'restore': this.#lan.restore(action.from, action.to); break;
      case 'partition': this.#lan.partition(action.groups); break;
      case 'heal': this.#lan.heal(); break;
      case 'lan': this.#lan.setQuality(action.quality, action.only); break;
      case 'health': this.#nodes.get(action.node)?.setHealth(action.adjustment, action.failed); break;
      case 'change': this.#nodes.get(action.node)?.change(action.changes); break;
      case 'stranger': this.#advertiseAs(action); break;
    }
  }

  #advertiseAs({ address, priority, intervalMs }: Extract<Action, { kind: 'stranger' }>): void {
    const payload = encodeAdvertisement(
      { version: 3, vrid: ROUTER.vrid, priority, advertIntervalMs: intervalMs,
        addresses: this.#scenario.virtualAddresses },
      { source: address, destination: VRRP_GROUP_IPV4, checksumForm: 'pseudo-header' },
    );
    this.#lan.send(address, {
      interface: INTERFACE, source: address, destination: VRRP_GROUP_IPV4, ttl: 255, payload, headerValid: true,
    });
  }
}

// All rules together: hears every event and every step, keeps the first violation. Decides nothing else.

import { LanRules } from './lan-rules.js';
import { LeaseRules } from './lease-rules.js';
import type { Network } from './network.js';
import type { SimulatedNode } from './node.js';
import type { NodeEvent } from './node-event.js';
import { NodeRules } from './node-rules.js';
import type { Report, Violation } from './rule.js';
import type { Action } from './scenario.js';
import type { World } from './world.js';

/** Judges one run. */
export class Checkers {
  violation: Violation | undefined;
  readonly #rules: ReadonlyMap<string, NodeRules>;
  readonly #lanRules: LanRules;
  readonly #leaseRules: LeaseRules;

  constructor(world: World, network: Network, nodes: readonly SimulatedNode[]) {
    const report: Report = (rule, detail) => {
      this.violation ??= { rule, atMs: world.now, detail };
    };
    const addresses = new Set(nodes.flatMap(({ setup }) => setup.interfaces.flatMap((each) =>
      each.addresses.map(({ address }) => address))));
    const judged = nodes.map((node) =>
      ({ node, rules: new NodeRules(node, (address) => addresses.has(address), report) }));
    this.#rules = new Map(judged.map(({ node, rules }) => [node.name, rules]));
    const together = judged.map(({ node, rules }) =>
      ({ node, stateOf: (key: string) => rules.stateOf(key) }));
    this.#lanRules = new LanRules(world, network, together, report);
    this.#leaseRules = new LeaseRules(world, together, report);
    this.#lanRules.disturbed();
    this.#leaseRules.disturbed();
  }

  /** How often a LAN that had time to settle was judged. */
  get settledChecks(): number {
    return this.#lanRules.settledChecks;
  }

  /** How long the nodes may take to agree after a disturbance, ms. */
  get settlingMs(): number {
    return this.#lanRules.settlingMs();
  }

  see(node: SimulatedNode, event: NodeEvent): void {
    this.#rules.get(node.name)?.see(event);
    if (isDisturbance(event)) this.#lanRules.disturbed();
  }

  /** Performs a step and lets the nodes have time to settle after it. */
  around(action: Action, perform: () => void): void {
    const rules = 'node' in action ? this.#rules.get(action.node) : undefined;
    rules?.stepping(action);
    this.#leaseRules.disturbed();
    perform();
    this.#leaseRules.disturbed();
    rules?.stepped();
    this.#lanRules.disturbed(action.kind === 'stranger' ? action.intervalMs : 0);
  }

  /** Judges what only time can break; to be called after everything that happened. */
  check(): void {
    for (const rules of this.#rules.values()) rules.check();
    this.#lanRules.check();
    this.#leaseRules.check();
  }
}

/** Apart from steps, a node comes and goes by itself when the kernel refuses its addresses. */
function isDisturbance(event: NodeEvent): boolean {
  if (event.kind === 'claimed') return !event.result.ok;
  if (event.kind !== 'told' || event.message.type !== 'state-changed') return false;
  const { from, to } = event.message.change;
  return from === 'fault' || to === 'fault' || from === 'initialize';
}

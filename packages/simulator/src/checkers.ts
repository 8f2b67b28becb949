// All rules together: hears every event and every step, keeps the first violation. Decides nothing else.

import type { Lan } from './lan.js';
import { LanRules, type JudgedNode } from './lan-rules.js';
import type { SimulatedNode } from './node.js';
import type { NodeEvent } from './node-event.js';
import { NodeRules } from './node-rules.js';
import type { Report, Violation } from './rule.js';
import type { Action } from './scenario.js';
import type { World } from './world.js';

interface Entry {
  readonly node: SimulatedNode;
  readonly rules: NodeRules;
}

/** Judges one run. */
export class Checkers {
  violation: Violation | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #lanRules: LanRules;
  readonly #report: Report;

  constructor(world: World, lan: Lan) {
    this.#report = (rule, detail) => {
      this.violation ??= { rule, atMs: world.now, detail };
    };
    this.#lanRules = new LanRules(world, lan, this.#report);
  }

  /** How often a LAN that had time to settle was judged. */
  get settledChecks(): number {
    return this.#lanRules.settledChecks;
  }

  /** How long the nodes may take to agree after a disturbance, ms. */
  get settlingMs(): number {
    return this.#lanRules.settlingMs();
  }

  add(node: SimulatedNode, virtualAddresses: readonly string[]): void {
    this.#entries.set(node.name, { node, rules: new NodeRules(node, virtualAddresses, this.#report) });
    this.#lanRules.disturbed(this.#judged());
  }

  see(node: SimulatedNode, event: NodeEvent): void {
    this.#entries.get(node.name)?.rules.see(event);
    if (isDisturbance(event)) this.#lanRules.disturbed(this.#judged());
  }

  /** Performs a step and lets the nodes have time to settle after it. */
  around(action: Action, perform: () => void): void {
    const rules = 'node' in action ? this.#entries.get(action.node)?.rules : undefined;
    rules?.stepping(action);
    perform();
    rules?.stepped();
    this.#lanRules.disturbed(this.#judged(), action.kind === 'stranger' ? action.intervalMs : 0);
  }

  /** Judges what only time can break; to be called after everything that happened. */
  check(): void {
    for (const { rules } of this.#entries.values()) rules.check();
    this.#lanRules.check(this.#judged());
  }

  #judged(): readonly JudgedNode[] {
    return [...this.#entries.values()].map(({ node, rules }) => ({ node, isMaster: rules.state === 'master' }));
  }
}

/** Apart from steps, a node comes and goes by itself when the kernel refuses its addresses. */
function isDisturbance(event: NodeEvent): boolean {
  if (event.kind === 'claimed') return !event.result.ok;
  if (event.kind !== 'told' || event.message.type !== 'state-changed') return false;
  const { from, to } = event.message.change;
  return from === 'fault' || to === 'fault' || from === 'initialize';
}

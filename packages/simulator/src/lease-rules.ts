// The rule about the kernels of nodes whose engine does not run: they let go of what another node answers for, just
// after its lease. Judges kernels as they truly are, in true time. Knows nothing of the engine's own book-keeping.
//
// Bound: from the moment on in which one node is dead or paused, another awake node is master, and both kernels hold a
// virtual address on interfaces that carry packets, to the end of that: at most the longest lease that any node was
// configured with in this run, and LEASE_OVERRUN_MS. While both are awake, `two-masters` judges them, or nobody where
// they cannot hear each other; an address owner has no lease.

import type { Instant } from '@baton/base';
import { OWNER_PRIORITY } from '@baton/vrrp';
import { LEASE_OVERRUN_MS } from './kernel.js';
import type { JudgedNode } from './lan-rules.js';
import type { SimulatedNode } from './node.js';
import { ROUNDING_MS, type Report } from './rule.js';
import type { Session } from './session.js';
import type { World } from './world.js';

/** Judges the leases of all nodes. */
export class LeaseRules {
  readonly #world: World;
  readonly #nodes: readonly JudgedNode[];
  readonly #report: Report;
  /** Since when a node that does not run answers beside a master, by session, address and node. */
  readonly #answeringSince = new Map<string, Instant>();
  /** Sessions that a node owned the addresses of when it last ran, by session and node. */
  readonly #owned = new Set<string>();
  #longestLeaseMs = 0;

  constructor(world: World, nodes: readonly JudgedNode[], report: Report) {
    this.#world = world;
    this.#nodes = nodes;
    this.#report = report;
  }

  /** A node may be configured otherwise, and may run no more. */
  disturbed(): void {
    for (const { node } of this.#nodes) {
      for (const { key, parameters } of node.sessions) {
        this.#longestLeaseMs = Math.max(this.#longestLeaseMs, 1000 * (parameters.leaseSeconds ?? 0));
        if (!node.isAwake) continue;
        if (parameters.priority === OWNER_PRIORITY) this.#owned.add(`${key} ${node.name}`);
        else this.#owned.delete(`${key} ${node.name}`);
      }
    }
  }

  check(): void {
    if (this.#nodes.every(({ node }) => node.isAwake)) {
      this.#answeringSince.clear();
      return;
    }
    for (const session of this.#nodes[0]?.node.sessions ?? []) {
      const master = this.#nodes.find(({ node, stateOf }) => node.isAwake && stateOf(session.key) === 'master');
      for (const { address } of session.parameters.addresses) {
        const isContested = master !== undefined && answers(master.node, session, address);
        for (const { node } of this.#nodes) this.#judge(node, session, address, isContested);
      }
    }
  }

  #judge(node: SimulatedNode, session: Session, address: string, isContested: boolean): void {
    const key = `${session.key} ${address} ${node.name}`;
    const isOwned = this.#owned.has(`${session.key} ${node.name}`);
    if (node.isAwake || !isContested || isOwned || !answers(node, session, address)) {
      this.#answeringSince.delete(key);
      return;
    }
    const { now } = this.#world;
    const since = this.#answeringSince.get(key) ?? now;
    this.#answeringSince.set(key, since);
    const overdueMs = now - since - this.#longestLeaseMs - LEASE_OVERRUN_MS;
    if (overdueMs <= ROUNDING_MS) return;
    const detail = `${node.name} does not run and answers for ${address} ${overdueMs.toFixed(3)} ms beyond its lease`;
    this.#report('lease-outlived', detail);
  }
}

/** Whether the kernel of a node answers for an address of a session, whatever its process does. */
function answers({ kernel }: SimulatedNode, { parameters }: Session, address: string): boolean {
  return kernel.interface(parameters.interface)?.carries === true && kernel.holds(address, parameters.interface);
}

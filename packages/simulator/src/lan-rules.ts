// The rules about several nodes: one master among those that hear each other, and the right one in the end. Judges
// states and links as they truly are, with bounds from the formulas of RFC 9568 §6.1.

import type { Instant } from '@baton/base';
import type { RouterSnapshot } from '@baton/engine/messages';
import type { Lan } from './lan.js';
import type { SimulatedNode } from './node.js';
import { ROUNDING_MS, type Report } from './rule.js';
import type { World } from './world.js';

/** What intervals may be off by because clocks drift: 500 ppm on both sides. */
const DRIFT_ALLOWANCE = 1.001;

/** A node and the state that its rules saw last. */
export interface JudgedNode {
  readonly node: SimulatedNode;
  readonly isMaster: boolean;
}

/** Judges all nodes together. */
export class LanRules {
  /** How often a settled LAN was judged: a run that never settles proves little. */
  settledChecks = 0;
  readonly #world: World;
  readonly #lan: Lan;
  readonly #report: Report;
  /** Since when two masters hear each other, `a b`. */
  readonly #contestedSince = new Map<string, Instant>();
  #disturbedAt: Instant = 0;
  #judgedAt: Instant = -1;
  #longestIntervalMs = 0;
  #longestDelaysMs = 0;
  #latencyMs = 0;

  constructor(world: World, lan: Lan, report: Report) {
    this.#world = world;
    this.#lan = lan;
    this.#report = report;
  }

  /** Something happened that routers need time to settle after. */
  disturbed(nodes: readonly JudgedNode[], strangerIntervalMs = 0): void {
    this.#disturbedAt = this.#world.now;
    for (const { node: { plan } } of nodes) {
      this.#longestIntervalMs = Math.max(this.#longestIntervalMs, plan.intervalMs, strangerIntervalMs);
      this.#longestDelaysMs = Math.max(this.#longestDelaysMs, plan.preemptDelayMs + plan.startupDelayMs);
      this.#latencyMs = Math.max(this.#latencyMs, plan.latencyMs);
    }
  }

  check(nodes: readonly JudgedNode[]): void {
    this.#checkContests(nodes.filter(({ node, isMaster }) => isMaster && node.isOnLan).map(({ node }) => node));
    if (this.#world.now <= this.#disturbedAt + this.settlingMs()) return;
    // Once more every interval: what is settled must stay so.
    if (this.#world.now < this.#judgedAt + this.#longestIntervalMs) return;
    this.#judgedAt = this.#world.now;
    for (const group of this.#isolatedGroups(nodes.map(({ node }) => node))) this.#checkSettled(group);
  }

  /** How long routers may take to agree: one waits until the first master falls silent, a better one hears the new
   *  master, leaves it alone for its delay, hears it once more and waits again. */
  settlingMs(): number {
    const patienceMs = 4 * this.#longestIntervalMs;
    const waysMs = 4 * this.#settlingWayMs();
    return DRIFT_ALLOWANCE * (this.#longestDelaysMs + 2 * patienceMs + this.#longestIntervalMs) + waysMs;
  }

  /** One advertisement settles a contest: the better master's, or the worse one's that is answered at once. */
  #checkContests(masters: readonly SimulatedNode[]): void {
    if (masters.length < 2) {
      this.#contestedSince.clear();
      return;
    }
    const { now } = this.#world;
    const wayMs = this.#settlingWayMs();
    for (const [index, a] of masters.entries()) {
      for (const b of masters.slice(index + 1)) {
        const pair = `${a.name} ${b.name}`;
        if (!this.#hearEachOther(a, b)) {
          this.#contestedSince.delete(pair);
          continue;
        }
        const since = this.#contestedSince.get(pair) ?? now;
        this.#contestedSince.set(pair, since);
        const nextAdvertMs = DRIFT_ALLOWANCE * Math.min(a.plan.intervalMs, b.plan.intervalMs);
        const limit = Math.max(since, this.#disturbedAt + nextAdvertMs) + 2 * wayMs + ROUNDING_MS;
        if (now > limit) this.#report('two-masters', `${a.name} and ${b.name} for ${(now - since).toFixed(3)} ms`);
      }
    }
    const names = masters.map(({ name }) => name);
    for (const pair of this.#contestedSince.keys()) {
      if (!pair.split(' ').every((name) => names.includes(name))) this.#contestedSince.delete(pair);
    }
  }

  #checkSettled(group: readonly SimulatedNode[]): void {
    const routers = group.map((node) => ({ node, snapshot: node.snapshot() }));
    const fit = routers.filter((entry): entry is { node: SimulatedNode; snapshot: RouterSnapshot } =>
      entry.snapshot !== undefined && entry.snapshot.state !== 'fault');
    if (fit.length === 0) return;
    this.settledChecks += 1;
    const master = fit.find(({ snapshot }) => snapshot.state === 'master');
    if (master === undefined) {
      this.#report('nobody-answers', `none of ${fit.map(({ node }) => node.name).join(', ')} is master`);
      return;
    }
    const priority = master.snapshot.priority.effective;
    const better = fit.find(({ node, snapshot }) => node.preempts && snapshot.priority.effective > priority);
    if (better === undefined) return;
    const priorities = `${String(priority)} < ${String(better.snapshot.priority.effective)}`;
    this.#report('wrong-master', `${master.node.name} is master and ${better.node.name} is better: ${priorities}`);
  }

  /** Groups in which everybody always hears everybody and nobody else. Only there can the outcome be foretold. */
  #isolatedGroups(nodes: readonly SimulatedNode[]): readonly (readonly SimulatedNode[])[] {
    const rest = new Set(nodes.filter((node) => node.isOnLan));
    const groups: SimulatedNode[][] = [];
    for (const first of rest) {
      const group = [first];
      for (const member of group) {
        for (const other of rest) {
          if (!group.includes(other) && this.#isLinked(member, other)) group.push(other);
        }
      }
      for (const member of group) rest.delete(member);
      if (group.every((a) => group.every((b) => a === b || this.#hearEachOther(a, b)))) groups.push(group);
    }
    return groups;
  }

  #isLinked(a: SimulatedNode, b: SimulatedNode): boolean {
    return this.#lan.reaches(a.name, b.name) || this.#lan.reaches(b.name, a.name);
  }

  #hearEachOther(a: SimulatedNode, b: SimulatedNode): boolean {
    return this.#lan.reachesAlways(a.name, b.name) && this.#lan.reachesAlways(b.name, a.name);
  }

  /** From the decision to send until the other process has read it. */
  #settlingWayMs(): number {
    return this.#lan.longestWayMs() + 2 * this.#latencyMs;
  }
}

// The rules about several nodes: one master among those that hear each other, and the right one in the end. Judges
// states and links as they truly are, with bounds from the formulas of RFC 9568 §6.1.

import type { Instant } from '@baton/base';
import { OWNER_PRIORITY, type StateName, type VirtualRouterParameters } from '@baton/vrrp';
import type { Network } from './network.js';
import type { SimulatedNode } from './node.js';
import { ROUNDING_MS, type Report } from './rule.js';
import { viewOf, type Session } from './session.js';
import type { World } from './world.js';

/** What intervals may be off by because clocks drift: 500 ppm on both sides. */
const DRIFT_ALLOWANCE = 1.001;

/** A node and the states that its rules saw last. */
export interface JudgedNode {
  readonly node: SimulatedNode;
  readonly stateOf: (session: string) => StateName | undefined;
}

/** Judges all nodes together. */
export class LanRules {
  /** How often a settled LAN was judged: a run that never settles proves little. */
  settledChecks = 0;
  readonly #world: World;
  readonly #network: Network;
  readonly #report: Report;
  readonly #nodes: readonly JudgedNode[];
  readonly #hasBonds: boolean;
  /** Since when two masters hear each other, `web/4 a b`. */
  readonly #contestedSince = new Map<string, Instant>();
  #disturbedAt: Instant = 0;
  #judgedAt: Instant = -1;
  #longestIntervalMs = 0;
  #longestDelaysMs = 0;
  #latencyMs = 0;
  /** The longest way of a datagram, and when everybody has had time to agree, since the last disturbance. */
  #wayMs = 0;
  #settledAt: Instant = Infinity;

  constructor(world: World, network: Network, nodes: readonly JudgedNode[], report: Report) {
    this.#world = world;
    this.#network = network;
    this.#nodes = nodes;
    this.#report = report;
    this.#hasBonds = nodes.some(({ node }) => node.sessions.some((session) => bondOf(node, session).length > 1));
  }

  /** Something happened that routers need time to settle after. */
  disturbed(strangerIntervalMs = 0): void {
    this.#disturbedAt = this.#world.now;
    this.#wayMs = this.#network.longestWayMs();
    for (const { node: { sessions, setup } } of this.#nodes) {
      this.#latencyMs = Math.max(this.#latencyMs, setup.latencyMs);
      for (const { parameters } of sessions) {
        this.#longestIntervalMs = Math.max(this.#longestIntervalMs, parameters.advertIntervalMs, strangerIntervalMs);
        const delaysMs = parameters.preemptDelayMs + parameters.startupDelayMs;
        this.#longestDelaysMs = Math.max(this.#longestDelaysMs, delaysMs);
      }
    }
    this.#settledAt = this.#disturbedAt + this.settlingMs();
  }

  check(): void {
    const isSettled = this.#world.now > this.#settledAt
      // Once more every interval: what is settled must stay so.
      && this.#world.now >= this.#judgedAt + this.#longestIntervalMs;
    for (const session of this.#nodes[0]?.node.sessions ?? []) {
      this.#checkContests(session);
      if (isSettled) for (const group of this.#isolatedGroups(session)) this.#checkSettled(session, group);
    }
    if (isSettled) this.#judgedAt = this.#world.now;
  }

  /** How long routers may take to agree: one waits until the first master falls silent, a better one hears the new
   *  master, leaves it alone for its delay, hears it once more and waits again. In a bond, a master that yields in one
   *  session resigns in the others, where everybody's delay then begins anew. */
  settlingMs(): number {
    const patienceMs = 4 * this.#longestIntervalMs;
    const waysMs = 4 * this.#settlingWayMs();
    const rounds = this.#hasBonds ? 2 : 1;
    return DRIFT_ALLOWANCE * (rounds * (this.#longestDelaysMs + patienceMs) + patienceMs + this.#longestIntervalMs)
      + waysMs;
  }

  /** One advertisement settles a contest: the better master's, or the worse one's that is answered at once. */
  #checkContests(session: Session): void {
    const { key, lan } = session;
    const masters: SimulatedNode[] = [];
    for (const { node, stateOf } of this.#nodes) {
      if (stateOf(key) === 'master' && node.isOn(lan)) masters.push(node);
    }
    if (masters.length < 2 && this.#contestedSince.size === 0) return;
    const { now } = this.#world;
    const contested = new Set<string>();
    for (const [index, a] of masters.entries()) {
      for (const b of masters.slice(index + 1)) {
        if (!this.#hearEachOther(lan, a, b)) continue;
        const pair = `${key} ${a.name} ${b.name}`;
        contested.add(pair);
        const since = this.#contestedSince.get(pair) ?? now;
        this.#contestedSince.set(pair, since);
        const intervalMs = Math.min(...[a, b].map((node) => parametersOf(node, key)?.advertIntervalMs ?? Infinity));
        const limit = Math.max(since, this.#disturbedAt + DRIFT_ALLOWANCE * intervalMs)
          + this.#hesitationMs([a, b], session) + 2 * this.#settlingWayMs() + ROUNDING_MS;
        if (now <= limit) continue;
        this.#report('two-masters', `${a.name} and ${b.name} of ${key} for ${(now - since).toFixed(3)} ms`);
      }
    }
    for (const pair of this.#contestedSince.keys()) {
      if (pair.startsWith(`${key} `) && !contested.has(pair)) this.#contestedSince.delete(pair);
    }
  }

  /** A member that does not decide yields to what it still hears half an interval later. */
  #hesitationMs(nodes: readonly SimulatedNode[], session: Session): number {
    const bonds = nodes.map((node) => bondOf(node, session));
    if (bonds.every((bond) => bond.length === 1)) return 0;
    return DRIFT_ALLOWANCE * 1.5 * Math.max(...bonds.flat().map(({ parameters }) => parameters.advertIntervalMs));
  }

  #checkSettled(session: Session, group: readonly SimulatedNode[]): void {
    const fit = group.filter((node) => isFit(node, session));
    if (fit.length === 0) return;
    this.settledChecks += 1;
    const master = fit.find((node) => viewOf(node.routers, session)?.state === 'master');
    if (master === undefined) {
      if (fit.every((node) => this.#isHeldBack(node, session))) return;
      const names = fit.map(({ name }) => name).join(', ');
      this.#report('nobody-answers', `none of ${names} is master of ${session.key}`);
      return;
    }
    const better = fit.find((node) => this.#mustReplace(node, master, session));
    if (better === undefined) return;
    const [lower, higher] = [master, better].map((node) => String(viewOf(node.routers, session)?.priority));
    const names = `${master.name} is master of ${session.key} and ${better.name} is better`;
    this.#report('wrong-master', `${names}: ${String(lower)} < ${String(higher)}`);
  }

  /** Whether another session of the bond hears a master: then the whole bond stays where it is. */
  #isHeldBack(node: SimulatedNode, session: Session): boolean {
    const others = this.#nodes.filter((other) => other.node !== node);
    return bondOf(node, session).some(({ key, lan }) => key !== session.key && others.some((other) =>
      other.stateOf(key) === 'master' && this.#network.lan(lan).reaches(other.node.name, node.name)));
  }

  /** Whether it is better in every session of the bond, and hears and is heard everywhere. */
  #mustReplace(node: SimulatedNode, master: SimulatedNode, session: Session): boolean {
    return bondOf(node, session).every((each) => {
      const [own, its] = [viewOf(node.routers, each), viewOf(master.routers, each)];
      return own !== undefined && its !== undefined && own.priority > its.priority && preempts(node, each.key)
        && this.#isolatedGroups(each).some((group) => group.includes(node) && group.includes(master));
    });
  }

  /** Groups in which everybody always hears everybody and nobody else. Only there can the outcome be foretold. */
  #isolatedGroups({ lan }: Session): readonly (readonly SimulatedNode[])[] {
    const rest = new Set(this.#nodes.map(({ node }) => node).filter((node) => node.isOn(lan)));
    const groups: SimulatedNode[][] = [];
    for (const first of rest) {
      const group = [first];
      for (const member of group) {
        for (const other of rest) {
          if (!group.includes(other) && this.#isLinked(lan, member, other)) group.push(other);
        }
      }
      for (const member of group) rest.delete(member);
      if (group.every((a) => group.every((b) => a === b || this.#hearEachOther(lan, a, b)))) groups.push(group);
    }
    return groups;
  }

  #isLinked(lan: number, a: SimulatedNode, b: SimulatedNode): boolean {
    const found = this.#network.lan(lan);
    return found.reaches(a.name, b.name) || found.reaches(b.name, a.name);
  }

  #hearEachOther(lan: number, a: SimulatedNode, b: SimulatedNode): boolean {
    const found = this.#network.lan(lan);
    return found.reachesAlways(a.name, b.name) && found.reachesAlways(b.name, a.name);
  }

  /** From the decision to send until the other process has read it. */
  #settlingWayMs(): number {
    return this.#wayMs + 2 * this.#latencyMs;
  }
}

/** The sessions that move together with this one, and itself. */
function bondOf(node: SimulatedNode, { bond }: Session): readonly Session[] {
  return node.sessions.filter((session) => session.bond === bond);
}

/** Whether nothing keeps a node from being master. */
function isFit(node: SimulatedNode, session: Session): boolean {
  return bondOf(node, session).every((each) => {
    const view = viewOf(node.routers, each);
    return view !== undefined && view.state !== 'fault' && node.isOn(each.lan);
  });
}

function parametersOf(node: SimulatedNode, key: string): VirtualRouterParameters | undefined {
  return node.sessions.find((session) => session.key === key)?.parameters;
}

/** Whether a node overrules a master of lower priority. */
function preempts(node: SimulatedNode, key: string): boolean {
  const parameters = parametersOf(node, key);
  return parameters !== undefined && (parameters.preemptMode || parameters.priority === OWNER_PRIORITY);
}

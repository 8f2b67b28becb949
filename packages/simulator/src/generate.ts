// Makes a scenario by chance: the seed is the whole of it. Every trouble that is made is undone later, and the end is
// quiet, so that each run can also be asked whether the nodes agree in the end. Knows no engine.

import { PERFECT_LINK, type LinkQuality } from './lan.js';
import { Random } from './random.js';
import { generateRouters, type Repertoire } from './generate-routers.js';
import {
  DEFAULT_NODE, type Action, type MemberPlan, type NodePlan, type NodeVerb, type RouterChanges, type Scenario,
  type Step,
} from './scenario.js';
import { familiesOf } from './stage.js';

/** Troubles in one scenario when nobody says otherwise. */
export const DEFAULT_TROUBLES = 16;

/** Advertisement intervals, ms, the common ones more often. */
const INTERVALS_MS = [10, 50, 100, 100, 250, 1000, 1000, 1000, 2000];
/** The same for version 2. */
const SECONDS_MS = [1000, 1000, 2000];
/** Longest latency of a process, ms, and its largest part of an interval. */
const LATENCY_MS = 2;
const LATENCY_PART = 0.02;
/** Hosts that no node is: addresses above and below all others. */
const STRANGER_HOSTS = [200, 0];

/** The scenario of one seed.
 *  @param troubles how many things go wrong */
export function generateScenario(seed: number, troubles = DEFAULT_TROUBLES): Scenario {
  return new Generator(seed).generate(troubles);
}

class Generator {
  readonly #seed: number;
  readonly #random: Random;
  readonly #baseMs: number;
  readonly #repertoire: Repertoire;
  readonly #steps: Step[] = [];
  #nodes: NodePlan[] = [];
  #atMs = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = Random.fromSeed(seed);
    this.#repertoire = generateRouters(this.#random);
    this.#baseMs = this.#random.pick(this.#countsSeconds() ? SECONDS_MS : INTERVALS_MS);
  }

  generate(troubles: number): Scenario {
    this.#nodes = this.#makeNodes();
    this.#add(0, { kind: 'lan', quality: this.#makeQuality(false) });
    for (const { name } of this.#nodes) {
      this.#verb(this.#random.chance(0.5) ? 0 : this.#span(2), 'start', name);
    }
    this.#atMs = this.#span(2);
    for (let count = 0; count < troubles; count += 1) {
      this.#atMs += this.#gapMs();
      this.#makeTrouble();
    }
    const endMs = this.#repairEverything();
    const steps = this.#steps.map((step, order) => ({ step, order }))
      .sort((a, b) => a.step.atMs - b.step.atMs || a.order - b.order).map(({ step }) => step);
    return {
      proves: `What happens with seed ${String(this.#seed)}.`, seed: this.#seed,
      ...this.#repertoire,
      nodes: this.#nodes, steps, endMs,
    };
  }

  #makeNodes(): NodePlan[] {
    const random = this.#random;
    const names = ['a', 'b', 'c', 'd', 'e'].slice(0, random.pick([2, 2, 2, 3, 3, 4, 5]));
    const sameInterval = this.#countsSeconds() || random.chance(0.8);
    const allPreempt = random.chance(0.7);
    const delays = random.chance(0.2);
    const drifts = random.chance(0.7);
    const isSlow = random.chance(0.5);
    const priorities = random.pick([[254, 253, 252, 251, 250], [200, 100, 50, 20, 1], [100, 100, 100, 100, 100]]);
    const hasOwner = random.chance(0.08);
    return random.shuffle(names).map((_, index): NodePlan => ({
      ...DEFAULT_NODE,
      name: names[index] ?? '',
      priority: hasOwner && index === 0 ? 255 : random.chance(0.7) ? priorities[index] ?? 100 : 1 + random.below(254),
      intervalMs: sameInterval ? this.#baseMs : this.#baseMs * random.pick([1, 2, 4]),
      preempt: allPreempt || random.chance(0.5),
      preemptDelayMs: delays ? random.below(6) * this.#baseMs : 0,
      startupDelayMs: random.chance(0.1) ? random.below(4) * this.#baseMs : 0,
      driftPpm: drifts ? random.below(401) - 200 : 0,
      latencyMs: isSlow ? rounded(Math.min(LATENCY_MS, LATENCY_PART * this.#baseMs) * random.nextFraction()) : 0,
      members: this.#makeMembers(),
    }));
  }

  /** Sometimes a router is ranked otherwise than the others of its node. */
  #makeMembers(): MemberPlan[] {
    const { routers } = this.#repertoire;
    if (routers.length < 2 || !this.#random.chance(0.3)) return [];
    return [{ router: this.#random.pick(routers).name, priority: 1 + this.#random.below(254) }];
  }

  /** Version 2: all nodes must have the same interval, in whole seconds. */
  #countsSeconds(): boolean {
    return this.#repertoire.routers.some(({ version }) => version === 2);
  }

  #hasBonds(): boolean {
    const { routers, groups } = this.#repertoire;
    return groups.length > 0 || routers.some((router) => familiesOf(router).length > 1);
  }

  /** Troubles of the network concern one LAN of two as often as both. */
  #scope(): { readonly lan?: number } {
    const lans = [...new Set(this.#repertoire.routers.map(({ lan }) => lan))];
    return lans.length > 1 && this.#random.chance(0.6) ? { lan: this.#random.pick(lans) } : {};
  }

  #makeQuality(isBad: boolean): LinkQuality {
    const random = this.#random;
    const delayMs = rounded(0.05 + random.nextFraction() * Math.min(3, 0.02 * this.#baseMs));
    return {
      ...PERFECT_LINK,
      delayMs,
      jitterMs: random.chance(0.5) ? rounded(delayMs * random.nextFraction()) : 0,
      loss: isBad ? random.pick([0.02, 0.1, 0.3, 0.6]) : 0,
      duplicate: random.chance(0.3) ? 0.1 : 0,
      reorder: random.chance(0.2) ? 0.1 : 0,
    };
  }

  #makeTrouble(): void {
    const name = this.#random.pick(this.#nodes).name;
    switch (this.#random.below(15)) {
      case 0:
      case 1: this.#restart(name, 'stop'); break;
      case 2:
      case 3: this.#restart(name, 'crash'); break;
      case 4:
      case 5:
      case 6: this.#pair(name, 'pause', 'resume'); break;
      case 7: this.#pair(name, 'link-down', 'link-up', this.#scope()); break;
      case 8: this.#pair(name, 'delete-interface', 'create-interface', this.#scope()); break;
      case 9: this.#pair(name, 'refuse-claims', 'accept-claims'); break;
      case 10: this.#makeLanTrouble(name); break;
      case 11: this.#separate(); break;
      case 12: this.#changeHealth(name); break;
      case 13: this.#reload(name); break;
      default: this.#annoy(name); break;
    }
  }

  #restart(name: string, verb: NodeVerb): void {
    this.#verb(this.#atMs, verb, name);
    this.#verb(this.#atMs + this.#repairMs(), 'start', name);
  }

  #pair(name: string, verb: NodeVerb, undo: NodeVerb, scope: { readonly lan?: number } = {}): void {
    this.#verb(this.#atMs, verb, name, scope);
    this.#verb(this.#atMs + this.#repairMs(), undo, name, scope);
  }

  #makeLanTrouble(name: string): void {
    const other = this.#random.pick(this.#nodes.filter((node) => node.name !== name)).name;
    const undoAtMs = this.#atMs + this.#repairMs();
    const scope = this.#scope();
    if (this.#random.chance(0.5)) {
      this.#add(this.#atMs, { kind: 'cut', from: name, to: other, ...scope });
      this.#add(undoAtMs, { kind: 'restore', from: name, to: other, ...scope });
      return;
    }
    const only = this.#random.chance(0.5) ? { only: { from: name, to: other } } : {};
    this.#add(this.#atMs, { kind: 'lan', quality: this.#makeQuality(true), ...only, ...scope });
    this.#add(undoAtMs, { kind: 'lan', quality: this.#makeQuality(false), ...scope });
  }

  #separate(): void {
    const names = this.#random.shuffle(this.#nodes.map((node) => node.name));
    const size = 1 + this.#random.below(names.length - 1);
    const scope = this.#scope();
    this.#add(this.#atMs, { kind: 'partition', groups: [names.slice(0, size), names.slice(size)], ...scope });
    this.#add(this.#atMs + this.#repairMs(), { kind: 'heal', ...scope });
  }

  #changeHealth(name: string): void {
    const failed = this.#random.chance(0.4);
    const adjustment = failed ? 0 : this.#random.below(301) - 150;
    const only = this.#oneRouter();
    this.#add(this.#atMs, { kind: 'health', node: name, adjustment, failed, ...only });
    this.#add(this.#atMs + this.#repairMs(), { kind: 'health', node: name, adjustment: 0, failed: false, ...only });
  }

  #reload(name: string): void {
    const random = this.#random;
    const all: RouterChanges[] = [
      { priority: 1 + random.below(254) },
      this.#countsSeconds() ? {} : { intervalMs: this.#baseMs * random.pick([1, 2, 3]) },
      { preempt: random.chance(0.5) },
      { preemptDelayMs: random.below(4) * this.#baseMs },
    ];
    this.#add(this.#atMs, { kind: 'change', node: name, changes: random.pick(all), ...this.#oneRouter() });
  }

  /** Somebody from outside meddles. */
  #annoy(name: string): void {
    // Who begins with another clock than its neighbours cannot be told from a replay.
    const dependsOnClocks = this.#repertoire.routers.some(({ authentication }) => authentication === 'hmac');
    if (!dependsOnClocks && this.#random.chance(0.1)) {
      this.#add(this.#atMs, { kind: 'clock', node: name, stepMs: this.#random.pick([-3_600_000, 3_600_000]) });
      return;
    }
    if (this.#random.chance(0.5)) {
      this.#verb(this.#atMs, 'remove-addresses', name, this.#scope());
      return;
    }
    const router = this.#random.pick(this.#repertoire.routers);
    const priority = this.#random.pick([0, 1, 50, 150, 254]);
    const host = String(this.#random.pick(STRANGER_HOSTS));
    const isIpv6 = this.#random.pick(familiesOf(router)) === 6;
    const address = isIpv6 ? `fe80::${host === '0' ? '' : host}` : `10.9.${String(router.lan - 1)}.${host}`;
    const only = this.#repertoire.routers.length > 1 ? { router: router.name } : {};
    this.#add(this.#atMs, { kind: 'stranger', address, priority, intervalMs: this.#baseMs, ...only });
  }

  /** A router where there are several and only one is meant. */
  #oneRouter(): { readonly router?: string } {
    const { routers } = this.#repertoire;
    return routers.length > 1 && this.#random.chance(0.6) ? { router: this.#random.pick(routers).name } : {};
  }

  /** @returns when the scenario may end: what was repaired has had time to settle */
  #repairEverything(): number {
    const last = Math.max(this.#atMs, ...this.#steps.map(({ atMs }) => atMs));
    const atMs = rounded(last + this.#baseMs);
    this.#add(atMs, { kind: 'heal' });
    this.#add(atMs, { kind: 'lan', quality: this.#makeQuality(false) });
    for (const { name } of this.#nodes) {
      for (const verb of ['resume', 'link-up', 'create-interface', 'accept-claims', 'start'] as const) {
        this.#verb(atMs, verb, name);
      }
    }
    return rounded(atMs + 1.2 * this.#settlingMs());
  }

  /** A short gap lets troubles overlap, a long one lets the nodes agree first. */
  #gapMs(): number {
    const kind = this.#random.nextFraction();
    if (kind < 0.35) return this.#span(1);
    return kind < 0.75 ? this.#span(5) : this.#settlingMs() + this.#span(2);
  }

  #repairMs(): number {
    const kind = this.#random.nextFraction();
    if (kind < 0.2) return this.#span(0.2);
    return kind < 0.8 ? this.#span(6) : this.#settlingMs();
  }

  /** 8 intervals of patience and one more, with the longest interval and the delays of all nodes; with bonds a round
   *  more. */
  #settlingMs(): number {
    const longest = Math.max(...this.#nodes.map(({ intervalMs }) => intervalMs), this.#baseMs);
    const delays = Math.max(...this.#nodes.map((node) => node.preemptDelayMs + node.startupDelayMs));
    return rounded(this.#hasBonds() ? 13.5 * longest + 2 * delays : 9.5 * longest + delays);
  }

  #span(intervals: number): number {
    return rounded(intervals * this.#baseMs * this.#random.nextFraction());
  }

  #verb(atMs: number, verb: NodeVerb, node: string, scope: { readonly lan?: number } = {}): void {
    this.#add(atMs, { kind: 'node', verb, node, ...scope });
  }

  #add(atMs: number, action: Action): void {
    this.#steps.push({ atMs: rounded(atMs), action });
  }
}

/** Hundredths of a millisecond are enough to hit any race, and short enough to be read. */
function rounded(durationMs: number): number {
  return Math.round(durationMs * 100) / 100;
}

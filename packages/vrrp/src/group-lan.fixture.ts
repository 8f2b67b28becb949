// Nodes with several routers on several segments, moving as groups or each alone: what one sends on a segment, the same
// router of every other node hears a little later. Part of no build.

import type { Instant, IpAddress } from '@baton/base';
import { advertisementOf, type Advertisement } from './advertisement.js';
import { describeOutput, f3, QUIET } from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';
import type { VirtualRouterParameters } from './parameters.js';
import { SyncGroup, type MemberOutputs } from './sync-group.js';
import { VirtualRouter } from './virtual-router.js';

/** One router of a node: its segment is also its key. */
export interface MemberPlan extends Partial<VirtualRouterParameters> {
  readonly segment: string;
  readonly address: IpAddress;
}

/** What becomes of one advertisement on its way: how late it is, ms, or that it is lost. */
export type Fate = (segment: string, from: string, to: string) => number | 'lost';

interface Packet {
  readonly at: Instant;
  readonly sequence: number;
  readonly to: GroupNode;
  readonly segment: string;
  readonly source: IpAddress;
  readonly advertisement: Advertisement;
}

/** One node: its routers, and the groups that they are in now. */
export class GroupNode {
  readonly name: string;
  readonly routers: ReadonlyMap<string, VirtualRouter>;
  groups: readonly SyncGroup[] = [];
  /** Routers whose addresses the kernel refuses. */
  readonly refuses = new Set<string>();

  constructor(name: string, plans: readonly MemberPlan[]) {
    this.name = name;
    this.routers = new Map(plans.map(({ segment, address: _, ...changes }, index) =>
      [segment, new VirtualRouter(f3({ ...QUIET, vrid: 7 + index, ...changes }), { epochFloor: 0 })]));
  }

  groupOf(segment: string): SyncGroup {
    const group = this.groups.find(({ keys }) => keys.includes(segment));
    if (group === undefined) throw new Error(`${this.name} has no ${segment}`);
    return group;
  }

  /** The segments on which it is master. */
  get held(): string[] {
    return [...this.routers].filter(([, { state }]) => state.kind === 'master').map(([segment]) => segment);
  }

  get holdsAll(): boolean {
    return this.held.length === this.routers.size;
  }
}

/** All nodes and segments in virtual time. */
export class GroupLan {
  now: Instant = 0;
  /** `3609.375 x: inside send 100`. */
  readonly trace: string[] = [];
  /** The longest time that two nodes were master of one segment, ms. */
  longestContestMs = 0;
  /** What grouped nodes held when it was neither everything nor nothing. */
  readonly torn: string[] = [];
  fate: Fate;
  readonly nodes: GroupNode[] = [];
  readonly #contestedSince = new Map<string, Instant>();
  readonly #underway: Packet[] = [];
  #sequence = 0;

  constructor(fate: Fate = () => 0.1) {
    this.fate = fate;
  }

  /** Adds a node whose routers move together (or each alone), and starts them in their order. */
  add(name: string, plans: readonly MemberPlan[], together = true): GroupNode {
    const node = new GroupNode(name, plans);
    this.nodes.push(node);
    const keys = [...node.routers.keys()];
    this.regroup(node, together ? [keys] : keys.map((key) => [key]));
    for (const { segment, address } of plans) {
      this.feed(node, segment, { kind: 'address-changed', primaryAddress: address });
    }
    for (const segment of keys) this.feed(node, segment, { kind: 'startup' });
    return node;
  }

  /** From now on these routers of a node move together. */
  regroup(node: GroupNode, groups: readonly (readonly string[])[]): void {
    node.groups = groups.map((keys) => new SyncGroup(keys.map((key) => {
      const router = node.routers.get(key);
      if (router === undefined) throw new Error(`${node.name} has no ${key}`);
      return { key, router };
    })));
    for (const group of node.groups) this.#perform(node, group.form(this.now));
  }

  feed(node: GroupNode, segment: string, input: VirtualRouterInput): void {
    this.#perform(node, node.groupOf(segment).handle(segment, input, this.now));
  }

  shutdown(node: GroupNode): void {
    for (const group of node.groups) this.#perform(node, group.shutdown(this.now));
  }

  /** Lets time pass; what has arrived is heard before timers fire. */
  until(end: Instant): this {
    for (;;) {
      const packet = this.#underway[0];
      const timer = this.#nextTimer();
      const next = Math.min(packet?.at ?? Infinity, timer?.at ?? Infinity);
      this.now = Math.max(this.now, Math.min(next, end));
      if (next > end) break;
      if (packet !== undefined && packet.at <= next) this.#deliver(packet);
      else if (timer !== undefined) this.feed(timer.node, timer.segment, { kind: 'timer' });
      this.#judge();
    }
    this.#judge();
    return this;
  }

  /** Judges contests anew from now on. */
  forgetContests(): void {
    this.#contestedSince.clear();
    this.longestContestMs = 0;
  }

  /** Which node is master of which segment, `out x`. */
  masters(): string[] {
    return this.nodes.flatMap(({ name, held }) => held.map((segment) => `${segment} ${name}`)).toSorted();
  }

  /** The nodes that hold everything they have. */
  holders(): string[] {
    return this.nodes.filter(({ holdsAll }) => holdsAll).map(({ name }) => name);
  }

  /** The lines since the last call that contain a text. */
  take(text = ''): string[] {
    return this.trace.splice(0).filter((line) => line.includes(text));
  }

  #perform(node: GroupNode, entries: readonly MemberOutputs[]): void {
    for (const { member, outputs } of entries) {
      const router = node.routers.get(member);
      if (router === undefined) throw new Error(`${node.name} has no ${member}`);
      for (const output of outputs) {
        this.trace.push(`${String(this.now)} ${node.name}: ${member} ${describeOutput(output)}`);
        if (output.kind === 'send-advertisement') this.#broadcast(node, member, router, output.priority);
        if (output.kind === 'claim-addresses' && node.refuses.has(member)) {
          this.feed(node, member, { kind: 'claim-failed' });
          return;
        }
      }
    }
  }

  #broadcast(from: GroupNode, segment: string, router: VirtualRouter, priority: number): void {
    if (router.primaryAddress === undefined) return;
    const advertisement = advertisementOf(router.parameters, priority);
    for (const to of this.nodes) {
      const fate = to === from || !to.routers.has(segment) ? 'lost' : this.fate(segment, from.name, to.name);
      if (fate === 'lost') continue;
      this.#sequence += 1;
      const at = this.now + fate;
      this.#underway.push({ at, sequence: this.#sequence, to, segment, source: router.primaryAddress, advertisement });
    }
    this.#underway.sort((a, b) => a.at - b.at || a.sequence - b.sequence);
  }

  #nextTimer(): { readonly node: GroupNode; readonly segment: string; readonly at: Instant } | undefined {
    let next: { readonly node: GroupNode; readonly segment: string; readonly at: Instant } | undefined;
    for (const node of this.nodes) {
      for (const [segment, router] of node.routers) {
        const at = router.nextDeadline();
        if (at !== undefined && at < (next?.at ?? Infinity)) next = { node, segment, at };
      }
    }
    return next;
  }

  #deliver(packet: Packet): void {
    this.#underway.shift();
    const { to, segment, advertisement, source } = packet;
    if (to.routers.get(segment)?.state.kind === 'initialize') return;
    this.feed(to, segment, { kind: 'advertisement', advertisement, source });
  }

  #judge(): void {
    for (const { name, held, groups, routers } of this.nodes) {
      if (groups.length === 1 && held.length > 0 && held.length < routers.size) {
        this.torn.push(`${String(this.now)} ${name} ${held.join(',')}`);
      }
    }
    const held = this.nodes.flatMap((node) => node.held);
    for (const segment of new Set([...held, ...this.#contestedSince.keys()])) {
      if (held.filter((each) => each === segment).length < 2) {
        this.#contestedSince.delete(segment);
        continue;
      }
      const since = this.#contestedSince.get(segment) ?? this.now;
      this.#contestedSince.set(segment, since);
      this.longestContestMs = Math.max(this.longestContestMs, this.now - since);
    }
  }
}

// A scenario: nodes on one or two LANs, the virtual routers that they share, and what happens to them, as plain data.
// Read from text in scenario-text.ts, made by chance in generate.ts, turned into what each node is given in stage.ts,
// played in simulation.ts. Every step is harmless where it makes no sense (a stop of what does not run), so that any
// step can be left out.

import type { LinkQuality } from './lan.js';

/** What every node says of a virtual router in its own way. */
export interface MemberSettings {
  /** 1–255. */
  readonly priority: number;
  readonly intervalMs: number;
  readonly preempt: boolean;
  readonly preemptDelayMs: number;
  readonly startupDelayMs: number;
}

/** What one node says differently of one virtual router. */
export type MemberPlan = Partial<MemberSettings> & { readonly router: string };

/** One node. Its member settings hold for every virtual router that `members` does not name. */
export interface NodePlan extends MemberSettings {
  readonly name: string;
  /** How much faster than true time its clock runs, millionths. */
  readonly driftPpm: number;
  /** Longest time between an event and the moment the process sees it, ms. */
  readonly latencyMs: number;
  readonly members: readonly MemberPlan[];
}

/** How advertisements prove where they come from; all nodes have the same secrets. */
export const AUTHENTICATIONS = ['none', 'password', 'hmac'] as const;

/** One virtual router, as all nodes configure it. */
export interface RouterPlan {
  readonly name: string;
  /** The LAN that it is on, 1 or 2. */
  readonly lan: number;
  readonly vrid: number;
  /** 2 only with addresses of IPv4. */
  readonly version: number;
  readonly authentication: (typeof AUTHENTICATIONS)[number];
  readonly unicast: boolean;
  /** Of one family, or of both: then it is two VRRP sessions and one decision. */
  readonly virtualAddresses: readonly string[];
}

/** Virtual routers that move together. */
export interface GroupPlan {
  readonly name: string;
  readonly routers: readonly string[];
}

/** What can be changed by a reload. */
export type RouterChanges = Partial<Pick<MemberSettings, 'priority' | 'intervalMs' | 'preempt' | 'preemptDelayMs'>>;

/** What can be done to a node without saying more, in the order of the documentation. */
export const NODE_VERBS = [
  /** Starts the process; addresses of an earlier life may still be there. */
  'start',
  /** SIGTERM: the routers leave, then the process ends. */
  'stop',
  /** SIGKILL: the process is gone, its addresses stay in the kernel. */
  'crash',
  /** SIGSTOP: datagrams wait in the socket, timers do not fire. */
  'pause',
  /** SIGCONT. */
  'resume',
  /** The carrier goes. */
  'link-down',
  'link-up',
  /** The interface vanishes with its addresses. */
  'delete-interface',
  /** It is made again under its name, with another index. */
  'create-interface',
  /** Somebody takes the virtual addresses off. */
  'remove-addresses',
  /** The kernel refuses claims from now on. */
  'refuse-claims',
  'accept-claims',
] as const;

/** One of NODE_VERBS. */
export type NodeVerb = (typeof NODE_VERBS)[number];

/** One direction between two nodes. */
export interface LinkName {
  readonly from: string;
  readonly to: string;
}

/** What a step does. `lan` names the only LAN that it concerns; absent: all of them. `router` likewise. */
export type Action =
  | { readonly kind: 'node'; readonly verb: NodeVerb; readonly node: string; readonly lan?: number }
  /** One direction of a link is cut or restored. */
  | { readonly kind: 'cut' | 'restore'; readonly from: string; readonly to: string; readonly lan?: number }
  | { readonly kind: 'partition'; readonly groups: readonly (readonly string[])[]; readonly lan?: number }
  | { readonly kind: 'heal'; readonly lan?: number }
  /** All links, or one direction of one pair, change their quality. */
  | { readonly kind: 'lan'; readonly quality: LinkQuality; readonly only?: LinkName; readonly lan?: number }
  /** What the trackers of a node say. */
  | {
      readonly kind: 'health'; readonly node: string; readonly adjustment: number; readonly failed: boolean;
      readonly router?: string;
    }
  /** A reload. */
  | { readonly kind: 'change'; readonly node: string; readonly changes: RouterChanges; readonly router?: string }
  /** The wall clock of a node is set, by so much forward or back. */
  | { readonly kind: 'clock'; readonly node: string; readonly stepMs: number }
  /** A router that is not simulated advertises itself once, without any proof. */
  | {
      readonly kind: 'stranger'; readonly address: string; readonly priority: number; readonly intervalMs: number;
      readonly router?: string;
    };

/** One thing that happens at one instant. */
export interface Step {
  readonly atMs: number;
  readonly action: Action;
}

/** Everything a run depends on. */
export interface Scenario {
  /** One sentence. */
  readonly proves: string;
  /** Seed of everything left to chance: losses, jitter, latency, the order after a pause. */
  readonly seed: number;
  readonly routers: readonly RouterPlan[];
  readonly groups: readonly GroupPlan[];
  /** LANs on which the nodes have their addresses in the opposite order, so that ties end the other way. */
  readonly reversedLans: readonly number[];
  readonly nodes: readonly NodePlan[];
  /** In the order of their instants. */
  readonly steps: readonly Step[];
  readonly endMs: number;
}

/** What a node is when the scenario says nothing else. */
export const DEFAULT_NODE: Omit<NodePlan, 'name' | 'members'> = {
  priority: 100, intervalMs: 1000, preempt: true, preemptDelayMs: 0, startupDelayMs: 0, driftPpm: 0, latencyMs: 0,
};

/** What a virtual router is when the scenario says nothing else. */
export const DEFAULT_ROUTER: RouterPlan = {
  name: 'web', lan: 1, vrid: 7, version: 3, authentication: 'none', unicast: false, virtualAddresses: ['10.9.0.100'],
};

/** What a node says of a virtual router in the end. */
export function memberSettings(node: NodePlan, router: string): MemberSettings {
  const { priority, intervalMs, preempt, preemptDelayMs, startupDelayMs } = node;
  const own = node.members.find((member) => member.router === router);
  return { priority, intervalMs, preempt, preemptDelayMs, startupDelayMs, ...own };
}

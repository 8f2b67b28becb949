// A scenario: nodes on a LAN and what happens to them, as plain data. Read from text in scenario-text.ts, made by
// chance in generate.ts, played in simulation.ts. Every step is harmless where it makes no sense (a stop of what does
// not run), so that any step can be left out.

import type { LinkQuality } from './lan.js';

/** One node and its virtual router. */
export interface NodePlan {
  readonly name: string;
  /** 1–255. */
  readonly priority: number;
  readonly intervalMs: number;
  readonly preempt: boolean;
  readonly preemptDelayMs: number;
  readonly startupDelayMs: number;
  /** How much faster than true time its clock runs, millionths. */
  readonly driftPpm: number;
  /** Longest time between an event and the moment the process sees it, ms. */
  readonly latencyMs: number;
}

/** What of a router can be changed while it runs. */
export type RouterChanges = Partial<Pick<NodePlan, 'priority' | 'intervalMs' | 'preempt' | 'preemptDelayMs'>>;

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

/** What a step does. */
export type Action =
  | { readonly kind: 'node'; readonly verb: NodeVerb; readonly node: string }
  /** One direction of a link is cut or restored. */
  | { readonly kind: 'cut' | 'restore'; readonly from: string; readonly to: string }
  | { readonly kind: 'partition'; readonly groups: readonly (readonly string[])[] }
  | { readonly kind: 'heal' }
  /** All links, or one direction of one pair, change their quality. */
  | { readonly kind: 'lan'; readonly quality: LinkQuality; readonly only?: LinkName }
  /** What the trackers of a node say. */
  | { readonly kind: 'health'; readonly node: string; readonly adjustment: number; readonly failed: boolean }
  /** A reload. */
  | { readonly kind: 'change'; readonly node: string; readonly changes: RouterChanges }
  /** A router that is not simulated advertises itself once. */
  | { readonly kind: 'stranger'; readonly address: string; readonly priority: number; readonly intervalMs: number };

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
  readonly virtualAddresses: readonly string[];
  readonly nodes: readonly NodePlan[];
  /** In the order of their instants. */
  readonly steps: readonly Step[];
  readonly endMs: number;
}

/** The first address of a node's interface: .1 for the first one, and so on. */
export function primaryAddressOf(index: number): string {
  return `10.9.0.${String(index + 1)}`;
}

/** What a node is when the scenario says nothing else. */
export const DEFAULT_NODE: Omit<NodePlan, 'name'> = {
  priority: 100, intervalMs: 1000, preempt: true, preemptDelayMs: 0, startupDelayMs: 0, driftPpm: 0, latencyMs: 0,
};

/** The virtual address when the scenario names none. */
export const DEFAULT_VIRTUAL_ADDRESS = '10.9.0.100';

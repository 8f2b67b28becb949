// An operator's question: these nodes, this failure, what happens and for how long does nobody answer? Answered by
// playing it, once for each of many moments between two advertisements, never by a formula.

import type { StateName } from '@baton/vrrp';
import type { Failure } from './failure.js';
import type { SimulatedNode } from './node.js';
import type { NodeEvent } from './node-event.js';
import { runStage } from './simulation.js';
import type { NodeSetup } from './stage.js';

/** What is asked. */
export interface Question {
  readonly nodes: readonly NodeSetup[];
  readonly failure: Failure;
  /** Moments at which the failure is let happen, evenly spread over one advertisement interval; at least 1. */
  readonly phases: number;
  readonly seed: number;
}

/** Smallest, middle and largest of all phases, ms. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What became of one virtual router. */
export interface RouterAnswer {
  readonly router: string;
  /** Who was master when it began, and who was in the end; undefined: nobody, or not one alone. */
  readonly masterBefore: string | undefined;
  readonly masterAfter: string | undefined;
  /** For how long no node that runs and has its link was master, until the play ended. */
  readonly outage: Spread;
  /** For how long more than one node was. */
  readonly severalMasters: Spread;
}

/** One line of what happened. */
export interface Occurrence {
  /** From the failure on, ms; negative = before it. */
  readonly atMs: number;
  readonly node: string | undefined;
  readonly what: string;
}

/** The answer. */
export interface Answer {
  readonly routers: readonly RouterAnswer[];
  /** How long the play went on after the failure, ms: an outage as long as this has no end. */
  readonly watchedMs: number;
  /** What happened in the phase with the middle outage. */
  readonly timeline: readonly Occurrence[];
}

/** A node that is to be started half an interval after the one before it: nobody boots in the same instant. */
const START_GAP = 0.5;

/** Plays the failure in every phase. */
export function ask({ nodes, failure, phases, seed }: Question): Answer {
  const intervalMs = Math.max(...allParameters(nodes).map(({ advertIntervalMs }) => advertIntervalMs));
  const delaysMs = Math.max(...allParameters(nodes).map((each) => each.preemptDelayMs + each.startupDelayMs));
  // Patience twice over, and all delays: what is not settled by then will not be.
  const settlingMs = 10 * intervalMs + delaysMs;
  const beginMs = settlingMs + nodes.length * START_GAP * intervalMs;
  const watchedMs = (failure.lastsMs ?? 0) + settlingMs;
  const runs = Array.from({ length: phases }, (_, phase) => {
    const failsAtMs = beginMs + (phase * intervalMs) / phases;
    return playOnce(nodes, failure, { failsAtMs, endMs: failsAtMs + watchedMs, intervalMs, seed: seed + phase });
  });
  const routers = (nodes[0]?.routers ?? []).map(({ name }) => summarise(name, runs));
  const longest = routers.toSorted((a, b) => b.outage.median - a.outage.median)[0]?.router ?? '';
  const sorted = runs.toSorted((a, b) => outageOf(a, longest) - outageOf(b, longest));
  return { routers, watchedMs, timeline: sorted[middle(sorted)]?.timeline ?? [] };
}

interface PlayTimes {
  readonly failsAtMs: number;
  readonly endMs: number;
  readonly intervalMs: number;
  readonly seed: number;
}

interface Play {
  readonly watches: ReadonlyMap<string, MasterWatch>;
  readonly timeline: readonly Occurrence[];
}

function playOnce(nodes: readonly NodeSetup[], failure: Failure, times: PlayTimes): Play {
  const { failsAtMs, endMs, intervalMs, seed } = times;
  const watches = new Map((nodes[0]?.routers ?? []).map(({ name }) => [name, new MasterWatch(name, failsAtMs)]));
  const timeline: Occurrence[] = [];
  const hosts = new Map<string, SimulatedNode>();
  runStage({
    seed, nodes, endMs,
    change: () => { throw new RangeError('a question changes no configuration'); },
    steps: [
      ...nodes.map(({ name }, index) =>
        ({ atMs: index * START_GAP * intervalMs, action: { kind: 'node', verb: 'start', node: name } as const })),
      ...failure.steps.map(({ atMs, action }) => ({ atMs: failsAtMs + atMs, action })),
    ],
  }, {
    judges: false,
    watch: (atMs, node, event) => {
      hosts.set(node.name, node);
      const what = describe(event);
      if (what !== undefined && atMs >= failsAtMs) timeline.push({ atMs: atMs - failsAtMs, node: node.name, what });
    },
    passed: (atMs) => {
      for (const watch of watches.values()) watch.look(atMs, [...hosts.values()]);
    },
  });
  for (const watch of watches.values()) watch.look(endMs, [...hosts.values()]);
  return { watches, timeline };
}

/** Adds up for how long a router has no master, and several. */
class MasterWatch {
  outageMs = 0;
  severalMs = 0;
  masterBefore: string | undefined;
  master: string | undefined;
  readonly #router: string;
  readonly #failsAtMs: number;
  #lookedAtMs = 0;
  #count = 0;

  constructor(router: string, failsAtMs: number) {
    this.#router = router;
    this.#failsAtMs = failsAtMs;
  }

  look(atMs: number, nodes: readonly SimulatedNode[]): void {
    const sinceMs = Math.max(this.#lookedAtMs, this.#failsAtMs);
    const passedMs = Math.max(0, atMs - sinceMs);
    if (this.#count === 0) this.outageMs += passedMs;
    if (this.#count > 1) this.severalMs += passedMs;
    if (atMs < this.#failsAtMs) this.masterBefore = this.master;
    this.#lookedAtMs = atMs;
    const masters = nodes.filter((node) => answers(node, this.#router));
    this.#count = masters.length;
    this.master = masters.length === 1 ? masters[0]?.name : undefined;
    if (atMs < this.#failsAtMs) this.masterBefore = this.master;
  }
}

/** Whether clients reach the addresses of a router on this node. */
function answers(node: SimulatedNode, router: string): boolean {
  const sessions = node.sessions.filter((session) => session.router.name === router);
  if (sessions.length === 0 || !sessions.every(({ lan }) => node.isOn(lan))) return false;
  const state: StateName | undefined = node.routers.find(({ name }) => name === router)?.state;
  return state === 'master';
}

function summarise(router: string, runs: readonly Play[]): RouterAnswer {
  const watches = runs.flatMap(({ watches: all }) => all.get(router) ?? []);
  const same = (names: readonly (string | undefined)[]): string | undefined =>
    new Set(names).size === 1 ? names[0] : undefined;
  return {
    router,
    masterBefore: same(watches.map(({ masterBefore }) => masterBefore)),
    masterAfter: same(watches.map(({ master }) => master)),
    outage: spread(watches.map(({ outageMs }) => outageMs)),
    severalMasters: spread(watches.map(({ severalMs }) => severalMs)),
  };
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? 0, median: sorted[middle(sorted)] ?? 0, max: sorted.at(-1) ?? 0 };
}

function middle(sorted: readonly unknown[]): number {
  return Math.floor((sorted.length - 1) / 2);
}

function outageOf({ watches }: Play, router: string): number {
  return watches.get(router)?.outageMs ?? 0;
}

function allParameters(nodes: readonly NodeSetup[]): NodeSetup['routers'][number]['families'][number][] {
  return nodes.flatMap(({ routers }) => routers.flatMap(({ families }) => families));
}

/** What a reader wants to see of an event. */
function describe(event: NodeEvent): string | undefined {
  switch (event.kind) {
    case 'announced':
      return `announces ${event.places.map(({ address }) => address).join(', ')} ${String(event.count)} times`;
    case 'told': {
      const { message } = event;
      if (message.type === 'state-changed') {
        return `${message.router}: ${message.change.from} -> ${message.change.to} (${message.change.reason})`;
      }
      if (message.type !== 'notice' || message.level === 'debug') return undefined;
      return `${message.level}: ${message.event}`;
    }
    case 'lease-ended': return `lets ${event.address} go`;
    case 'sent':
    case 'claimed':
    case 'renewed':
    case 'released':
    case 'armed':
    case 'woke':
    case 'idle':
    case 'arrived': return undefined;
  }
}

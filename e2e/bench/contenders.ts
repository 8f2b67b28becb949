// The two that run against each other: a pair of Baton nodes and a pair of keepalived nodes, each pair on a LAN of its
// own. Decides how a pair is set up, brought back to its starting point and asked for one measurement; not which are
// taken.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BatonNode, KeepalivedNode, Lan, letPass, monotonicMs, Observer, Probe, Responder, waitFor, type LabNode,
} from '@baton/lab';

/** The daemons that are measured. */
export const CONTENDERS = ['baton', 'keepalived'] as const;
export type Contender = (typeof CONTENDERS)[number];

/** The virtual IP of every pair. */
export const VIP = '10.9.0.100';
/** Room for starting processes on a busy machine, on top of what the protocol needs. */
const MARGIN_MS = 10_000;
/** How long the pair has to be quiet before an event, besides its phase. */
const QUIET_MS = 400;

/** How a pair is configured. */
export interface PairOptions {
  readonly contender: Contender;
  readonly intervalMs: number;
  /** Priorities of a and b. */
  readonly priorities: readonly [number, number];
  /** `address/length`; the first is the one that the client asks. */
  readonly addresses?: readonly string[];
  /** How Baton's nodes know of each other; by advertisements alone without it. */
  readonly link?: 'adverts' | 'control-channel';
}

/** Two nodes of one contender, with an observer on their LAN and a service behind the address. */
export interface Pair {
  readonly options: PairOptions;
  readonly lan: Lan;
  readonly observer: Observer;
  readonly nodes: { readonly a: LabNode; readonly b: LabNode };
  responderOfA: Responder;
  readonly responderOfB: Responder;
}

/** What one event did. */
export interface EventResult {
  /** From the event to b's first advertisement on the wire, ms. */
  readonly takeoverMs: number;
  /** The longest silence that the client saw, ms; the prober's own pauses at its edges are taken out. */
  readonly outageMs: number;
  /** The longest pause of the prober itself, ms. */
  readonly proberPauseMs: number;
}

/** The ways to take the master away. */
export type EventKind = 'kill' | 'engine' | 'stop' | 'link';

/** One node of a contender, not started. */
export function makeNode(lan: Lan, name: string, priority: number, options: PairOptions): LabNode {
  const host = lan.host(name);
  const common = { priority, advertIntervalMs: options.intervalMs, addresses: options.addresses ?? [`${VIP}/24`] };
  if (options.contender === 'keepalived') {
    return new KeepalivedNode(host, { ...common, initialMaster: priority === 255 });
  }
  const peers = lan.nodes.filter((other) => other.name !== name);
  const file = { control_channel: { pre_shared_key_file: KEY_FILE } };
  return new BatonNode(host, { ...common, peers, ...(options.link === 'control-channel' && { file }) });
}

const KEY_FILE = 'peer.key';

/** Gives both nodes the same key. */
async function writeKeys({ nodes }: Pair): Promise<void> {
  for (const node of [nodes.a, nodes.b]) {
    if (!(node instanceof BatonNode)) continue;
    await mkdir(node.directory, { recursive: true });
    await writeFile(join(node.directory, KEY_FILE), `${'5a'.repeat(32)}\n`, { mode: 0o600 });
  }
}

/** Whether a knows by the control channel that b is ready. */
async function isConnected({ nodes: { a } }: Pair): Promise<boolean> {
  if (!(a instanceof BatonNode)) return true;
  const router = await a.router();
  return router?.peers[0]?.reported?.state === 'backup';
}

/** Starts a pair, b first: it has to have been master once, or the first measurement may meet a b that still starts. */
export async function startPair(options: PairOptions): Promise<Pair> {
  const lan = await Lan.create(['a', 'b']);
  const pair: Pair = {
    options, lan, observer: await Observer.start(lan),
    nodes: {
      a: makeNode(lan, 'a', options.priorities[0], options), b: makeNode(lan, 'b', options.priorities[1], options),
    },
    responderOfA: await Responder.start(lan.host('a'), [VIP]),
    responderOfB: await Responder.start(lan.host('b'), [VIP]),
  };
  await writeKeys(pair);
  await pair.nodes.b.start();
  await waitFor('b to hold the address', patienceMs(pair), () => holds(pair, 'b'));
  await pair.nodes.a.start();
  await settled(pair);
  return pair;
}

/** Ends everything that startPair started. */
export async function endPair(pair: Pair): Promise<void> {
  await Promise.all([pair.nodes.a.kill(), pair.nodes.b.kill(), pair.responderOfA.kill(), pair.responderOfB.kill()]);
  await pair.observer.stop();
  await pair.lan.close();
}

/** Takes a away `phaseMs` after one of its advertisements, measures, and brings the pair back to where it was. */
export async function measureEvent(pair: Pair, kind: EventKind, phaseMs: number): Promise<EventResult> {
  const probe = await Probe.start(pair.lan.client, VIP);
  await waitFor('a to answer', MARGIN_MS, () => probe.owner === 'a');
  await letPass(QUIET_MS);
  const { at } = await pair.observer.advertisement('a', monotonicMs(), pair.options.intervalMs + MARGIN_MS);
  await letPass(Math.max(0, phaseMs - (monotonicMs() - at)));

  const from = monotonicMs();
  await takeAway(pair, kind);
  const advertisement = await pair.observer.advertisement('b', from, patienceMs(pair));
  await waitFor('b to answer', patienceMs(pair), () => probe.owner === 'b');
  const report = await probe.report(from);
  await probe.stop();

  await giveBack(pair, kind);
  await settled(pair);
  return { takeoverMs: advertisement.at - from, outageMs: report.outageMs, proberPauseMs: report.longestStallMs };
}

/** Whether a node of the pair, and no other, holds the address. */
export async function holds(pair: Pair, name: 'a' | 'b'): Promise<boolean> {
  return (await pair.lan.holders(VIP)).join() === name;
}

/** Waits until a holds the address alone and advertises it. */
export async function settled(pair: Pair): Promise<void> {
  await waitFor('a alone to hold the address', patienceMs(pair), () => holds(pair, 'a'));
  await pair.observer.advertisement('a', monotonicMs(), patienceMs(pair));
  if (pair.options.link === 'control-channel') {
    await waitFor('both to be connected', MARGIN_MS, () => isConnected(pair));
  }
}

async function takeAway(pair: Pair, kind: EventKind): Promise<void> {
  switch (kind) {
    case 'kill': await Promise.all([pair.nodes.a.kill(), pair.responderOfA.kill()]); break;
    case 'engine': killEngine(pair.nodes.a); break;
    case 'stop': await pair.nodes.a.stop(); break;
    case 'link': await pair.lan.setCable('a', 'down'); break;
  }
}

async function giveBack(pair: Pair, kind: EventKind): Promise<void> {
  switch (kind) {
    case 'kill':
      pair.responderOfA = await Responder.start(pair.lan.host('a'), [VIP]);
      await pair.nodes.a.start();
      break;
    case 'engine': // keepalived starts its worker again by itself
      if (pair.nodes.a instanceof BatonNode) {
        await pair.nodes.a.kill();
        await pair.nodes.a.start();
      }
      break;
    case 'stop': await pair.nodes.a.start(); break;
    case 'link': await pair.lan.setCable('a', 'up'); break;
  }
}

/** SIGKILL to the process that advertises: Baton's first one, keepalived's worker. */
function killEngine(node: LabNode): void {
  const pid = node instanceof BatonNode ? node.pids.at(-1) : node.pids[0];
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

function patienceMs(pair: Pair): number {
  return 5 * pair.options.intervalMs + MARGIN_MS;
}

// What is measured: each measure fills rows of samples, the two contenders taking turns within one run.

import { BatonNode, Lan, letPass, monotonicMs, Observer, residentBytes, waitFor } from '@baton/lab';

import {
  CONTENDERS, endPair, holds, makeNode, measureEvent, startPair, VIP,
  type Contender, type EventKind, type Pair, type PairOptions,
} from './contenders.js';
import { measureCrowd, type Crowd } from './crowd.js';

/** Samples of one measure for one contender. */
export interface Row {
  readonly measure: string;
  readonly contender: string;
  readonly unit: 'ms' | 'MB' | '%';
  readonly samples: number[];
  /** The longest pause of the prober in each sample, for judging the instrument. */
  readonly proberPausesMs?: number[];
  /** How the median is judged against keepalived's row of the same measure; undefined = it is not. */
  readonly againstKeepalived?: boolean;
  /** A limit of our own: which statistic must not exceed what. */
  readonly limit?: { readonly statistic: 'median' | 'p99' | 'max'; readonly value: number };
}

/** A measure: its name for --only, and how its rows come about. */
export interface Measure {
  readonly name: string;
  readonly run: (n: number, progress: Progress) => Promise<readonly Row[]>;
}

const START_LIMIT_MS = 500;
const ENGINE_LIMIT_MB = 50;
const ANNOUNCED_LIMIT_MS = 1;
const ANNOUNCED_100_LIMIT_MS = 15;
/** Takeovers per sample row of decision to first ARP. */
const TAKEOVERS = 200;
const DEADLINE_MS = 15_000;
const BYTES_PER_MB = 1e6;

/** Many routers on one interface, and what the engine may use of a core as their master or backup, %. */
const CROWDS: readonly (Crowd & { readonly limitPercent: number })[] = [
  { routers: 255, intervalMs: 1000, limitPercent: 3 },
  { routers: 50, intervalMs: 100, limitPercent: 5 },
];
/** How long the processor time of a crowd is watched, ms. */
const CROWD_MS = 30_000;

/** Says how far a measure has come, for the impatient. */
type Progress = (text: string) => void;

/** Every measure, in the order in which they run. */
export const MEASURES: readonly Measure[] = [
  ...([100, 1000] as const).flatMap((intervalMs) => (['kill', 'engine', 'stop', 'link'] as const).map((kind) => ({
    name: `${kind}-${String(intervalMs)}`,
    run: (n: number, progress: Progress) => measureEvents(kind, intervalMs, n, progress),
  }))),
  { name: 'start', run: measureStart },
  { name: 'memory', run: measureMemory },
  ...CROWDS.map((crowd) => ({
    name: `crowd-${String(crowd.routers)}`,
    run: (n: number, progress: Progress) => measureCrowds(crowd, n, progress),
  })),
  { name: 'announce-first', run: measureFirstAnnouncement },
  { name: 'announce-1', run: (_n, progress) => measureAnnouncement(1, ANNOUNCED_LIMIT_MS, progress) },
  { name: 'announce-100', run: (_n, progress) => measureAnnouncement(100, ANNOUNCED_100_LIMIT_MS, progress) },
];

/** Baton with the priorities of keepalived and a control channel. */
const CONNECTED = 'baton, connected';

/** Kill, stop or link down: Baton and keepalived with 200/100, and Baton with the 254/253 that it recommends. */
async function measureEvents(
  kind: EventKind, intervalMs: number, n: number, progress: Progress,
): Promise<readonly Row[]> {
  const variants: readonly (PairOptions & { readonly label: string })[] = [
    ...CONTENDERS.map((contender) => ({ contender, label: contender, intervalMs, priorities: [200, 100] as const })),
    { contender: 'baton', label: 'baton 254/253', intervalMs, priorities: [254, 253] },
    ...(kind === 'kill' ? [] : [CONNECTED]).map((label) =>
      ({ contender: 'baton', label, intervalMs, priorities: [200, 100], link: 'control-channel' } as const)),
  ];
  const title = { kill: 'SIGKILL of all', engine: 'SIGKILL of the engine', stop: 'SIGTERM', link: 'link down' }[kind];
  const rows = variants.map(({ label }) => ({
    takeover: eventRow(`${title}, ${String(intervalMs)} ms: takeover`, label),
    outage: { ...eventRow(`${title}, ${String(intervalMs)} ms: outage`, label), proberPausesMs: [] as number[] },
  }));
  const pairs: Pair[] = [];
  for (const variant of variants) pairs.push(await startPair(variant));
  for (let round = 0; round < n; round += 1) {
    // The same phase for all, so that chance does not decide between them; clear of the next advertisement.
    const phaseMs = intervalMs * (0.05 + 0.85 * Math.random());
    for (const [index, pair] of pairs.entries()) {
      const result = await measureEvent(pair, kind, phaseMs);
      rows[index]?.takeover.samples.push(result.takeoverMs);
      rows[index]?.outage.samples.push(result.outageMs);
      rows[index]?.outage.proberPausesMs.push(result.proberPauseMs);
    }
    progress(`${title} at ${String(intervalMs)} ms: ${String(round + 1)} of ${String(n)}`);
  }
  for (const pair of pairs) await endPair(pair);
  return [...rows.map((row) => row.takeover), ...rows.map((row) => row.outage)];
}

function eventRow(measure: string, contender: string): Row {
  return { measure, contender, unit: 'ms', samples: [], againstKeepalived: contender !== 'keepalived' };
}

/** From starting the process to its first advertisement on the wire, as the owner of the address (priority 255). */
async function measureStart(n: number, progress: Progress): Promise<readonly Row[]> {
  const rows: Record<Contender, Row> = {
    baton: { measure: 'start to first advertisement', contender: 'baton', unit: 'ms', samples: [],
      limit: { statistic: 'median', value: START_LIMIT_MS } },
    keepalived: { measure: 'start to first advertisement', contender: 'keepalived', unit: 'ms', samples: [] },
  };
  const lan = await Lan.create(['a']);
  const observer = await Observer.start(lan);
  for (let round = 0; round < n; round += 1) {
    for (const contender of CONTENDERS) {
      const node = makeNode(lan, 'a', 255, { contender, intervalMs: 1000, priorities: [255, 255] });
      const from = monotonicMs();
      await node.start();
      const advertisement = await observer.advertisement('a', from, DEADLINE_MS);
      rows[contender].samples.push(advertisement.at - from);
      await node.stop();
      await waitFor('the address to be off', DEADLINE_MS, async () => (await lan.holders(VIP)).length === 0);
    }
    progress(`start: ${String(round + 1)} of ${String(n)}`);
  }
  await observer.stop();
  await lan.close();
  return [rows.baton, rows.keepalived];
}

/** How long a master has been idle when its memory is measured: what starting took is given back by then, ms. */
const IDLE_MS = 15_000;

/** Resident memory of an idle master, by process. */
async function measureMemory(n: number, progress: Progress): Promise<readonly Row[]> {
  const row = (contender: string, limit?: Row['limit']): Row =>
    ({ measure: 'resident memory', contender, unit: 'MB', samples: [], ...(limit === undefined ? {} : { limit }) });
  const engine = row('baton engine', { statistic: 'max', value: ENGINE_LIMIT_MB });
  const agent = row('baton agent');
  const keepalived = row('keepalived (both)');
  for (const contender of CONTENDERS) {
    for (let round = 0; round < n; round += 1) {
      const pair = await startPair({ contender, intervalMs: 1000, priorities: [254, 253] });
      const { a } = pair.nodes;
      await letPass(IDLE_MS);
      const enginePid = a instanceof BatonNode ? (await a.status())?.engine.pid : undefined;
      if (enginePid === undefined) {
        keepalived.samples.push(megabytes(a.pids));
      } else {
        engine.samples.push(megabytes([enginePid]));
        agent.samples.push(megabytes(a.pids.filter((pid) => pid !== enginePid)));
      }
      await endPair(pair);
      progress(`memory of ${contender}: ${String(round + 1)} of ${String(n)}`);
    }
  }
  return [engine, agent, keepalived];
}

/** Processor time of the process that runs many routers, as their master and as their backup. */
async function measureCrowds(
  crowd: Crowd & { readonly limitPercent: number }, n: number, progress: Progress,
): Promise<readonly Row[]> {
  const title = `CPU of ${String(crowd.routers)} routers at ${String(crowd.intervalMs)} ms`;
  const rows = CONTENDERS.map((contender) => ({
    contender,
    master: crowdRow(`${title}: master`, contender, crowd.limitPercent),
    backup: crowdRow(`${title}: backup`, contender, crowd.limitPercent),
  }));
  for (let round = 0; round < n; round += 1) {
    for (const { contender, master, backup } of rows) {
      const cost = await measureCrowd(contender, crowd, CROWD_MS);
      master.samples.push(cost.master);
      backup.samples.push(cost.backup);
      progress(`${title}, ${contender}: ${String(round + 1)} of ${String(n)}`);
    }
  }
  return [...rows.map(({ master }) => master), ...rows.map(({ backup }) => backup)];
}

function crowdRow(measure: string, contender: Contender, limitPercent: number): Row {
  const limit = { statistic: 'median', value: limitPercent } as const;
  return { measure, contender, unit: '%', samples: [], ...(contender === 'baton' ? { limit } : {}) };
}

/** The same for the first takeover in the life of a process, whose code has not run before: as in reality. */
async function measureFirstAnnouncement(n: number, progress: Progress): Promise<readonly Row[]> {
  const samples: number[] = [];
  for (let round = 0; round < n; round += 1) {
    const pair = await startPair({ contender: 'baton', intervalMs: 100, priorities: [254, 253] });
    // To come to this starting point b has taken over from silence, then a from b.
    for (const name of ['a', 'b'] as const) {
      const taken = await waitFor('the journal', DEADLINE_MS, async () => {
        const all = await announcedMs(pair, name);
        return all.length > 0 && all;
      });
      samples.push(...taken.slice(0, 1));
    }
    await endPair(pair);
    progress(`first takeover: ${String(round + 1)} of ${String(n)}`);
  }
  const measure = 'decision to first ARP, first takeover';
  return [{ measure, contender: 'baton', unit: 'ms', samples, limit: { statistic: 'p99', value: ANNOUNCED_LIMIT_MS } }];
}

/** Resident memory of some processes together. */
function megabytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentBytes(pid), 0) / BYTES_PER_MB;
}

/** From the decision to the first ARP announcement of every takeover in a node's journal, oldest first. */
async function announcedMs(pair: Pair, name: 'a' | 'b'): Promise<readonly number[]> {
  const node = pair.nodes[name];
  if (!(node instanceof BatonNode)) return [];
  return (await node.events())
    .filter((event) => event.event === 'state-changed' && event['to'] === 'master')
    .map((event) => event['announced_ms'])
    .filter((value) => typeof value === 'number');
}

/** From the decision to the first ARP announcement, as Baton's journal tells it: the cable of a is pulled and plugged
 *  until both nodes together have taken over often enough. */
async function measureAnnouncement(
  addressCount: number, limitMs: number, progress: Progress,
): Promise<readonly Row[]> {
  const addresses = Array.from({ length: addressCount }, (_, index) => `10.9.0.${String(100 + index)}/24`);
  const pair = await startPair({ contender: 'baton', intervalMs: 50, priorities: [254, 253], addresses });
  for (let cycle = 0; cycle < TAKEOVERS / 2; cycle += 1) {
    await pair.lan.setCable('a', 'down');
    await waitFor('b to take over', DEADLINE_MS, () => holds(pair, 'b'));
    await pair.lan.setCable('a', 'up');
    await waitFor('a to return', DEADLINE_MS, () => holds(pair, 'a'));
    progress(`takeovers with ${String(addressCount)} addresses: ${String(2 * cycle + 2)} of ${String(TAKEOVERS)}`);
  }
  const samples = [...await announcedMs(pair, 'a'), ...await announcedMs(pair, 'b')];
  await endPair(pair);
  const measure = `decision to first ARP, ${String(addressCount)} address${addressCount === 1 ? '' : 'es'}`;
  return [{ measure, contender: 'baton', unit: 'ms', samples, limit: { statistic: 'p99', value: limitMs } }];
}

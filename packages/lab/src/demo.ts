// The demo: two real Baton nodes and a client on a LAN of namespaces; the master is taken away in several ways.
// Decides what is shown, and whether each step ended as it has to: the address moved from the one to the other, and
// nobody else answers for it, or only who has to.
// Options: --interval 100ms (advertisement interval, 10ms to 10s, default 1s), --help.
// Exits with 0 when every step did.

import { parseArgs } from 'node:util';
import { describeError, type Instant } from '@baton/base';

import { demoCases, PREEMPTION, type DemoCase, type NodeName, type Stage } from './demo-cases.js';
import {
  choosePaint, demoTable, demoVerdict, formatMs, hasMoved, timelineLine, type DemoRow,
} from './demo-screen.js';
import { Lan } from './namespaces.js';
import { BatonNode } from './node.js';
import { Observer } from './observer.js';
import { Probe } from './probe.js';
import { Responder } from './responder.js';
import { monotonicMs, waitFor } from './waiting.js';

const VIP = '10.9.0.100';
const PRIORITIES: Readonly<Record<NodeName, number>> = { a: 254, b: 253 };
const SHORTEST_INTERVAL_MS = 10;
const LONGEST_INTERVAL_MS = 10_000;
const INTERVAL_STEP_MS = 10;
/** Room for starting processes on a busy machine, on top of what the protocol needs. */
const MARGIN_MS = 5_000;
/** An answer that is not older than this is one of now. */
const RECENT_MS = 50;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const USAGE = `Usage: npm run demo -- [--interval 100ms]

Shows how the address of two nodes moves when the master is taken away in several ways.

  --interval TIME  between advertisements, 10ms to 10s in steps of 10ms (default 1s)
  -h, --help       print this`;

const paint = choosePaint(process.stdout.isTTY && process.env['NO_COLOR'] === undefined);

try {
  process.exitCode = await main(readInterval());
} catch (error) {
  process.stderr.write(`demo: ${describeError(error)}\n`);
  process.exitCode = EXIT_FAILED;
}
process.exit();

async function main(intervalMs: number): Promise<number> {
  const interval = intervalMs < 1000 ? formatMs(intervalMs) : `${String(intervalMs / 1000)} s`;
  print(`\n${paint('bold', 'Baton')}: two nodes and a client on one LAN, in namespaces that vanish with this command.`);
  print(`  a 10.9.0.1 priority 254 · b 10.9.0.2 priority 253 · virtual IP ${VIP} · advertisements every ${interval}`);
  print('  The client sends the virtual IP one datagram a millisecond and hears which node answers.\n');
  const stage = await setStage(intervalMs);
  const rows: DemoRow[] = [];
  for (const demoCase of demoCases(stage)) {
    rows.push(await takeAway(stage, demoCase));
    rows.push(await giveBack(stage, demoCase));
  }
  print(`\n${demoTable(paint, rows)}\n`);
  print('  outage    the longest time in which the client got no answer');
  print('  expected  what the timers say (RFC 9568 §6.1): 3 × interval + skew time after the last advertisement,');
  print('            or the skew time alone when the master resigns; skew time = (256 − 253) / 256 × interval;');
  print('            a preemption costs one exchange at most: the old master keeps the address until it has read the');
  print('            advertisement of the new one');
  print(`  ARP       who answered "who has ${VIP}?" at the end of the step\n`);
  const failed = rows.filter((row) => !row.ok).length;
  print(failed === 0 ? paint('green', `  ${demoVerdict(rows)}\n`)
    : paint('red', `  ${String(failed)} of ${String(rows.length)} steps did not end as they have to\n`));
  return failed === 0 ? 0 : EXIT_FAILED;
}

async function setStage(intervalMs: number): Promise<Stage> {
  const lan = await Lan.create(['a', 'b']);
  const makeNode = (name: NodeName): BatonNode => new BatonNode(lan.host(name), {
    priority: PRIORITIES[name], advertIntervalMs: intervalMs, addresses: [`${VIP}/24`],
    peers: lan.nodes.filter((host) => host.name !== name), file: { log: { level: 'info', format: 'json' } },
  });
  const makeResponder = (name: NodeName): Promise<Responder> => Responder.start(lan.host(name), [VIP]);
  const stage: Stage = {
    lan, intervalMs, address: VIP, nodes: { a: makeNode('a'), b: makeNode('b') },
    responders: { a: await makeResponder('a'), b: await makeResponder('b') }, restartResponder: makeResponder,
    observer: await Observer.start(lan), probe: await Probe.start(lan.client, VIP),
    say: timeline(),
  };
  stage.probe.onOwnerChange((change) => { stage.say('client', `${paint('green', change.node)} answers`, change.at); });
  stage.say('a, b', 'baton run');
  for (const name of ['a', 'b'] as const) {
    await stage.nodes[name].start();
    followLog(stage, name);
  }
  await ownedBy(stage, 'a');
  // Whoever is to take over has to be there.
  await stage.nodes.b.waitForState('backup', MARGIN_MS);
  return stage;
}

/** Takes the master away and looks at what the client saw. */
async function takeAway(stage: Stage, demoCase: DemoCase): Promise<DemoRow> {
  print('');
  const from = await answering(stage, 'a');
  stage.say('demo', paint('yellow', demoCase.takeAwayText));
  await demoCase.takeAway();
  const row = await judge(stage, from, 'b', demoCase.title, demoCase.theory);
  if (demoCase.lingering === undefined || row.answeringArp.length === 1) return row;
  stage.say('demo', paint('dim', demoCase.lingering));
  return { ...row, ok: hasMoved(row.owners, 'a', 'b') && row.answeringArp.join() === 'a,b' };
}

/** Gives the master back: it has the higher priority and takes the address again. */
async function giveBack(stage: Stage, demoCase: DemoCase): Promise<DemoRow> {
  const from = await answering(stage, 'b');
  stage.say('demo', paint('yellow', demoCase.giveBackText));
  await demoCase.giveBack();
  if (!stage.nodes.a.process.running) await stage.nodes.a.start();
  followLog(stage, 'a');
  return judge(stage, from, 'a', `  ${demoCase.backTitle}`, PREEMPTION);
}

/** Waits for the address to move to `owner`; a step is good when it did and nobody else answers for it. */
async function judge(stage: Stage, from: number, owner: NodeName, title: string, theory: string): Promise<DemoRow> {
  const moved = await ownedBy(stage, owner);
  const answeringArp = await stage.observer.whoHas(VIP);
  const report = await stage.probe.report(from);
  const owners = report.owners.map((change) => change.node);
  const ok = moved && hasMoved(owners, owner === 'b' ? 'a' : 'b', owner) && answeringArp.join() === owner;
  return { title, theory, outageMs: report.outageMs, answeringArp, owners, ok };
}

/** A step begins only when its master answers now: its last answer may be old, and a step that begins between two
 *  answers of a busy machine would not see the address leave.
 *  @returns the instant from which on the step is looked at: only answers of this node stand between it and now */
async function answering(stage: Stage, name: NodeName): Promise<Instant> {
  const found = waitFor(`${name} alone to answer`, MARGIN_MS, async () => {
    const from = monotonicMs() - RECENT_MS;
    const { owners } = await stage.probe.report(from);
    return owners.every((change) => change.node === name) && owners.length === 1 ? from : undefined;
  });
  return found.catch((error: unknown) => {
    stage.say('demo', paint('red', `gave up: ${describeError(error)}`));
    return monotonicMs();
  });
}

/** Waits until a node answers the client and its kernel is the one that should hold the address.
 *  @returns false when the protocol's time and some room have passed without it */
async function ownedBy(stage: Stage, name: NodeName): Promise<boolean> {
  const patienceMs = 4 * stage.intervalMs + MARGIN_MS;
  return waitFor(`${name} to answer`, patienceMs, async () =>
    stage.probe.owner === name && (await stage.lan.holders(VIP)).includes(name)).catch((error: unknown) => {
    stage.say('demo', paint('red', `gave up: ${describeError(error)}`));
    return false;
  });
}

/** Shows what a daemon logs from now on. Each start of a daemon is a new process and followed anew. */
function followLog(stage: Stage, name: NodeName): void {
  if (stage.followed?.[name] === stage.nodes[name].process) return;
  stage.followed = { ...stage.followed, [name]: stage.nodes[name].process };
  stage.nodes[name].process.onLine(({ at, text }) => {
    const entry = readLogLine(text);
    if (entry === undefined) stage.say(name, text, at);
    else if (entry['event'] === 'state-changed') {
      const to = String(entry['to']);
      const shown = to === 'master' ? paint('green', to) : to;
      stage.say(name, `${String(entry['from'])} → ${shown}  (${String(entry['reason'])})`, at);
    } else if (entry['level'] === 'warn' || entry['level'] === 'error') stage.say(name, String(entry['event']), at);
  });
}

function readLogLine(text: string): Readonly<Record<string, unknown>> | undefined {
  return text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : undefined;
}

function timeline(): Stage['say'] {
  const startedAt = monotonicMs();
  return (who, what, at = monotonicMs()) => { print(timelineLine(paint, at - startedAt, who, what)); };
}

function readInterval(): number {
  const { interval, help } = readOptions();
  if (help) {
    print(USAGE);
    return process.exit(0);
  }
  const match = /^(\d+)(ms|s)$/.exec(interval);
  const intervalMs = Number(match?.[1]) * (match?.[2] === 's' ? 1000 : 1);
  const inRange = intervalMs >= SHORTEST_INTERVAL_MS && intervalMs <= LONGEST_INTERVAL_MS;
  if (inRange && intervalMs % INTERVAL_STEP_MS === 0) return intervalMs;
  return refuseUsage('--interval takes 10ms to 10s in steps of 10ms, for example --interval 100ms');
}

function readOptions(): { readonly interval: string; readonly help: boolean } {
  try {
    return parseArgs({
      options: { interval: { type: 'string', default: '1s' }, help: { type: 'boolean', short: 'h', default: false } },
      strict: true,
    }).values;
  } catch (error) {
    // What parseArgs throws about the words of a user has a code of its own; everything else is not theirs.
    const code = error instanceof TypeError && 'code' in error ? String(error.code) : '';
    if (!(error instanceof TypeError) || !code.startsWith('ERR_PARSE_ARGS')) throw error;
    return refuseUsage(`${error.message}\n\n${USAGE}`);
  }
}

function refuseUsage(message: string): never {
  process.stderr.write(`demo: ${message}\n`);
  return process.exit(EXIT_USAGE);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

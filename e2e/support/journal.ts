// What a node wrote down about itself, read from its file: works also while the daemon is stopped, and costs nothing.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEvent } from '@baton/agent/control';
import { LAB_ROUTER, waitFor, type BatonNode } from '@baton/lab';

/** How long a test waits for a started daemon to take part, ms. No promise: on two cores with other things to do, two
 *  Node processes were seen to take 5 s. How long a start takes is the benchmark's to measure. */
export const START_DEADLINE_MS = 20_000;
/** An election at 1 s adverts takes at most 4 s from there. */
const ELECTION_DEADLINE_MS = START_DEADLINE_MS + 4_000;

/** One `state-changed` of the journal. */
export interface Transition {
  /** Wall-clock milliseconds. */
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly epoch: number;
  /** Its place among the transitions of its router, from 0. */
  readonly index: number;
}

/** Every whole line of the journal, oldest first; none before the first start. */
export function readJournal(node: BatonNode): readonly JournalEvent[] {
  const lines = readIfThere(join(node.directory, 'state', 'journal.jsonl'))
    .split('\n')
    .slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalEvent);
}

/** The transitions of one virtual router so far. */
export function transitions(node: BatonNode, router: string = LAB_ROUTER): readonly Transition[] {
  return readJournal(node)
    .filter((event) => event.event === 'state-changed' && event.router === router)
    .map((event, index) => ({
      index,
      atMs: Date.parse(event.time),
      from: String(event['from']),
      to: String(event['to']),
      reason: String(event['reason']),
      epoch: Number(event['epoch']),
    }));
}

/** The transitions as short text: `backup>master master-down-timer`. */
export function story(node: BatonNode, router: string = LAB_ROUTER): readonly string[] {
  return transitions(node, router).map(({ from, to, reason }) => `${from}>${to} ${reason}`);
}

/** The state that the journal ends with. */
export function lastState(node: BatonNode, router: string = LAB_ROUTER): string | undefined {
  return transitions(node, router).at(-1)?.to;
}

/** Waits for a transition such as `backup>master`, the first one after the transition `after`, or the first of all. */
export async function waitForTransition(
  node: BatonNode,
  step: `${string}>${string}`,
  deadlineMs: number,
  options: { readonly after?: Transition; readonly router?: string } = {},
): Promise<Transition> {
  const { after, router } = options;
  return waitFor(`${node.host.name} to go ${step}`, deadlineMs, () =>
    transitions(node, router)
      .slice((after?.index ?? -1) + 1)
      .find(({ from, to }) => `${from}>${to}` === step),
  );
}

/** Starts a master, and when it is one the others: nobody else has been master then, however busy the machine is. */
export async function elect(master: BatonNode, ...backups: readonly BatonNode[]): Promise<Transition> {
  await master.start();
  const elected = await waitForTransition(master, 'backup>master', ELECTION_DEADLINE_MS);
  await Promise.all(
    backups.map(async (backup) => {
      await backup.start();
      await waitForTransition(backup, 'initialize>backup', START_DEADLINE_MS);
    }),
  );
  return elected;
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

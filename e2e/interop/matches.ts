// The tests of a matrix: every match of every cell, several side by side, each on a LAN of its own. All that happens to
// a pair happens to it in one go, because most of the time is spent on starting daemons.

import { test } from '@jest/globals';
import { onLan, type Bed } from '../support/bed.js';
import { matchesOf, type Cell, type Match } from './cells.js';
import { Contest } from './contest.js';
import { judgeWire } from './wire-verdict.js';

/** Defines one test for each match. */
export function testMatches(cells: readonly Cell[]): void {
  const matches = matchesOf(cells).map((match) => [match.title, match] as const);
  test.concurrent.each(matches)('%s: starts, deaths, stops and preemption go by the protocol', (_, match) =>
    onLan(['a', 'b'], (bed) => play(bed, match)),
  );
}

async function play(bed: Bed, match: Match): Promise<void> {
  const contest = await Contest.prepare(bed, match);
  const { higher, lower, baton } = contest;
  await contest.startBoth();
  await contest.loseBackup();
  await contest.stopMaster(higher);
  await contest.returnAsBackup(higher, { preempt: false });
  await contest.stopMaster(lower);
  await contest.returnAsBackup(lower, { preempt: true });
  await contest.killMaster(higher);
  await contest.returnAsMaster();
  if (baton === undefined) return;
  await judgeWire({ cell: match.cell, sender: baton, other: baton === higher ? lower : higher });
}

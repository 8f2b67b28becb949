// Plays a range of seeds in child processes, one for each core. The first violation ends all of them.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { addSummaries, NO_SEEDS, type SeedRange, type SeedSummary } from './fuzz.js';

/** Seeds that a child plays before it reports: often enough to stop soon, seldom enough to cost nothing. */
const BATCH_SEEDS = 50;

const PROGRAM = fileURLToPath(new URL('./fuzz-process.js', import.meta.url));

/** Plays the range.
 *  @param workers child processes, at least 1
 *  @returns the sum of what was played; rejects when a child ends without an answer */
export async function runFleet(range: Omit<SeedRange, 'stride'>, workers: number): Promise<SeedSummary> {
  const batches: SeedRange[] = [];
  for (let done = 0; done < range.count; done += BATCH_SEEDS) {
    const count = Math.min(BATCH_SEEDS, range.count - done);
    batches.push({ first: range.first + done, count, stride: 1, troubles: range.troubles });
  }
  const children = Array.from({ length: Math.min(workers, batches.length) }, () => fork(PROGRAM));
  let sum = NO_SEEDS;
  const work = async (child: ChildProcess): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const played = await play(child, batch);
      sum = addSummaries(sum, played);
      if (sum.failure !== undefined) batches.length = 0;
    }
  };
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.disconnect();
  }
  return sum;
}

async function play(child: ChildProcess, range: SeedRange): Promise<SeedSummary> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      reject(new Error('a process that plays seeds ended without an answer'));
    };
    child.once('exit', ended);
    child.once('message', (summary) => {
      child.off('exit', ended);
      resolve(summary as SeedSummary);
    });
    child.send(range);
  });
}

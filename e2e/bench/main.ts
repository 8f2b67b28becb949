// The benchmark: Baton beside real keepalived in the same run, on real packets. Runs inside in-lab: npm run bench.
// Options: --n 10 (rounds), --only kill-100,start (measures by name). Prints a table and writes JSON to
// e2e/bench/results/. Exits with 1 when a verdict is missed.

import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeError } from '@baton/base';
import { runToEnd } from '@baton/lab';

import { MEASURES, type Row } from './measures.js';
import { judge, renderTable } from './report.js';

const RESULTS = fileURLToPath(new URL('../../bench/results/', import.meta.url));
const DEFAULT_ROUNDS = 10;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${describeError(error)}\n`);
  process.exitCode = EXIT_FAILED;
}
process.exit();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { n: { type: 'string', default: String(DEFAULT_ROUNDS) }, only: { type: 'string' } },
  });
  const rounds = Number(values.n);
  const names = MEASURES.map((measure) => measure.name);
  const only = values.only?.split(',') ?? names;
  const unknown = only.filter((name) => !names.includes(name));
  if (!Number.isInteger(rounds) || rounds < 1 || unknown.length > 0) {
    process.stderr.write(`bench: --n takes a number of rounds, --only some of ${names.join(', ')}\n`);
    return EXIT_USAGE;
  }
  const startedAt = new Date();
  const loadBefore = loadavg();
  const rows: Row[] = [];
  for (const measure of MEASURES.filter(({ name }) => only.includes(name))) {
    rows.push(...await measure.run(rounds, (text) => { process.stderr.write(`${text}\n`); }));
  }
  const judged = judge(rows);
  process.stdout.write(`\n${renderTable(judged)}\n\n`);
  const environment = {
    kernel: release(), node: process.version, cores: cpus().length, loadBefore, loadAfter: loadavg(),
    keepalived: (await runToEnd(['keepalived', '--version'])).stderr.split('\n')[0] ?? '',
  };
  await mkdir(RESULTS, { recursive: true });
  const file = `${RESULTS}${startedAt.toISOString().replaceAll(/[:.]/g, '-')}.json`;
  const result = { startedAt: startedAt.toISOString(), rounds, environment, rows: judged };
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`);
  process.stdout.write(`written to ${file}\n`);
  return judged.some((row) => row.verdict === 'missed') ? EXIT_FAILED : 0;
}

// `npm test`: set-up and build, then the checks, the unit tests, the simulation and the end-to-end tests in
// namespaces of their own.
// A failing stage does not hide what the later ones would have said, and neither does one that hangs: it is ended at
// its deadline. A failing set-up does, because nothing can run without it. The last line is the sum over all tests,
// `N passed, N failed`, taken from jest's own results; a stage that failed otherwise counts as one failure.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup/run.mjs';
import { countStage, judgeResults, summaryLine } from './test-results.mjs';

const JEST = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const IN_LAB = join(root, 'packages', 'lab', 'bin', 'in-lab');

/** Several times what each stage takes on two busy cores, ms; a set-up may wait for another one first. */
const DEADLINES_MS = {
  setup: 30 * 60_000, check: 10 * 60_000, unit: 10 * 60_000, simulation: 10 * 60_000, e2e: 25 * 60_000,
};
/** Seeds of the simulator, the same ones each time: a range that was clean must stay clean. */
const SEEDS = 10_000;

const runs = [];
const failedStages = [];

/** Runs one stage and says how long it took.
 *  @param {string} name
 *  @param {() => Promise<{ problem: string | undefined, judgement?: object }>} work resolves to what went wrong, and
 *    for tests to what judgeResults said */
async function stage(name, work) {
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  const { problem, judgement } = await work();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`== ${name}: ${problem ?? 'ok'} (${seconds} s)`);
  if (problem !== undefined) failedStages.push(name);
  runs.push(countStage(judgement, problem === undefined));
  return problem === undefined;
}

/** A stage that is one Node program. */
async function node(deadlineMs, ...args) {
  return { problem: problemOf(await run(process.execPath, args, { deadlineMs }), deadlineMs) };
}

function problemOf({ code, late }, deadlineMs) {
  if (late) return `did not end within ${deadlineMs / 60_000} min and was killed`;
  return code === 0 ? undefined : `failed with exit code ${code}`;
}

/** A stage that is one jest project; `prefix` is the program that prepares its surroundings, if any. */
async function jest(deadlineMs, project, prefix, options) {
  const resultsFile = join(root, '.setup', `results-${project}-${process.pid}.json`);
  const jestArgs = [JEST, '--selectProjects', project, '--json', '--outputFile', resultsFile, ...options];
  const [program, ...args] = [...prefix, process.execPath, ...jestArgs];
  const ended = await run(program, args, { deadlineMs });
  const judgement = judgeResults(takeResults(resultsFile));
  for (const name of judgement.skipped) console.log(`skipped: ${name}`);
  const problem = problemOf(ended, deadlineMs);
  return { judgement, problem: ended.late ? problem : judgement.problem ?? problem };
}

function takeResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // jest ended before it wrote them; the judgement says so
  } finally {
    rmSync(file, { force: true });
  }
}

const ready = await stage('set-up and build', () =>
  node(DEADLINES_MS.setup, join(root, 'scripts', 'setup.mjs'), 'test'));
if (ready) {
  await stage('check', () => node(DEADLINES_MS.check, join(root, 'scripts', 'check.mjs')));
  await stage('unit', () => jest(DEADLINES_MS.unit, 'unit', [], []));
  await stage('simulation', () =>
    node(DEADLINES_MS.simulation, join(root, 'packages', 'simulator', 'dist', 'main.js'), '--seeds', String(SEEDS)));
  // One at a time: the tests measure milliseconds, and two labs on two cores would measure each other.
  await stage('e2e', () => jest(DEADLINES_MS.e2e, 'e2e', [process.execPath, IN_LAB], ['--runInBand']));
}
if (failedStages.length > 0) console.error(`\nfailed: ${failedStages.join(', ')}`);
console.log(`\n${summaryLine(runs)}`);
process.exitCode = failedStages.length > 0 ? 1 : 0;

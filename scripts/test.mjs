// `npm test`: set-up and build, then the checks, the unit tests and the end-to-end tests in namespaces of their own.
// A failing stage does not hide what the later ones would have said; a failing set-up does, because nothing can run
// without it. The last line is the sum over all tests, `N passed, N failed`, taken from jest's own results.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup/run.mjs';
import { judgeResults, summaryLine } from './test-results.mjs';

const JEST = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const IN_LAB = join(root, 'packages', 'lab', 'bin', 'in-lab');

const runs = [];
const failedStages = [];

/** Runs one stage and says how long it took.
 *  @param {string} name @param {() => Promise<string | undefined>} work resolves to what went wrong, or undefined */
async function stage(name, work) {
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  const problem = await work();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`== ${name}: ${problem ?? 'ok'} (${seconds} s)`);
  if (problem !== undefined) failedStages.push(name);
  return problem === undefined;
}

/** A stage that is one Node program. */
async function node(...args) {
  const { code } = await run(process.execPath, args);
  return code === 0 ? undefined : `failed with exit code ${code}`;
}

/** A stage that is one jest project; `prefix` is the program that prepares its surroundings, if any. */
async function jest(project, prefix, options) {
  const resultsFile = join(root, '.setup', `results-${project}-${process.pid}.json`);
  const jestArgs = [JEST, '--selectProjects', project, '--json', '--outputFile', resultsFile, ...options];
  const [program, ...args] = [...prefix, process.execPath, ...jestArgs];
  const { code } = await run(program, args);
  const judgement = judgeResults(takeResults(resultsFile));
  runs.push(judgement);
  for (const name of judgement.skipped) console.log(`skipped: ${name}`);
  return judgement.problem ?? (code === 0 ? undefined : `failed with exit code ${code}`);
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

const ready = await stage('set-up and build', () => node(join(root, 'scripts', 'setup.mjs'), 'test'));
if (ready) {
  await stage('check', () => node(join(root, 'scripts', 'check.mjs')));
  await stage('unit', () => jest('unit', [], []));
  // One at a time: the tests measure milliseconds, and two labs on two cores would measure each other.
  await stage('e2e', () => jest('e2e', [process.execPath, IN_LAB], ['--runInBand']));
}
if (failedStages.length > 0) console.error(`\nfailed: ${failedStages.join(', ')}`);
console.log(`\n${summaryLine(runs)}`);
process.exitCode = failedStages.length > 0 ? 1 : 0;

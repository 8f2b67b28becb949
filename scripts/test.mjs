// `npm test`: set-up and build, then the checks, the unit tests and the end-to-end tests in namespaces of their own.
// A failing stage does not hide what the later ones would have said; a failing set-up does, because nothing can run
// without it. The last line is the sum over all tests, `N passed, N failed`, taken from jest's own results.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup/run.mjs';

const JEST = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const IN_LAB = join(root, 'packages', 'lab', 'bin', 'in-lab');

const totals = { passed: 0, failed: 0, skipped: 0 };
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
  const results = takeResults(resultsFile);
  if (results === undefined) {
    totals.failed += 1;
    return `ended with exit code ${code} before there were results`;
  }
  // A file that could not even be loaded holds an unknown number of tests: it counts as one that failed.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  totals.passed += results.numPassedTests;
  totals.failed += failed;
  totals.skipped += skipped;
  for (const name of skippedNames(results)) console.log(`skipped: ${name}`);
  if (failed > 0) return `${failed} failed`;
  if (results.numPassedTests === 0) return 'ran no test';
  return code === 0 ? undefined : `failed with exit code ${code}`;
}

function takeResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // jest ended before it wrote them; the caller says so
  } finally {
    rmSync(file, { force: true });
  }
}

function skippedNames(results) {
  const tests = results.testResults.flatMap((file) => file.assertionResults);
  return tests.filter(({ status }) => status === 'pending' || status === 'todo').map(({ fullName }) => fullName);
}

const ready = await stage('set-up and build', () => node(join(root, 'scripts', 'setup.mjs'), 'test'));
if (ready) {
  await stage('check', () => node(join(root, 'scripts', 'check.mjs')));
  await stage('unit', () => jest('unit', [], []));
  // One at a time: the tests measure milliseconds, and two labs on two cores would measure each other.
  await stage('e2e', () => jest('e2e', [process.execPath, IN_LAB], ['--runInBand']));
}
if (failedStages.length > 0) console.error(`\nfailed: ${failedStages.join(', ')}`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = failedStages.length > 0 ? 1 : 0;

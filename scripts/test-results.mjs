// Reads jest's own results: how many tests there were and what is wrong with a run. Pure; knows nothing of stages.

/** What one jest run amounts to.
 *  @param {object | undefined} results what `--json` wrote; undefined when jest ended before it wrote anything
 *  @returns {{ passed: number, failed: number, skipped: string[], problem: string | undefined }} skipped: full names */
export function judgeResults(results) {
  if (results === undefined) return { passed: 0, failed: 1, skipped: [], problem: 'ended before there were results' };
  const tests = results.testResults.flatMap((file) => file.assertionResults);
  const count = (status) => tests.filter((test) => test.status === status).length;
  const skipped = tests.filter(({ status }) => ['pending', 'todo'].includes(status)).map(({ fullName }) => fullName);
  // A file that failed without a failed test (it did not load, or not end) counts as one: its tests are not known.
  const failed = results.testResults.reduce((sum, { status, assertionResults }) =>
    sum + Math.max(status === 'failed' ? 1 : 0, assertionResults.filter((test) => test.status === 'failed').length), 0);
  const passed = count('passed');
  return { passed, failed, skipped, problem: problemOf(passed, failed, results.success) };
}

function problemOf(passed, failed, success) {
  if (failed > 0) return `${failed} failed`;
  if (passed === 0) return 'ran no test';
  return success ? undefined : 'failed although no test did';
}

/** What a stage adds to the sum: a stage that failed is never without a failure in it.
 *  @param {{ passed: number, failed: number, skipped: string[] } | undefined} judgement of its tests, if it has any
 *  @param {boolean} ok */
export function countStage(judgement, ok) {
  const { passed, failed, skipped } = judgement ?? { passed: 0, failed: 0, skipped: [] };
  return { passed, failed: ok ? failed : Math.max(failed, 1), skipped };
}

/** The last line of `npm test`.
 *  @param {{ passed: number, failed: number, skipped: string[] }[]} runs */
export function summaryLine(runs) {
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const skipped = sum(runs.map((run) => run.skipped.length));
  const line = `${sum(runs.map((run) => run.passed))} passed, ${sum(runs.map((run) => run.failed))} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

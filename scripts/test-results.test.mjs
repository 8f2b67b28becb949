import { describe, expect, test } from '@jest/globals';
import { judgeResults, summaryLine } from './test-results.mjs';

const results = (statuses, more = {}) => ({
  success: !statuses.includes('failed'),
  numRuntimeErrorTestSuites: 0,
  testResults: [{ assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index}` })) }],
  ...more,
});

describe('what a test run amounts to', () => {
  test('all passed is no problem', () => {
    const judged = judgeResults(results(['passed', 'passed']));
    expect(judged).toEqual({ passed: 2, failed: 0, skipped: [], problem: undefined });
  });

  test('a failed test is one', () => {
    expect(judgeResults(results(['passed', 'failed']))).toMatchObject({ passed: 1, failed: 1, problem: '1 failed' });
  });

  test('a file that does not load counts as a failed test', () => {
    const judged = judgeResults(results(['passed'], { numRuntimeErrorTestSuites: 1, success: false }));
    expect(judged).toMatchObject({ passed: 1, failed: 1, problem: '1 failed' });
  });

  test('skipped tests are named and do not count as passed', () => {
    const judged = judgeResults(results(['pending', 'todo']));
    expect(judged).toEqual({ passed: 0, failed: 0, skipped: ['test 0', 'test 1'], problem: 'ran no test' });
  });

  test('a run without a test is a failure', () => {
    expect(judgeResults(results([])).problem).toBe('ran no test');
  });

  test('a run that failed for another reason is a failure', () => {
    expect(judgeResults(results(['passed'], { success: false })).problem).toBe('failed although no test did');
  });

  test('a run that wrote no results counts as a failed test', () => {
    expect(judgeResults(undefined)).toMatchObject({ failed: 1, problem: 'ended before there were results' });
  });

  test('the last line is the sum, with skipped tests only where there are any', () => {
    const mixed = [judgeResults(results(['passed'])), judgeResults(results(['passed', 'failed']))];
    expect(summaryLine(mixed)).toBe('2 passed, 1 failed');
    expect(summaryLine([judgeResults(results(['passed', 'pending']))])).toBe('1 passed, 0 failed, 1 skipped');
    expect(summaryLine([])).toBe('0 passed, 0 failed');
  });
});

import { describe, expect, test } from '@jest/globals';
import { countStage, judgeResults, summaryLine } from './test-results.mjs';

const results = (statuses, more = {}) => ({
  success: !statuses.includes('failed'),
  testResults: [file(statuses.includes('failed') ? 'failed' : 'passed', statuses)],
  ...more,
});
const file = (status, statuses) =>
  ({ status, assertionResults: statuses.map((each, index) => ({ status: each, fullName: `test ${index}` })) });

describe('what a test run amounts to', () => {
  test('all passed is no problem', () => {
    const judged = judgeResults(results(['passed', 'passed']));
    expect(judged).toEqual({ passed: 2, failed: 0, skipped: [], problem: undefined });
  });

  test('a failed test is one', () => {
    expect(judgeResults(results(['passed', 'failed']))).toMatchObject({ passed: 1, failed: 1, problem: '1 failed' });
  });

  test('a file that does not load, or fails after its tests, counts as a failed test', () => {
    const testResults = [file('passed', ['passed']), file('failed', []), file('failed', ['passed', 'passed'])];
    const judged = judgeResults(results([], { testResults, success: false }));
    expect(judged).toMatchObject({ passed: 3, failed: 2, problem: '2 failed' });
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

  test('a stage that failed without a failed test counts as one', () => {
    expect(countStage(undefined, true)).toEqual({ passed: 0, failed: 0, skipped: [] });
    expect(countStage(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: [] });
    const passed = judgeResults(results(['passed']));
    expect(countStage(passed, true)).toMatchObject({ passed: 1, failed: 0 });
    expect(countStage(passed, false)).toMatchObject({ passed: 1, failed: 1 });
    expect(countStage(judgeResults(results(['failed', 'failed'])), false)).toMatchObject({ failed: 2 });
  });

  test('the last line is the sum, with skipped tests only where there are any', () => {
    const mixed = [judgeResults(results(['passed'])), judgeResults(results(['passed', 'failed']))];
    expect(summaryLine(mixed)).toBe('2 passed, 1 failed');
    expect(summaryLine([judgeResults(results(['passed', 'pending']))])).toBe('1 passed, 0 failed, 1 skipped');
    expect(summaryLine([])).toBe('0 passed, 0 failed');
  });
});

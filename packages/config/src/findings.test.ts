import { describe, expect, test } from '@jest/globals';
import { Findings, formatFinding, MAX_FINDINGS, quote, WHOLE_FILE } from './findings.js';

describe('findings', () => {
  test('come in the order of the file, whatever the order of the checks', () => {
    const findings = new Findings('a.yaml');
    findings.error('b', { line: 7, column: 3, key: 'x' }, 'second');
    findings.warning('c', { line: 7, column: 11, key: 'y' }, 'third');
    findings.error('a', { line: 2, column: 9, key: 'z' }, 'first');
    expect(findings.inFileOrder().map((finding) => finding.message)).toEqual(['first', 'second', 'third']);
  });

  test('only errors make a file unusable', () => {
    const findings = new Findings('a.yaml');
    findings.warning('w', WHOLE_FILE, 'doubtful');
    expect(findings.hasErrors()).toBe(false);
    findings.error('e', WHOLE_FILE, 'wrong');
    expect(findings.hasErrors()).toBe(true);
  });

  test('beyond the limit they are counted, and an error among them still counts as one', () => {
    const findings = new Findings('a.yaml');
    for (let line = 1; line <= MAX_FINDINGS; line += 1) findings.warning('w', { line, column: 1, key: '' }, 'doubtful');
    findings.error('e', { line: 1, column: 1, key: '' }, 'wrong');
    findings.warning('w', { line: 1, column: 1, key: '' }, 'doubtful');
    expect(findings.hasErrors()).toBe(true);
    expect(findings.inFileOrder()).toHaveLength(MAX_FINDINGS + 1);
    expect(findings.inFileOrder().at(-1)).toEqual({
      severity: 'error', code: 'too-many-findings', file: 'a.yaml', line: 1, column: 1, key: '',
      message: '2 more findings are not shown; correct these first',
    });
  });
});

describe('the line of a finding', () => {
  test('names file, line, column, severity and key', () => {
    const at = { line: 7, column: 11 };
    const finding = { severity: 'error', code: 'out-of-range', file: 'a.yaml', ...at, key: 'log.level',
      message: 'wrong' } as const;
    expect(formatFinding(finding)).toBe('a.yaml:7:11: error: log.level: wrong');
    expect(formatFinding({ ...finding, severity: 'warning', key: '' })).toBe('a.yaml:7:11: warning: wrong');
  });

  test('cannot carry control characters of the file to a terminal', () => {
    const finding = { severity: 'error', code: 'x', file: 'a\n.yaml', line: 1, column: 1, key: 'k\u001B[2J',
      message: 'm\u202E' } as const;
    expect(formatFinding(finding)).toBe('a\\u{a}.yaml:1:1: error: k\\u{1b}[2J: m\\u{202e}');
  });

  test('quotes at most 60 characters of the file', () => {
    expect(quote('x'.repeat(60))).toBe(`'${'x'.repeat(60)}'`);
    expect(quote('x'.repeat(61))).toBe(`'${'x'.repeat(57)}...'`);
  });
});

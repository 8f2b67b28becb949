import { describe, expect, test } from '@jest/globals';
import { Findings, formatFinding } from './findings.js';
import { MAX_VALUES, readSource } from './source.js';
import type { SourceNode } from './source.js';

function read(text: string): { tree: SourceNode | undefined; findings: readonly string[] } {
  const findings = new Findings('f');
  const tree = readSource(text, findings);
  return { tree, findings: findings.inFileOrder().map(formatFinding) };
}

describe('the tree of a file', () => {
  test('knows the line and column of every key and value', () => {
    expect(read('# comment\na:\n  b: [x, 0x10]\n')).toEqual({
      findings: [],
      tree: {
        kind: 'map', at: { line: 2, column: 1 },
        entries: [{
          key: 'a', keyAt: { line: 2, column: 1 },
          value: {
            kind: 'map', at: { line: 3, column: 3 },
            entries: [{
              key: 'b', keyAt: { line: 3, column: 3 },
              value: {
                kind: 'list', at: { line: 3, column: 6 },
                items: [
                  { kind: 'scalar', value: 'x', text: 'x', at: { line: 3, column: 7 } },
                  { kind: 'scalar', value: 16, text: '0x10', at: { line: 3, column: 10 } },
                ],
              },
            }],
          },
        }],
      },
    });
  });

  test('places an empty value at its key', () => {
    expect(read('a:\n  b:\n')).toMatchObject({
      tree: { entries: [{ value: { entries: [{ key: 'b', value: { value: null, at: { line: 2, column: 3 } } }] } }] },
    });
  });

  test('keeps __proto__ and constructor as text', () => {
    const { tree } = read('__proto__: {polluted: true}\nconstructor: 1\n');
    expect(tree).toMatchObject({ entries: [{ key: '__proto__' }, { key: 'constructor' }] });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('shows a number as key the way it is spelled', () => {
    expect(read('0x10: a\n')).toMatchObject({ tree: { entries: [{ key: '0x10' }] } });
  });

  test('an alias stands for its anchor, each time', () => {
    const item = { kind: 'scalar', value: 1 };
    expect(read('a: &x [1]\nb: *x\nc: *x\n')).toMatchObject({
      findings: [],
        tree: { entries: [{ value: { items: [item] } }, { value: { items: [item] } }, { value: { items: [item] } }] },
    });
  });

  test('an alias means the last anchor of its name before it', () => {
    expect(read('a: &x 1\nb: &x 2\nc: *x\n')).toMatchObject({ tree: { entries: [{}, {}, { value: { value: 2 } }] } });
  });
});

describe('a file is refused with its line and column', () => {
  test.each([
    ['when it is empty', '', 'f:1:1: error: the file holds no configuration'],
    ['when it holds only comments', '# nothing\n', 'f:1:1: error: the file holds no configuration'],
    ['when it is not YAML', 'a: [1\n', /^f:2:1: error: this is not YAML: /],
    ['when a tab indents', 'a:\n\tb: 1\n', /^f:2:1: error: this is not YAML: /],
    ['when it holds two documents', 'a: 1\n---\nb: 2\n',
      'f:2:1: error: a second document begins here; a configuration is a single one'],
    ['when a key is given twice', 'a:\n  b: 1\n  c: 2\n  b: 3\n',
      'f:4:3: error: a.b: this key was already given in line 2'],
    ['when a key is given twice in two spellings', 'a: 1\n"a": 2\n',
      'f:2:1: error: a: this key was already given in line 1'],
    ['when a key is a list', '? [a]\n: 1\n', 'f:1:3: error: a key must be plain text'],
    ['when an alias has no anchor', 'a: *x\n', "f:1:4: error: a: no anchor 'x' stands before this alias"],
    ['when an alias holds itself', 'a: &x [*x]\n', "f:1:8: error: a[0]: no anchor 'x' stands before this alias"],
    ['when a tag is unknown', 'a: !secret b\n', "f:1:12: error: a: the tag '!secret' has no meaning here"],
    ['when a value is binary', 'a: !!binary aGk=\n',
      'f:1:13: error: a: binary and other tagged values have no meaning here'],
  ])('%s', (_, text, expected) => {
    const { findings } = read(text);
    expect(findings[0]).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test('when it is nested too deeply, near or far from the limit', () => {
    const deep = (levels: number): string => `a: ${'['.repeat(levels)}${']'.repeat(levels)}\n`;
    expect(read(deep(31)).findings).toEqual([]);
    expect(read(deep(33)).findings).toEqual([expect.stringContaining('nested deeper than 32 levels')]);
    expect(read(deep(100_000)).findings).toEqual([expect.stringContaining('nested deeper than 32 levels')]);
  });

  test('when aliases multiply: a bomb of a kilobyte ends after its hundred thousandth value', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const inside = level === 0 ? 'x' : `*a${String(level - 1)}`;
      return `a${String(level)}: &a${String(level)} [${Array<string>(9).fill(inside).join(', ')}]`;
    });
    expect(read(levels.join('\n')).findings).toEqual([
      expect.stringContaining(`more than ${String(MAX_VALUES)} values, aliases expanded`),
    ]);
  });

  test('with at most ten complaints about its syntax', () => {
    const { findings } = read('a: "\\q"\n'.repeat(50));
    expect(findings.length).toBeGreaterThan(1);
    expect(findings.length).toBeLessThanOrEqual(10);
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root } from './setup/run.mjs';
import { generatedDocuments } from './tidy/documents.mjs';
import {
  badDoors, badNames, brokenRequirements, filesWithoutHead, leftovers, loggingBelow, unusedStatistics,
} from './tidy/rules.mjs';
import { conformanceCases } from './tidy/conformance.mjs';
import { protocolPage, untestedCases } from './tidy/protocol.mjs';
import { filesBelow, textOf } from './tidy/sources.mjs';
import { readStatistics } from './tidy/vocabularies.mjs';
import jestConfiguration from '../jest.config.mjs';

const read = (paths) => paths.map((path) => ({ path, text: textOf(path) }));
const sources = read([...filesBelow('packages', /\/src\/.*\.ts$/u), ...filesBelow('e2e', /\.ts$/u)]);
const scripts = read(filesBelow('scripts', /\.mjs$/u));
const documents = read([...filesBelow('docs', /\.md$/u), ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']]);

const packages = readdirSync(join(root, 'packages')).map((directory) => {
  const { exports = {} } = JSON.parse(textOf(join('packages', directory, 'package.json')));
  const source = (target) => target.default.replace('./dist/', 'src/').replace(/\.js$/u, '.ts');
  return { directory, exports: Object.values(exports).map((target) => join('packages', directory, source(target))) };
});

describe('the tree is tidy', () => {
  test('the cache of the tests lies in the checkout, not where another user left one', () => {
    const { projects } = jestConfiguration;
    expect(projects.map(({ cacheDirectory }) => cacheDirectory)).toEqual(projects.map(() => '<rootDir>/.setup/jest'));
  });

  test('every source file says at its head what it decides', () => {
    expect(filesWithoutHead([...sources, ...scripts])).toEqual([]);
  });

  test('every file is named after a noun of the domain', () => {
    expect(badNames([...sources, ...scripts])).toEqual([]);
  });

  test('nothing is left for later, and nothing names a machine', () => {
    expect(leftovers([...sources, ...scripts, ...documents])).toEqual([]);
  });

  test('every door is exported, and no other directory has an index', () => {
    expect(badDoors(sources, packages)).toEqual([]);
  });

  test('every statistic is counted somewhere and tested somewhere', () => {
    expect(readStatistics().length).toBeGreaterThan(0);
    expect(unusedStatistics(sources, readStatistics().map(({ name }) => name))).toEqual([]);
  });

  test('every requirement has a test and a line in the protocol page', () => {
    const protocol = existsSync(join(root, 'docs/protocol.md')) ? textOf('docs/protocol.md') : '';
    expect(brokenRequirements(sources, protocol)).toEqual([]);
  });

  test('the protocol page is what template and source say (npm run docs)', () => {
    expect(textOf('docs/protocol.md')).toBe(protocolPage());
  });

  test('every conformance case has a test that is named after it, or a reason why not', () => {
    expect(conformanceCases()).toHaveLength(168);
    expect(untestedCases()).toEqual([]);
  });

  test('the lower floors do not log', () => {
    expect(loggingBelow(sources)).toEqual([]);
  });

  test.each([...generatedDocuments()])('docs/generated/%s is what the source says (npm run docs)', (name, content) => {
    expect(textOf(join('docs/generated', name))).toBe(content);
  });

  test('every word of a vocabulary says what it means', () => {
    const silent = [...generatedDocuments()].flatMap(([name, text]) => text.split('\n')
      .filter((line) => /^\| `.*\|\s*\|$/u.test(line)).map((line) => `${name}: ${line}`));
    expect(silent).toEqual([]);
  });

  test('a package that does not declare another one cannot import it', () => {
    expect(resolveFrom('packages/vrrp', '@baton/base')).toBe('resolved');
    expect(resolveFrom('packages/base', '@baton/vrrp')).toBe('ERR_MODULE_NOT_FOUND');
  });
});

/** What Node itself, without jest's mapping, makes of an import in a directory. */
function resolveFrom(directory, name) {
  const program = `import('${name}').then(() => 'resolved', (error) => error.code).then((word) => console.log(word))`;
  return spawnSync(process.execPath, ['-e', program], { cwd: join(root, directory), encoding: 'utf8' }).stdout.trim();
}

describe('the rules see what they are for', () => {
  const file = (path, text) => [{ path, text }];

  test('a missing or endless head', () => {
    expect(filesWithoutHead(file('a.ts', 'export const a = 1;'))).toHaveLength(1);
    expect(filesWithoutHead(file('a.ts', `${'// more\n'.repeat(7)}export const a = 1;`))).toHaveLength(1);
    expect(filesWithoutHead(file('a.ts', '// Decides a.\nexport const a = 1;'))).toEqual([]);
  });

  test('a vague or badly written name', () => {
    expect(badNames(file('packages/net/src/utils.ts', ''))).toHaveLength(1);
    expect(badNames(file('packages/net/src/rawSocket.ts', ''))).toHaveLength(1);
    expect(badNames(file('packages/net/src/raw-socket-driver.live.test.ts', ''))).toEqual([]);
  });

  test('something left for later', () => {
    expect(leftovers(file('a.ts', `// TO${'DO'}: the rest`))).toHaveLength(1);
  });

  test('an index that is no door, a door that is not there, a door without its parts', () => {
    const index = 'packages/net/src/index.ts';
    expect(badDoors(file(index, '// --- for users ---'), [])).toHaveLength(1);
    expect(badDoors([], [{ directory: 'net', exports: [index] }])).toHaveLength(1);
    expect(badDoors(file(index, 'export {};'), [{ directory: 'net', exports: [index] }])).toHaveLength(1);
    expect(badDoors(file(index, '// --- for users ---'), [{ directory: 'net', exports: [index] }])).toEqual([]);
  });

  test('a statistic nobody counts or tests', () => {
    const table = { path: 'packages/vrrp/src/statistics.ts', text: "{ name: 'adverts_sent' }" };
    const counter = { path: 'packages/vrrp/src/virtual-router.ts', text: 'statistics.adverts_sent += 1;' };
    const proof = { path: 'packages/vrrp/src/virtual-router.test.ts', text: 'expect(statistics.adverts_sent).toBe(1)' };
    expect(unusedStatistics([table], ['adverts_sent'])).toHaveLength(2);
    expect(unusedStatistics([table, counter], ['adverts_sent'])).toHaveLength(1);
    expect(unusedStatistics([table, counter, proof], ['adverts_sent'])).toEqual([]);
  });

  test('a requirement without a test, or without its line', () => {
    const id = '[RFC9568-6.4.2-7]';
    const code = { path: 'packages/vrrp/src/a.ts', text: `// ${id}` };
    const proof = { path: 'packages/vrrp/src/a.test.ts', text: `test('it holds ${id}')` };
    expect(brokenRequirements([code], id)).toHaveLength(2);
    expect(brokenRequirements([code, proof], '')).toHaveLength(1);
    expect(brokenRequirements([code, proof], id)).toEqual([]);
  });

  test('a log call on a low floor', () => {
    expect(loggingBelow(file('packages/net/src/a.ts', "console.error('x')"))).toHaveLength(1);
    expect(loggingBelow(file('packages/cli/src/a.ts', "console.error('x')"))).toEqual([]);
  });
});

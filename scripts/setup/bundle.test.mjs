import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root } from './run.mjs';

const PROGRAMS = join(root, 'packages', 'cli', 'dist', 'programs');

function textOf(program) {
  return readFileSync(join(PROGRAMS, `${program}.cjs`), 'utf8');
}

/** Whose modules lie in a program, by the comment that the bundler leaves above each. */
function contentsOf(program) {
  const modules = [...textOf(program).matchAll(/^\/\/ (\S+\.[cm]?js)$/gmu)].map(([, path]) => path);
  return [...new Set(modules.map((path) => /^\.\.\/([a-z-]+)\/dist\//u.exec(path)?.[1] ?? path))].sort();
}

describe('the bundled programs', () => {
  test('the engine holds nothing that it does not need', () => {
    expect(contentsOf('engine')).toEqual([
      'base', 'dist/lost-output.js', 'dist/run-arguments.js', 'dist/run.js', 'engine', 'linux', 'net', 'vrrp',
    ]);
  });

  test.each(['engine', 'agent', 'observer'])('the native library of the %s is loaded where it is installed', (name) => {
    expect(textOf(name)).toContain('"../../../linux/dist/syscalls.js")).href)("koffi")');
  });
});

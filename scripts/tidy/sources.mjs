// Finds the files of the project that its rules apply to, and parses them. Knows no rule.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { root } from '../setup/run.mjs';

const SKIPPED = new Set(['node_modules', 'dist', 'results', '.git', '.setup', 'coverage']);

/** Every file below a directory of the checkout whose path matches, sorted, as paths from the root of the checkout.
 *  @param {string} directory from the root; one that does not exist holds no files
 *  @param {RegExp} pattern */
export function filesBelow(directory, pattern) {
  return list(join(root, directory)).map((path) => relative(root, path)).filter((path) => pattern.test(path)).sort();
}

function list(directory) {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries.filter(({ name }) => !SKIPPED.has(name)).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? list(path) : [path];
  });
}

/** The text of a file of the checkout. */
export function textOf(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** The syntax tree of a TypeScript file of the checkout, with parents. */
export function parse(file) {
  return ts.createSourceFile(file, textOf(file), ts.ScriptTarget.ES2023, true);
}

/** Name of the package a path belongs to: `vrrp` for packages/vrrp/src/x.ts, `e2e` for the rest. */
export function packageOf(file) {
  return /^packages\/([^/]+)\//u.exec(file)?.[1] ?? 'e2e';
}

// Compiles all packages when a source or an output changed since the last build. Deciding that here costs milliseconds;
// starting the compiler only to learn that there is nothing to do costs more than the rest of the set-up.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, run, SetupError } from './run.mjs';

const STAMP = join(root, '.setup', 'build');

/** Brings every dist directory up to date.
 *  @throws {SetupError} when the compiler finds an error (it has then said which) */
export async function buildPackages() {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === signature()) return;
  const { code } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  if (code !== 0) throw new SetupError('the build failed');
  writeFileSync(STAMP, signature());
}

/** One hash over name, size and time of every source and every output. */
function signature() {
  const hash = createHash('sha256');
  for (const file of ['tsconfig.base.json', 'tsconfig.json', 'packages', 'e2e']) add(hash, join(root, file));
  return hash.digest('hex');
}

function add(hash, path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    hash.update(`${relative(root, path)} ${stat.size} ${stat.mtimeMs}\n`);
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (name !== 'node_modules' && name !== 'results') add(hash, join(path, name));
  }
}

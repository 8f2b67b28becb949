// Compiles all packages and bundles the programs when a source or an output changed since the last build. Deciding that
// here costs milliseconds; starting the compiler only to learn that there is nothing to do costs more than the rest of
// the set-up.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundlePrograms } from './bundle.mjs';
import { root, run, SetupError } from './run.mjs';

const STAMP = join(root, '.setup', 'build');
const BUILT_FROM = [
  'tsconfig.base.json', 'tsconfig.json', 'pnpm-lock.yaml', 'scripts/setup/bundle.mjs', 'packages', 'e2e',
];
/** Neither source nor output of the compiler. */
const ASIDE = new Set(['node_modules', 'results']);

/** Brings every dist directory up to date.
 *  @throws {SetupError} when the compiler or the bundler finds an error (it has then said which) */
export async function buildPackages() {
  const { sources, outputs } = fingerprints();
  const [builtSources, builtOutputs] = existsSync(STAMP) ? readFileSync(STAMP, 'utf8').split(' ') : [];
  if (sources === builtSources && outputs === builtOutputs) return;
  // The compiler itself does not miss an output that was deleted.
  const options = sources === builtSources ? ['--force'] : [];
  const { code } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...options]);
  if (code !== 0) throw new SetupError('the build failed');
  await bundlePrograms();
  // The sources of before: one that was edited meanwhile has not been compiled and must not count as built.
  writeFileSync(STAMP, `${sources} ${fingerprints().outputs}`);
}

/** One hash over name, size and time of every source, and one over the names of all outputs. */
function fingerprints() {
  const sources = createHash('sha256');
  const outputs = createHash('sha256');
  const add = (path, isOutput) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort()) {
        if (!ASIDE.has(name)) add(join(path, name), isOutput || name === 'dist');
      }
    } else if (isOutput || path.endsWith('.tsbuildinfo')) {
      outputs.update(`${relative(root, path)}\n`);
    } else {
      sources.update(`${relative(root, path)} ${stat.size} ${stat.mtimeMs}\n`);
    }
  };
  for (const path of BUILT_FROM) add(join(root, path), false);
  return { sources: sources.digest('hex'), outputs: outputs.digest('hex') };
}

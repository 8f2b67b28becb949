// Makes each program of Baton one file: loading one script takes less memory and time than a hundred modules
// (docs/decisions/0015). Works on what the compiler wrote. In the bundle every module still knows its own place:
// `import.meta.url` is that of the compiled file, and a native package is loaded from where the importing package has
// it installed, which under pnpm is nowhere else.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { root, SetupError } from './run.mjs';

const CLI = join(root, 'packages', 'cli');
/** Where `baton` and the engine look for them. */
const PROGRAMS = join(CLI, 'dist', 'programs');
/** When the programs were made, and of which files, relative to CLI. Written last. */
const INPUTS = join(PROGRAMS, 'inputs.json');
/** How far the time of a file may lag behind the clock. */
const CLOCK_GRAIN_MS = 10;
/** Program → its first module, resolved as the command line package sees it. */
const ENTRIES = {
  engine: './dist/run.js',
  agent: '@baton/agent/main',
  observer: '@baton/net/linux/observer-main',
  command: './dist/main.js',
};
/** Shared libraries come with these: they stay outside. Packages that may be missing are loaded with createRequire and
 *  never seen here. */
const NATIVE = /^koffi$/;

/** Writes all programs. Each appears whole or not at all: another process may start it meanwhile.
 *  @throws {SetupError} when a module cannot be resolved or read; esbuild has then said which */
export async function bundlePrograms() {
  const startedAtMs = Date.now();
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: CLI, entryPoints: ENTRIES, outdir: PROGRAMS, outExtension: { '.js': '.cjs' }, write: false,
    bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'warning', metafile: true,
    plugins: [{ name: 'own-place', setup: keepPlaces }],
  }).catch((cause) => { throw new SetupError('the programs could not be bundled', { cause }); });
  mkdirSync(PROGRAMS, { recursive: true });
  for (const { path, contents } of outputFiles) writeWhole(path, contents);
  const inputs = Object.keys(metafile.inputs).filter((path) => !path.startsWith('native:'));
  writeWhole(INPUTS, JSON.stringify({ startedAtMs, inputs }));
}

/** Writes the programs when the compiler has written a part of them since: tests must never run yesterday's. */
export async function refreshPrograms() {
  if (existsSync(INPUTS)) {
    const { startedAtMs, inputs } = JSON.parse(readFileSync(INPUTS, 'utf8'));
    const isOlder = (path) => existsSync(path) && statSync(path).mtimeMs < startedAtMs - CLOCK_GRAIN_MS;
    if (inputs.map((path) => join(CLI, path)).every(isOlder)) return;
  }
  await bundlePrograms();
}

function writeWhole(path, contents) {
  const draft = join(PROGRAMS, `.${basename(path)}.${process.pid}`);
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** @param {import('esbuild').PluginBuild} build */
function keepPlaces(build) {
  build.onLoad({ filter: /\/packages\/[^/]+\/dist\/.*\.js$/ }, ({ path }) => {
    return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', urlOf(path)), loader: 'js' };
  });
  build.onResolve({ filter: NATIVE }, ({ path, importer }) => {
    return { path, namespace: 'native', pluginData: importer };
  });
  build.onLoad({ filter: NATIVE, namespace: 'native' }, ({ path, pluginData }) => {
    return { contents: `module.exports = require('node:module').createRequire(${urlOf(pluginData)})('${path}');` };
  });
}

/** An expression that gives, in a bundle, the URL of a compiled file. */
function urlOf(path) {
  const fromPrograms = JSON.stringify(relative(PROGRAMS, path));
  return `require('node:url').pathToFileURL(require('node:path').join(__dirname, ${fromPrograms})).href`;
}

// Brings pnpm at the pinned version, the npm dependencies of the lockfile and, where a compiler is found, the two
// native packages. Knows nothing of registries: npm's and pnpm's own configuration says where packages come from.
import { createHash } from 'node:crypto';
import {
  existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findProgram, root, run, SetupError } from './run.mjs';

/** Kept inside node_modules, so that it goes when node_modules goes. */
const STAMP = join(root, 'node_modules', '.baton-setup.json');

const NATIVES = [
  { name: 'raw-socket', built: 'build/Release/raw.node', header: undefined },
  { name: 'cap', built: 'build/Release/cap.node', header: '/usr/include/pcap/pcap.h' },
];

/** Installs what the lockfile says when it, the manifests, Node or the machine changed since the last time.
 *  @throws {SetupError} when pnpm cannot be had or refuses */
export async function ensureDependencies() {
  const before = readStamp();
  const wanted = signature();
  if (before?.signature !== wanted) {
    const pnpm = await ensurePnpm();
    console.log('setup: installing npm dependencies');
    // Without scripts: the natives are built below, where a missing compiler is a sentence and not a page of errors.
    const args = ['install', '--frozen-lockfile', '--ignore-scripts', '--reporter=append-only'];
    const { code, output } = await run(process.execPath, [join(pnpm, 'bin', 'pnpm.cjs'), ...args], { capture: true });
    if (code !== 0) {
      throw new SetupError(`pnpm install failed:\n${output}\n`
        + 'After changing a package.json, refresh the lockfile first:\n'
        + `  node ${join(pnpm, 'bin', 'pnpm.cjs')} install --lockfile-only`);
    }
  }
  const natives = await buildNatives(before);
  if (before?.signature !== wanted || before.natives !== natives) {
    writeFileSync(STAMP, `${JSON.stringify({ signature: wanted, abi: process.versions.modules, natives })}\n`);
  }
}

/** @returns {{ signature: string, abi: string, natives: string } | undefined} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return undefined; // never installed, or the file was cut off: both mean that it has to be done
  }
}

/** One hash over everything that decides what node_modules holds. */
function signature() {
  const hash = createHash('sha256').update([process.versions.modules, process.arch, process.platform].join(' '));
  const packages = readdirSync(join(root, 'packages')).sort().map((name) => join('packages', name, 'package.json'));
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'e2e/package.json', ...packages]) {
    if (existsSync(join(root, file))) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Directory of pnpm at the version that package.json pins; installed into .setup on first use. */
async function ensurePnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const home = join(root, '.setup', packageManager);
  const pnpm = join(home, 'node_modules', 'pnpm');
  if (existsSync(pnpm)) return pnpm;
  console.log(`setup: installing ${packageManager} into .setup`);
  mkdirSync(dirname(home), { recursive: true });
  // Installed beside its place and renamed: a directory with the right name is always a complete one.
  const draft = mkdtempSync(`${home}-`);
  writeFileSync(join(draft, 'package.json'), '{"private":true}\n');
  const options = ['--prefix', draft, '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, output } = await runNpm(['install', ...options, '--loglevel=error', packageManager], draft);
  if (code !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new SetupError(`npm could not install ${packageManager}:\n${output}`);
  }
  renameSync(draft, home);
  return pnpm;
}

/** The npm that runs us, or else the one in the path. */
function runNpm(args, cwd) {
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js'
    ? run(process.execPath, [running, ...args], { capture: true, cwd })
    : run('npm', args, { capture: true, cwd });
}

/** Builds the native packages that are missing or belong to another Node, if this machine can. Failing is not fatal.
 *  @returns {Promise<string>} what was tried with what: the same string next time means that there is nothing new to
 *    try */
async function buildNatives(before) {
  const otherNode = before !== undefined && before.abi !== process.versions.modules;
  const wanted = NATIVES.filter((native) => otherNode || !isBuilt(native));
  const headers = nodeHeaders();
  const tools = headers !== undefined && ['g++', 'make', 'python3'].every((tool) => findProgram(tool) !== undefined);
  const able = tools ? wanted.filter(({ header }) => header === undefined || existsSync(header)) : [];
  const names = (natives) => natives.map(({ name }) => name).join(', ');
  const attempt = `${process.versions.modules}: wanted ${names(wanted)}; able ${names(able)}`;
  if (wanted.length === 0) return 'built';
  if (before?.natives === attempt) return attempt;
  for (const native of able) await buildNative(native, headers);
  const left = wanted.filter((native) => !able.includes(native));
  if (left.length > 0) {
    console.log(`setup: not built: ${names(left)} (needs g++, make, python3, libpcap-dev and Node's headers); `
      + 'Baton sends and receives through koffi instead and runs without the packet observer');
  }
  return NATIVES.every(isBuilt) ? 'built' : attempt;
}

/** pnpm rebuild passes over a package that has a binding.gyp and no install script, so node-gyp is called directly:
 *  pnpm's own copy. */
async function buildNative(native, headers) {
  console.log(`setup: building ${native.name}`);
  const nodeGyp = join(await ensurePnpm(), 'dist', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const args = [nodeGyp, 'rebuild', '--nodedir', headers];
  const { code, output } = await run(process.execPath, args, { cwd: home(native), capture: true });
  if (code !== 0) console.error(`${output}\nsetup: ${native.name} did not build; Baton goes on without it`);
}

function isBuilt(native) {
  return existsSync(join(home(native), native.built));
}

function home({ name }) {
  return join(root, 'packages', 'net', 'node_modules', name);
}

/** Prefix that holds include/node of this very Node, so that nothing has to be downloaded; undefined when it ships
 *  none. */
function nodeHeaders() {
  const prefixes = [process.env.npm_config_nodedir ?? '', join(dirname(process.execPath), '..')];
  return prefixes.find((prefix) => prefix !== '' && existsSync(join(prefix, 'include', 'node', 'node.h')));
}

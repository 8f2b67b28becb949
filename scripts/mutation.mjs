// `npm run mutation [file ...]`: breaks the core in every way that Stryker knows, one at a time, and reports what no
// test notices. Stryker is installed for this run only, because it brings more packages than the rest of the project.
// The whole core takes the better part of an hour, so this is run on demand.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './setup/run.mjs';
import jestConfiguration from '../jest.config.mjs';

const VERSION = '9.6.1';
/** What issue and guide ask of the core, per cent. */
const WANTED_SCORE = 90;
const directory = join(root, '.setup', 'mutation');
const report = join(directory, 'report.json');

install();
writeFileSync(join(directory, 'stryker.json'), JSON.stringify(configuration(process.argv.slice(2)), undefined, 2));
const stryker = join(directory, 'node_modules', '.bin', 'stryker');
const { status } = spawnSync(stryker, ['run', join(directory, 'stryker.json')], { cwd: root, stdio: 'inherit' });
process.exitCode = status === 0 ? judge() : status ?? 1;

function install() {
  if (existsSync(join(directory, `installed-${VERSION}`))) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"private": true}\n');
  const packages = ['core', 'jest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`);
  const words = ['install', '--no-audit', '--no-fund', '--save-exact', ...packages];
  const installed = spawnSync('npm', words, { cwd: directory, stdio: 'inherit' });
  if (installed.status !== 0) throw new Error('Stryker cannot be installed: is the package registry reachable?');
  writeFileSync(join(directory, `installed-${VERSION}`), '');
}

function configuration(files) {
  const [{ displayName, globalSetup, rootDir, cacheDirectory, ...unit }] = jestConfiguration.projects;
  return {
    testRunner: 'jest',
    plugins: [join(directory, 'node_modules/@stryker-mutator/jest-runner/dist/src/index.js')],
    jest: {
      projectType: 'custom',
      // The fuzz campaign would be repeated for every mutant, and finds nothing that no other test finds.
      config: {
        ...unit, testMatch: ['<rootDir>/packages/vrrp/src/**/*.test.ts'],
        testPathIgnorePatterns: ['/node_modules/', 'receive-fuzz'],
      },
    },
    mutate: files.length > 0 ? files
      : ['packages/vrrp/src/**/*.ts', '!packages/vrrp/src/**/*.test.ts', '!packages/vrrp/src/**/*fixture*.ts'],
    ignorePatterns: [...otherPackages(), '/e2e', '/docs', '/deploy', '/.setup', '/jest.config.mjs'],
    coverageAnalysis: 'perTest',
    // A message of an assertion is read by people.
    mutator: { excludedMutations: ['StringLiteral'] },
    concurrency: availableParallelism(),
    tempDirName: '.setup/mutation/sandbox',
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: report },
    disableTypeChecks: false,
  };
}

/** What the core's tests do not need. */
function otherPackages() {
  return readdirSync(join(root, 'packages')).filter((name) => !['base', 'vrrp'].includes(name))
    .map((name) => `/packages/${name}`);
}

/** Prints score and survivors.
 *  @returns {number} exit code */
function judge() {
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  const mutants = Object.entries(files).flatMap(([file, { mutants: found }]) =>
    found.map((mutant) => ({ file, ...mutant })));
  const killed = mutants.filter((mutant) => ['Killed', 'Timeout'].includes(mutant.status)).length;
  const left = mutants.filter((mutant) => ['Survived', 'NoCoverage'].includes(mutant.status));
  for (const { file, location, mutatorName, replacement } of left) {
    console.log(`${file}:${location.start.line}:${location.start.column} ${mutatorName}: ${replacement ?? ''}`);
  }
  const score = (100 * killed) / (killed + left.length);
  console.log(`${killed} of ${killed + left.length} mutants found: ${score.toFixed(1)} % (wanted: ${WANTED_SCORE} %)`);
  return score >= WANTED_SCORE ? 0 : 1;
}

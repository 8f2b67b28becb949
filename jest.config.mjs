// Decides how tests are found and loaded: `unit` needs no privileges, `e2e` needs real namespaces (see
// packages/lab/bin/in-lab). Tests run the TypeScript sources: a package's doors are mapped from its "exports" field, so
// a door that is not exported cannot be imported by a test either. Code is turned into CommonJS; workers stay child
// processes, because raw-socket and cap do not load in worker threads.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

/** Every door of every package, for example `^@baton/net/linux$` → `<rootDir>/packages/net/src/linux/index.ts`. */
function doors() {
  const entries = [];
  for (const directory of readdirSync(join(root, 'packages'))) {
    const manifestPath = join(root, 'packages', directory, 'package.json');
    if (!existsSync(manifestPath)) continue;
    const { name, exports = {} } = JSON.parse(readFileSync(manifestPath, 'utf8'));
    for (const [door, target] of Object.entries(exports)) {
      const source = target.default.replace('./dist/', 'src/').replace(/\.js$/u, '.ts');
      entries.push([`^${name}${door.slice(1)}$`, `<rootDir>/packages/${directory}/${source}`]);
    }
  }
  return Object.fromEntries(entries);
}

const swc = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

const shared = {
  rootDir: root,
  cacheDirectory: '<rootDir>/.setup/jest', // a shared one belongs to whoever came first
  testEnvironment: 'node',
  globalSetup: '<rootDir>/scripts/refresh-programs.mjs',
  injectGlobals: false,
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: { ...doors(), '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/', '<rootDir>/e2e/dist/', '<rootDir>/\\.setup/'],
  transform: { '\\.(ts|mjs)$': ['@swc/jest', swc] },
};

export default {
  // For the tests on real kernels; jest does not heed it inside a project.
  testTimeout: 120_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/*/src/**/*.test.ts', '<rootDir>/scripts/**/*.test.mjs'],
      testPathIgnorePatterns: ['/node_modules/', '\\.live\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/e2e/**/*.e2e.ts', '<rootDir>/packages/*/src/**/*.live.test.ts'],
      testPathIgnorePatterns: ['/node_modules/'],
    },
  ],
};

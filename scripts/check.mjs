// Everything about the code that can be judged without running it: types of the tests, lint, floors, dead code.
// All four always run, side by side, and each says what it found. Expects a build: the tests are checked against the
// packages' types.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup/run.mjs';

const sources = [...readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'src')), 'e2e'].filter(
  (path) => existsSync(join(root, path)),
);

/** Name, program inside node_modules, arguments. */
const CHECKS = [
  ['types of the tests', 'typescript/bin/tsc', ['-p', 'tsconfig.tests.json', '--pretty', 'false']],
  ['lint', 'eslint/bin/eslint.js', ['--max-warnings', '0', '.']],
  ['floors', 'dependency-cruiser/bin/dependency-cruise.mjs', ['--config', '.dependency-cruiser.mjs', ...sources]],
  ['dead code', 'knip/bin/knip.js', ['--no-progress', '--no-config-hints']],
];

const results = await Promise.all(CHECKS.map(async ([name, program, args]) => {
  const startedAt = performance.now();
  const path = join(root, 'node_modules', program);
  const { code, output } = await run(process.execPath, [path, ...args], { capture: true });
  return { name, code, output: output.trim(), seconds: (performance.now() - startedAt) / 1000 };
}));

for (const { name, code, output, seconds } of results) {
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
  if (code !== 0) console.log(`${output}\n`);
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

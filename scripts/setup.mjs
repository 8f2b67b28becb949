// Makes this checkout ready for one purpose: `node scripts/setup.mjs demo|test|build`. Says what it does, does nothing
// twice. Decides the order of the steps only; each step lives in ./setup/. Loads nothing before it knows that Node is
// new enough.
import { readFileSync } from 'node:fs';

/** Lowest Node this project runs on, from the "engines" field, as `20.19.0`. */
function requiredNode() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest.engines.node.replace('>=', '');
}

/** True when `version` is not older than `required`; both are dotted numbers. */
function isAtLeast(version, required) {
  const have = version.split('.').map(Number);
  const want = required.split('.').map(Number);
  const first = want.findIndex((part, index) => part !== have[index]);
  return first === -1 || have[first] > want[first];
}

if (isAtLeast(process.versions.node, requiredNode())) {
  const { setUp } = await import('./setup/steps.mjs');
  process.exitCode = await setUp(process.argv[2] ?? '');
} else {
  console.error(`Baton needs Node ${requiredNode()} or newer; this is ${process.versions.node} (${process.execPath}).`);
  process.exitCode = 1;
}

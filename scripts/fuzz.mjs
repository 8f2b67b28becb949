// `npm run fuzz [packets]`: ten million mutated advertisements, or as many as are asked for, through decoding and
// receive checks; a fresh seed each time unless BATON_SEED names one. The same test runs with fewer among the others.
import { spawnSync } from 'node:child_process';
import { root } from './setup/run.mjs';

/** Kinds of session that the test goes through. */
const SESSIONS = 9;

const packets = Number(process.argv[2] ?? 10_000_000);
const seed = process.env.BATON_SEED ?? String(Date.now() % 2 ** 31);
const environment = { BATON_FUZZ_PACKETS: String(Math.ceil(packets / SESSIONS)), BATON_SEED: seed };
const begun = performance.now();
const { status } = spawnSync(process.execPath, [
  'node_modules/jest/bin/jest.js', 'packages/vrrp/src/receive-fuzz', '--selectProjects=unit', '--ci', '-t', 'mutated',
], { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(`${String(packets)} packets in ${seconds} s, seed ${seed}`);
process.exitCode = status ?? 1;

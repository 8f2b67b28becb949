// The watcher's process: reads the local addresses of several namespaces in turn and tells when the set of those that
// hold an address changes. Arguments: ADDRESS NAME:PID…, one process of each namespace. Messages: claims.ts.

import { readFileSync } from 'node:fs';
import { useRealTimeScheduling } from '@baton/linux';
import type { ClaimMessage } from './claims.js';

const INTERVAL_MS = 1;
/** Below Baton's own: a busy machine must not make a moment look long, and the watcher must not make it longer. */
const REAL_TIME_PRIORITY = 1;

const [address = '', ...places] = process.argv.slice(2);
const nodes = places.map((place) => {
  const [name = '', pid = ''] = place.split(':');
  return { name, table: `/proc/${pid}/net/${address.includes(':') ? 'if_inet6' : 'fib_trie'}` };
});
const local = address.includes(':')
  ? new RegExp(`^${ipv6Digits(address)} `, 'mu')
  : new RegExp(`\\|-- ${address.replaceAll('.', '\\.')}\\n\\s+/32 host LOCAL`, 'u');
let told: string | undefined;
let samples = 0;
let lastAtMs = performance.now();
let longestGapMs = 0;

// Where this is not allowed, the longest gap tells how far the times can be believed.
useRealTimeScheduling(REAL_TIME_PRIORITY);
process.on('message', () => {
  // What is reported includes how things are now.
  look();
  answerLab({ type: 'report', samples, longestGapMs });
});
process.on('disconnect', () => {
  process.exit(0);
});
lookAgain();

function lookAgain(): void {
  look();
  setTimeout(lookAgain, INTERVAL_MS);
}

function look(): void {
  const startedAtMs = performance.now();
  longestGapMs = Math.max(longestGapMs, startedAtMs - lastAtMs);
  const first = nodes.filter(holds);
  // The tables are read one after the other, so an address that moves meanwhile is seen twice: only who still holds it
  // counts.
  const holders = (first.length > 1 ? first.filter(holds) : first).map(({ name }) => name);
  samples += 1;
  lastAtMs = startedAtMs;
  if (holders.join() !== told) {
    told = holders.join();
    answerLab({ type: 'changed', change: { atMs: Date.now(), holders } });
  }
}

function holds({ table }: { readonly table: string }): boolean {
  return local.test(readFileSync(table, 'utf8'));
}

/** The 32 hexadecimal digits that if_inet6 writes. */
function ipv6Digits(text: string): string {
  const [head = [], tail = []] = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join('');
}

function answerLab(message: ClaimMessage): void {
  process.send?.(message);
}

// Tells whether a daemon lives although nobody answers at its control socket: the engine holds a lock for as long as it
// runs, and the kernel drops it when it ends. Takes no lock itself: that could keep a starting daemon out.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A lock of flock(2) that is held, in /proc/locks (proc_locks(5)): `1: FLOCK  ADVISORY  WRITE 123 00:1a:42 0 EOF`. */
const HELD = /^\d+: FLOCK +\S+ +WRITE +(\d+) /gmu;

/** The process that runs as the daemon of a runtime directory, or undefined when none does, or none that this process
 *  may see. Never throws. */
export function findDaemonProcess(runtimeDirectory: string): number | undefined {
  const pid = Number.parseInt(readIfPossible(join(runtimeDirectory, 'baton.lock')), 10);
  const holders = [...readIfPossible('/proc/locks').matchAll(HELD)].map((match) => Number(match[1]));
  return holders.includes(pid) ? pid : undefined;
}

/** What cannot be read tells nothing: empty. */
function readIfPossible(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

// Tells one process from every other that has or had the same id: ids come back, also the same one after a restart of a
// container. Reads /proc only.

import { readFileSync } from 'node:fs';

/** A process as another one can find it again. */
export interface ProcessIdentity {
  /** A text that no other process has or had: boot, process id and start time. */
  readonly identity: string;
  /** It has ended and was not reaped: nothing of it runs any more. */
  readonly hasEnded: boolean;
}

/** Looks at a process.
 *  @returns undefined when there is none with this id */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const status = readStatus(pid);
  if (status === undefined) return undefined;
  // The name in parentheses may hold anything; after it come the state and, 19 fields later, the start time (proc(5)).
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const [state = '', startTicks = ''] = [fields[0], fields[19]];
  return { identity: `${boot}:${String(pid)}:${startTicks}`, hasEnded: state === 'Z' || state === 'X' };
}

/** What a process has used of the processor so far, in clock ticks.
 *  @returns undefined when there is no such process, or it may not be looked at */
export function processorTicks(pid: number): number | undefined {
  const status = readStatus(pid);
  if (status === undefined) return undefined;
  // The fields utime and stime (proc(5)).
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function readStatus(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: it ended while it was being read.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

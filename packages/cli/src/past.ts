// The past of a node: the daemon is asked for it; when none runs, what it has recorded is read.

import { readRecordedEvents } from '@baton/agent/journal';
import type { JournalEvent } from '@baton/agent/control';
import { BatonError, describeError } from '@baton/base';
import { streamEvents } from './client.js';
import type { DaemonLocation } from './daemon.js';
import type { CliErrorCode } from './exit-codes.js';
import { printable } from './output.js';

/** Hands over what the daemon says, or what it has recorded when it said nothing at all, oldest first.
 *  @param sinceMs only events from this wall-clock instant on, ms since the epoch
 *  @throws {BatonError<CliErrorCode>} when neither can be had */
export async function readPast(
  { socketPath, stateDirectory }: Pick<DaemonLocation, 'socketPath' | 'stateDirectory'>, sinceMs: number | undefined,
  show: (event: JournalEvent) => void,
): Promise<void> {
  let shown = 0;
  try {
    await streamEvents(socketPath, { sinceMs, follow: false }, (event) => {
      shown += 1;
      show(event);
    });
  } catch (error) {
    const isAway = error instanceof BatonError && error.code === 'ERR_CLI_DAEMON_UNREACHABLE' && shown === 0;
    if (!isAway || !(await showRecorded(stateDirectory, describeError(error), sinceMs, show))) throw error;
  }
}

/** Shows what stands in the journal, after saying why. False when there is no journal. */
async function showRecorded(
  stateDirectory: string, reason: string, sinceMs: number | undefined, show: (event: JournalEvent) => void,
): Promise<boolean> {
  try {
    const recorded = await readRecordedEvents(stateDirectory);
    if (recorded === undefined) return false;
    const what = `${reason}; these are the events that it recorded in ${stateDirectory}`;
    process.stderr.write(`baton: ${printable(what)}\n`);
    for await (const event of recorded) {
      if (sinceMs === undefined || Date.parse(event.time) >= sinceMs) show(event);
    }
    return true;
  } catch (cause) {
    const message = `neither does the daemon answer nor can its journal be read: ${describeError(cause)}`;
    const hint = 'run this command as root or as the user of the daemon';
    throw new BatonError<CliErrorCode>('ERR_CLI_DAEMON_UNREACHABLE', message, { cause, hint });
  }
}

// `baton events`: the journal of a node, and with --follow what happens from now on. The daemon is asked for it; when
// none runs, what it has recorded is read.

import { readRecordedEvents } from '@baton/agent/journal';
import type { JournalEvent } from '@baton/agent/control';
import { BatonError, describeError, EXIT, type ExitCode } from '@baton/base';
import { parseDuration } from '@baton/config';
import { streamEvents } from '../client.js';
import { locateDaemon } from '../daemon.js';
import type { CliErrorCode } from '../exit-codes.js';
import { formatEvent, printable, styleFor } from '../output.js';

/** Options of `baton events`. */
export interface EventsOptions {
  readonly config?: string;
  readonly follow?: boolean;
  /** A duration such as `1h`. */
  readonly since?: string;
  readonly json?: boolean;
}

/** Prints events, oldest first.
 *  @throws {BatonError<CliErrorCode>} for a wrong duration, and when the daemon cannot be asked */
export async function events(options: EventsOptions): Promise<ExitCode> {
  const sinceMs = options.since === undefined ? undefined : Date.now() - readAge(options.since);
  const { socketPath, stateDirectory, doubt } = locateDaemon(options.config);
  if (doubt !== undefined) process.stderr.write(`baton: ${printable(doubt)}\n`);
  const style = styleFor(process.stdout, process.env);
  const show = (event: JournalEvent): void => {
    process.stdout.write(`${options.json === true ? JSON.stringify(event) : formatEvent(event, style)}\n`);
  };
  if (options.follow === true) await streamEvents(socketPath, { sinceMs, follow: true }, show);
  else await showPast(socketPath, stateDirectory, sinceMs, show);
  return EXIT.done;
}

/** Shows what the daemon says, or what it has recorded when it said nothing at all. */
async function showPast(
  socketPath: string, stateDirectory: string, sinceMs: number | undefined, show: (event: JournalEvent) => void,
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

function readAge(spelled: string): number {
  const ms = parseDuration(spelled);
  if (ms !== undefined) return ms;
  const message = `--since: '${spelled}' is no duration`;
  throw new BatonError<CliErrorCode>('ERR_CLI_USAGE', message, { hint: 'write it as 90s, 5m, 1h or 7d' });
}

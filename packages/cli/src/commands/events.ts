// `baton events`: the journal of a node, and with --follow what happens from now on.

import type { JournalEvent } from '@baton/agent/control';
import { EXIT, type ExitCode } from '@baton/base';
import { streamEvents } from '../client.js';
import { locateDaemon } from '../daemon.js';
import { readDuration } from '../durations.js';
import { formatEvent, printable, styleFor } from '../output.js';
import { readPast } from '../past.js';

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
  const sinceMs = options.since === undefined ? undefined : Date.now() - readDuration('--since', options.since);
  const { socketPath, stateDirectory, doubt } = locateDaemon(options.config);
  if (doubt !== undefined) process.stderr.write(`baton: ${printable(doubt)}\n`);
  const style = styleFor(process.stdout, process.env);
  const show = (event: JournalEvent): void => {
    process.stdout.write(`${options.json === true ? JSON.stringify(event) : formatEvent(event, style)}\n`);
  };
  if (options.follow === true) await streamEvents(socketPath, { sinceMs, follow: true }, show);
  else await readPast({ socketPath, stateDirectory }, sinceMs, show);
  return EXIT.done;
}

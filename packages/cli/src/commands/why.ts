// `baton why`: takes the last transition of each virtual router apart, from the journal, and with what the daemon says
// when it runs.

import type { JournalEvent, StatusReport } from '@baton/agent/control';
import { BatonError, EXIT, type ExitCode } from '@baton/base';
import { requestStatus } from '../client.js';
import { locateDaemon } from '../daemon.js';
import type { CliErrorCode } from '../exit-codes.js';
import { explain, History } from '../explanation.js';
import { formatExplanation } from '../explanation-text.js';
import { printable } from '../output.js';
import { readPast } from '../past.js';

/** Options of `baton why`. */
export interface WhyOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** Prints an explanation for each router, in the order of their names.
 *  @param router only this one
 *  @throws {BatonError<CliErrorCode>} when there is neither a daemon nor a journal, or no such transition in it */
export async function why(router: string | undefined, options: WhyOptions): Promise<ExitCode> {
  const location = locateDaemon(options.config);
  if (location.doubt !== undefined) process.stderr.write(`baton: ${printable(location.doubt)}\n`);
  const history = new History();
  await readPast(location, undefined, (event: JournalEvent) => { history.note(event); });
  const status = await statusIfAny(location.socketPath);
  const stories = history.stories().filter(({ transition }) => router === undefined || transition.router === router);
  if (stories.length === 0) throw nothingToExplain(router, history);
  const explanations = stories.map((story) => explain(story, status));
  if (options.json === true) {
    process.stdout.write(explanations.map((each) => `${JSON.stringify(each)}\n`).join(''));
  } else {
    const texts = explanations.map((each) => formatExplanation(each).map(printable).join('\n'));
    process.stdout.write(`${texts.join('\n\n')}\n`);
  }
  return EXIT.done;
}

/** What the daemon says now; a journal explains the past without it. */
async function statusIfAny(socketPath: string): Promise<StatusReport | undefined> {
  try {
    return await requestStatus(socketPath);
  } catch (error) {
    if (error instanceof BatonError) return undefined;
    throw error;
  }
}

function nothingToExplain(router: string | undefined, history: History): BatonError<CliErrorCode> {
  const known = history.stories().map(({ transition }) => transition.router);
  const what = `the journal holds no transition${router === undefined ? '' : ` of ${router}`}`;
  const hint = known.length === 0 ? 'look at `baton status`' : `it knows ${known.join(', ')}`;
  return new BatonError<CliErrorCode>('ERR_CLI_REFUSED', what, { hint });
}

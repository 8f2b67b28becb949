// `baton status`: both nodes in one table, once or redrawn every second.

import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, EXIT, type ExitCode } from '@baton/base';
import type { StatusReport } from '@baton/agent/control';
import { requestStatus } from '../client.js';
import { locateDaemon } from '../daemon.js';
import { exitCodeOf } from '../exit-codes.js';
import { formatStatus, printable, styleFor } from '../output.js';
import { Screen } from '../screen.js';

/** Options of `baton status`. */
export interface StatusOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Time between two redraws, ms. */
export const WATCH_PERIOD_MS = 1000;

/** Shows the status.
 *  @throws {BatonError<CliErrorCode>} when the daemon cannot be asked; never while watching */
export async function status(options: StatusOptions): Promise<ExitCode> {
  const { socketPath, doubt } = locateDaemon(options.config);
  if (doubt !== undefined) process.stderr.write(`baton: ${printable(doubt)}\n`);
  if (options.watch === true) return watch(socketPath, options.json === true);
  const report = await requestStatus(socketPath);
  process.stdout.write(`${render(report, options.json === true).join('\n')}\n`);
  return EXIT.done;
}

/** Asks again and again until interrupted; a daemon that goes away is waited for. */
async function watch(socketPath: string, json: boolean): Promise<ExitCode> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => { interrupted.abort(); });
  }
  const show = json ? showAsLines : showOn(new Screen(process.stdout));
  while (!interrupted.signal.aborted) {
    show(await ask(socketPath));
    await sleep(WATCH_PERIOD_MS, undefined, { signal: interrupted.signal }).catch(ignoreInterruption);
  }
  show('end');
  return EXIT.done;
}

/** Draws what the daemon said; while it says nothing, what it said last stays in sight below the reason. */
function showOn(screen: Screen): (answer: Answer | 'end') => void {
  let last: readonly string[] = [];
  screen.open();
  return (answer) => {
    if (answer === 'end') {
      screen.close();
    } else if (answer.ok) {
      last = render(answer.report, false);
      screen.draw(last);
    } else {
      screen.draw([`${printable(answer.problem)}; trying again`, '', ...last]);
    }
  };
}

function showAsLines(answer: Answer | 'end'): void {
  if (answer === 'end') return;
  if (answer.ok) process.stdout.write(`${render(answer.report, true).join('\n')}\n`);
  else process.stderr.write(`baton: ${printable(answer.problem)}\n`);
}

type Answer = { readonly ok: true; readonly report: StatusReport } | { readonly ok: false; readonly problem: string };

async function ask(socketPath: string): Promise<Answer> {
  try {
    return { ok: true, report: await requestStatus(socketPath) };
  } catch (error) {
    if (exitCodeOf(error) !== EXIT.unreachable) throw error;
    return { ok: false, problem: describeError(error) };
  }
}

function render(report: StatusReport, json: boolean): readonly string[] {
  return json ? [JSON.stringify(report)] : formatStatus(report, Date.now(), styleFor(process.stdout, process.env));
}

function ignoreInterruption(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}

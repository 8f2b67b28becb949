// `baton handover`: moves masterships to a peer without a gap, and says how long it took.

import type { HandOverReport } from '@baton/agent/control';
import { BatonError, EXIT, type ExitCode } from '@baton/base';
import { requestHandOver } from '../client.js';
import { locateDaemon } from '../daemon.js';
import { readDuration } from '../durations.js';
import type { CliErrorCode } from '../exit-codes.js';
import { printable } from '../output.js';

/** Options of `baton handover`. */
export interface HandOverOptions {
  readonly config?: string;
  readonly all?: boolean;
  /** The peer that shall take over. */
  readonly to?: string;
  /** A duration such as `30m`. */
  readonly for?: string;
  readonly json?: boolean;
}

/** Asks for it and prints what came of it.
 *  @param router absent with --all
 *  @throws {BatonError<CliErrorCode>} for contradicting arguments, and when the daemon cannot be asked */
export async function handover(router: string | undefined, options: HandOverOptions): Promise<ExitCode> {
  if ((router === undefined) !== (options.all === true)) {
    const message = router === undefined ? 'which virtual router?' : `${router} or --all, not both`;
    throw new BatonError<CliErrorCode>('ERR_CLI_USAGE', message, { hint: 'name one, or give --all' });
  }
  const { socketPath, doubt } = locateDaemon(options.config);
  if (doubt !== undefined && options.json !== true) process.stderr.write(`baton: ${printable(doubt)}\n`);
  const reports = await requestHandOver(socketPath, {
    ...(router !== undefined && { router }),
    ...(options.to !== undefined && { to: options.to }),
    ...(options.for !== undefined && { forMs: readDuration('--for', options.for) }),
  });
  if (options.json === true) for (const report of reports) process.stdout.write(`${JSON.stringify(report)}\n`);
  else showHandOvers(reports);
  return reports.every(({ outcome }) => outcome === 'done') ? EXIT.done : EXIT.failed;
}

/** Prints what came of each, failures to standard error. */
export function showHandOvers(reports: readonly HandOverReport[]): void {
  if (reports.length === 0) process.stdout.write('this node is master of nothing\n');
  for (const report of reports) {
    const stream = report.outcome === 'done' ? process.stdout : process.stderr;
    stream.write(`${printable(formatHandOver(report))}\n`);
  }
}

/** One line. */
export function formatHandOver({ router, outcome, to, took_ms: tookMs, why }: HandOverReport): string {
  const name = router === '' ? '' : `${router}: `;
  switch (outcome) {
    case 'done': return `${name}handed over to ${to ?? 'a peer that preempted'} in ${(tookMs ?? 0).toFixed(1)} ms`;
    case 'failed': return `baton: ${name}not handed over, this node goes on: ${why ?? 'for no reason given'}`;
    case 'not-master': return `baton: ${name}nothing to hand over: ${why ?? 'this node is not master'}`;
  }
}

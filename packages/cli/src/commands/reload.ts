// `baton reload`: makes the daemon read its file again as one transaction, or says what that would do.

import type { ReloadReport } from '@baton/agent/control';
import { EXIT, type ExitCode } from '@baton/base';
import { requestReload } from '../client.js';
import { locateDaemon } from '../daemon.js';
import { printable } from '../output.js';

/** Options of `baton reload`. */
export interface ReloadOptions {
  readonly config?: string;
  readonly plan?: boolean;
  readonly json?: boolean;
}

const EXIT_CODES = {
  applied: EXIT.done, planned: EXIT.done, refused: EXIT.failed, invalid: EXIT.invalidConfiguration,
} as const satisfies Record<ReloadReport['outcome'], ExitCode>;

/** Asks for it and prints what came of it.
 *  @throws {BatonError<CliErrorCode>} when the daemon cannot be asked */
export async function reload(options: ReloadOptions): Promise<ExitCode> {
  const { socketPath, doubt } = locateDaemon(options.config);
  if (doubt !== undefined && options.json !== true) process.stderr.write(`baton: ${printable(doubt)}\n`);
  const report = await requestReload(socketPath, { plan: options.plan === true });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return EXIT_CODES[report.outcome];
  }
  for (const finding of report.findings) process.stderr.write(`${printable(finding)}\n`);
  const isBad = report.outcome === 'refused' || report.outcome === 'invalid';
  (isBad ? process.stderr : process.stdout).write(`${formatReload(report).map(printable).join('\n')}\n`);
  return EXIT_CODES[report.outcome];
}

/** The steps, then what became of them; lines without newlines. */
export function formatReload({ outcome, generation, plan, detail }: ReloadReport): readonly string[] {
  const steps = plan.length === 0 ? ['nothing changes'] : plan.map(({ what, effect }) => `${what}; ${effect}`);
  const number = `generation ${String(generation)}`;
  switch (outcome) {
    case 'applied': return [...steps, `applied as ${number}`];
    case 'planned': return [...steps, 'nothing was applied: leave --plan away to apply it'];
    case 'refused': return [`baton: ${number} was refused, nothing has changed: ${detail ?? 'for no reason given'}`];
    case 'invalid': return [`baton: ${number} was refused, nothing has changed: the file is invalid`];
  }
}

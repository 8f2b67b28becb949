// `baton maintenance on|off`: this node takes no virtual IP until it is ended, also after a restart.

import { BatonError, EXIT, type ExitCode } from '@baton/base';
import { requestMaintenance } from '../client.js';
import { locateDaemon } from '../daemon.js';
import { readDuration } from '../durations.js';
import type { CliErrorCode } from '../exit-codes.js';
import { printable } from '../output.js';
import { showHandOvers } from './handover.js';

/** Options of `baton maintenance`. */
export interface MaintenanceOptions {
  readonly config?: string;
  /** A duration such as `30m`. */
  readonly for?: string;
  readonly json?: boolean;
}

/** Begins or ends it. Masterships are handed over before; what nobody takes is resigned, which is no failure here.
 *  @param mode on or off
 *  @throws {BatonError<CliErrorCode>} for anything else, and when the daemon cannot be asked */
export async function maintenance(mode: string, options: MaintenanceOptions): Promise<ExitCode> {
  if (mode !== 'on' && mode !== 'off') {
    throw new BatonError<CliErrorCode>('ERR_CLI_USAGE', `maintenance is 'on' or 'off', not '${mode}'`);
  }
  if (mode === 'off' && options.for !== undefined) {
    throw new BatonError<CliErrorCode>('ERR_CLI_USAGE', '--for goes with `on` only');
  }
  const forMs = options.for === undefined ? undefined : readDuration('--for', options.for);
  const { socketPath, doubt } = locateDaemon(options.config);
  if (doubt !== undefined && options.json !== true) process.stderr.write(`baton: ${printable(doubt)}\n`);
  const report = await requestMaintenance(socketPath, { on: mode === 'on', ...(forMs !== undefined && { forMs }) });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return EXIT.done;
  }
  if (report.on) showHandOvers(report.handovers);
  const until = report.until ?? 'it is ended by `baton maintenance off`';
  process.stdout.write(report.on ? `this node takes no virtual IP until ${until}\n` : 'this node takes part again\n');
  return EXIT.done;
}

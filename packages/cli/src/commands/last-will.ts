// `baton last-will`: what the agent does for a dead engine, when the agent is gone, too. For the service manager, after
// every process of the daemon has ended (ExecStopPost); does nothing after an orderly end.

import { EXIT, type ExitCode } from '@baton/base';
import { formatFinding, loadConfiguration, type RouterSettings } from '@baton/config';
import { DYING_MS, keepWills, readWills, Survivor, type HearNotice } from '@baton/engine/survivor';
import { missingCapabilities } from '@baton/net/linux';
import { locateDaemon } from '../daemon.js';
import { printable } from '../output.js';
import { DEFAULT_CONFIGURATION_FILE } from '../run-arguments.js';

/** Options of `baton last-will`. */
export interface LastWillOptions {
  readonly config?: string;
}

/** Resigns for the routers that the dead daemon was master of, and takes their addresses off.
 *  @throws {BatonError} when the configuration file that was named cannot be read, or the kernel does not answer */
export async function lastWill({ config }: LastWillOptions): Promise<ExitCode> {
  const { runtimeDirectory, doubt } = locateDaemon(config);
  if (doubt !== undefined) say(doubt);
  const wills = readWills(runtimeDirectory);
  if (wills === undefined) {
    process.stdout.write('nothing to do: no daemon has left a will\n');
    return EXIT.done;
  }
  const missing = missingCapabilities();
  if (missing.length > 0) {
    say(`cannot take virtual IPs off without ${missing.join(' and ')}; run as root`);
    return EXIT.privileges;
  }
  const routers = routersOf(config ?? DEFAULT_CONFIGURATION_FILE);
  const proved = wills.map((will) => {
    const authentication = routers.find(({ name }) => name === will.configuration.name)?.authentication;
    return authentication === undefined ? will : { ...will, authentication };
  });
  const outcome = await new Survivor(runtimeDirectory, tell).execute(proved, DYING_MS);
  if (outcome.kind === 'withheld') {
    say(`nothing was done: ${outcome.detail}`);
    return EXIT.failed;
  }
  keepWills(runtimeDirectory, []);
  process.stdout.write(`resigned for ${outcome.report.routers.join(', ')}; what they held is off\n`);
  return EXIT.done;
}

/** For their secrets only. Without them the addresses are taken off all the same, and peers that demand a proof wait
 *  for their timer. */
function routersOf(file: string): readonly RouterSettings[] {
  const loaded = loadConfiguration(file);
  if (loaded.ok) return loaded.configuration.routers;
  for (const finding of loaded.findings) say(formatFinding(finding));
  return [];
}

const tell: HearNotice = ({ event, fields }) => {
  say(`${event} ${Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`).join(' ')}`);
};

function say(text: string): void {
  process.stderr.write(`baton: ${printable(text)}\n`);
}

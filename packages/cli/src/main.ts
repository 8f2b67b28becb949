// The command line except `run`: names the commands, loads only the one that is asked for, and turns every ending into
// an exit code.

import { readFileSync } from 'node:fs';
import { BatonError, describeError, EXIT, type ExitCode } from '@baton/base';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { CheckOptions } from './commands/check.js';
import type { EventsOptions } from './commands/events.js';
import type { LastWillOptions } from './commands/last-will.js';
import type { ReloadOptions } from './commands/reload.js';
import type { HandOverOptions } from './commands/handover.js';
import type { MaintenanceOptions } from './commands/maintenance.js';
import type { SimulateOptions } from './commands/simulate.js';
import type { StatusOptions } from './commands/status.js';
import type { WhyOptions } from './commands/why.js';
import { exitCodeOf } from './exit-codes.js';
import { endWhenOutputIsLost } from './lost-output.js';
import { DEFAULT_CONFIGURATION_FILE, problemOfFileName } from './run-arguments.js';

const CONFIG_OPTION = [
  '-c, --config <file>', `configuration file of the daemon (default: ${DEFAULT_CONFIGURATION_FILE})`, fileName,
] as const;

const EXAMPLES = `
Examples:
  baton check /etc/baton/baton.yaml     every error and warning of a configuration file
  baton run -c /etc/baton/baton.yaml    the daemon in the foreground
  baton status --watch                  both nodes in one table, every second
  baton events --since 1h --follow      what happened, and what happens
  baton why web                         why the virtual router web is in its state, step by step
  baton reload --plan                   what a changed file would do, before it does
  (umask 077; baton keygen > peer.key)  a key for the control channel, the same file for every node
  baton simulate a.yaml b.yaml          what a failure of the master would do, in virtual time

Exit codes:
  0 done   1 refused or failed   2 usage   3 daemon not reachable   4 invalid configuration   5 privileges missing
`;

/** Hears the exit code of the command that ran. */
type Finish = (code: ExitCode) => void;

function buildProgram(finish: Finish): Command {
  const program = new Command('baton')
    .description('Keeps virtual IP addresses alive on one of two or more load balancers.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this text')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError('Run `baton --help` for the commands and their options.')
    .addHelpText('after', EXAMPLES);
  addRun(program);
  addCheck(program, finish);
  addStatus(program, finish);
  addEvents(program, finish);
  addWhy(program, finish);
  addReload(program, finish);
  addHandOver(program, finish);
  addMaintenance(program, finish);
  addSimulate(program, finish);
  addLastWill(program, finish);
  addKeygen(program, finish);
  return program;
}

/** Only for the help: `baton run` never comes here, because its process must not hold a command parser. */
function addRun(program: Command): void {
  program.command('run').description('run the daemon in the foreground').option(...CONFIG_OPTION)
    .action(() => { program.error('error: `run` must be the first word'); });
}

function addCheck(program: Command, finish: Finish): void {
  program.command('check').description('report every error and warning of a configuration file')
    .argument('[file]', 'configuration file, instead of -c', fileName)
    .option(...CONFIG_OPTION)
    .option('--node <name>', 'check it as this node reads it (default: its `node`, else the short host name)')
    .option('--peer <file>', 'also report what only shows together with the file of another node', fileName)
    .option('--json', 'print the findings as JSON')
    .action(async (file: string | undefined, options: CheckOptions) => {
      if (file !== undefined && options.config !== undefined) {
        program.error('error: the file is given twice; give it once, with -c or without');
      }
      const { check } = await import('./commands/check.js');
      finish(check(file ?? options.config ?? DEFAULT_CONFIGURATION_FILE, options));
    });
}

function addStatus(program: Command, finish: Finish): void {
  program.command('status').description('show the state of both nodes')
    .option(...CONFIG_OPTION)
    .option('--watch', 'redraw every second until interrupted')
    .option('--json', 'print the status as JSON, one document a line')
    .action(async (options: StatusOptions) => {
      const { status } = await import('./commands/status.js');
      finish(await status(options));
    });
}

function addEvents(program: Command, finish: Finish): void {
  program.command('events').description('show what happened on this node')
    .option(...CONFIG_OPTION)
    .option('--follow', 'go on with new events until interrupted')
    .option('--since <duration>', 'only events younger than this: 90s, 5m, 1h, 7d')
    .option('--json', 'print the events as JSON, one a line')
    .action(async (options: EventsOptions) => {
      const { events } = await import('./commands/events.js');
      finish(await events(options));
    });
}

function addWhy(program: Command, finish: Finish): void {
  program.command('why').description('take the last transition of each virtual router apart')
    .argument('[router]', 'only this one')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the explanations as JSON, one a line')
    .action(async (router: string | undefined, options: WhyOptions) => {
      const { why } = await import('./commands/why.js');
      finish(await why(router, options));
    });
}

function addReload(program: Command, finish: Finish): void {
  program.command('reload').description('make the daemon read its configuration file again, all of it or nothing')
    .option(...CONFIG_OPTION)
    .option('--plan', 'only say what would change, and what that interrupts')
    .option('--json', 'print the outcome as JSON')
    .action(async (options: ReloadOptions) => {
      const { reload } = await import('./commands/reload.js');
      finish(await reload(options));
    });
}

function addHandOver(program: Command, finish: Finish): void {
  program.command('handover').description('move the mastership of a virtual router to a peer without a gap')
    .argument('[router]', 'which one')
    .option(...CONFIG_OPTION)
    .option('--all', 'every virtual router that this node is master of')
    .option('--to <node>', 'the peer that shall take over (default: the ready one of the highest priority)')
    .option('--for <duration>', 'how long this node does not take it back: 30m (default: until it is asked to)')
    .option('--json', 'print what came of it as JSON, one virtual router a line')
    .action(async (router: string | undefined, options: HandOverOptions) => {
      const { handover } = await import('./commands/handover.js');
      finish(await handover(router, options));
    });
}

function addMaintenance(program: Command, finish: Finish): void {
  program.command('maintenance').description('hand everything over and take no virtual IP, also after a restart')
    .argument('<mode>', 'on or off')
    .option(...CONFIG_OPTION)
    .option('--for <duration>', 'how long it lasts: 30m (default: until it is ended)')
    .option('--json', 'print what came of it as JSON')
    .action(async (mode: string, options: MaintenanceOptions) => {
      const { maintenance } = await import('./commands/maintenance.js');
      finish(await maintenance(mode, options));
    });
}

function addSimulate(program: Command, finish: Finish): void {
  program.command('simulate').description('play configurations with a failure, a scenario or a recording')
    .argument('<files...>', 'configuration files of the nodes, one that they share, a .txt or a .jsonl', fileNames)
    .option('--fail <failure>', 'what happens: `kill lb-a`, `pause lb-a 6s`, ...; may be repeated', collect)
    .option('--node <name>', 'a node that shares the file; may be repeated (default: its `node` and peers)', collect)
    .option('--seed <number>', 'seed of everything left to chance', count)
    .option('--phases <number>', 'moments between two advertisements at which it fails (default: 100)', positive)
    .option('--trace', 'show every line of what happens')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: SimulateOptions) => {
      const { simulate } = await import('./commands/simulate.js');
      finish(simulate(files, options));
    });
}

/** Hidden: it is for the service manager. */
function addLastWill(program: Command, finish: Finish): void {
  program.command('last-will', { hidden: true })
    .description('after every process of the daemon has died: resign, and take its addresses off')
    .option(...CONFIG_OPTION)
    .action(async (options: LastWillOptions) => {
      const { lastWill } = await import('./commands/last-will.js');
      finish(await lastWill(options));
    });
}

function addKeygen(program: Command, finish: Finish): void {
  program.command('keygen').description('print a new key for the control channel or for authentication')
    .action(async () => {
      const { keygen } = await import('./commands/keygen.js');
      finish(keygen());
    });
}

function collect(given: string, before: readonly string[] = []): readonly string[] {
  return [...before, given];
}

function count(given: string): number {
  if (!/^\d{1,9}$/.test(given)) throw new InvalidArgumentError('Not a number from 0 to 999999999.');
  return Number(given);
}

function positive(given: string): number {
  const number = count(given);
  if (number < 1 || number > 10_000) throw new InvalidArgumentError('Not a number from 1 to 10000.');
  return number;
}

function fileNames(given: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), fileName(given)];
}

function fileName(given: string): string {
  const problem = problemOfFileName(given);
  if (problem !== undefined) throw new InvalidArgumentError(`${problem}.`);
  return given;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const named = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return named ? String(manifest.version) : 'unknown';
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const isOurs = error instanceof BatonError || !(error instanceof Error);
  process.stderr.write(`baton: ${isOurs ? describeError(error) : (error.stack ?? error.message)}\n`);
  return exitCodeOf(error);
}

async function main(): Promise<void> {
  endWhenOutputIsLost();
  try {
    await buildProgram((code) => { process.exitCode = code; }).parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

void main();

// Reads the words after `baton run` by hand: the process becomes the engine, and a command parser would stay in its
// memory.

/** The configuration file of a daemon that was told no other. */
export const DEFAULT_CONFIGURATION_FILE = '/etc/baton/baton.yaml';

/** What `baton run --help` prints. */
export const RUN_HELP = `Usage: baton run [-c FILE]

Runs the daemon in the foreground.

Options:
  -c, --config FILE  configuration file (default: ${DEFAULT_CONFIGURATION_FILE})
  -h, --help         print this text

SIGTERM and SIGINT resign and stop: a backup takes over after its skew time. SIGHUP reloads the configuration.
`;

/** What the words ask for. */
export type RunRequest =
  | { readonly kind: 'run'; readonly configurationFile: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'usage-error'; readonly message: string };

/** Reads the words after `run`. A later `-c` wins over an earlier one. */
export function readRunArguments(words: readonly string[]): RunRequest {
  let configurationFile = DEFAULT_CONFIGURATION_FILE;
  let optionBefore: string | undefined;
  for (const word of words) {
    if (optionBefore !== undefined) {
      configurationFile = word;
      optionBefore = undefined;
    } else if (word === '-h' || word === '--help') {
      return { kind: 'help' };
    } else if (word === '-c' || word === '--config') {
      optionBefore = word;
    } else if (word.startsWith('--config=')) {
      configurationFile = word.slice('--config='.length);
    } else if (word.startsWith('-c')) {
      configurationFile = word.slice('-c'.length);
    } else {
      const kind = word.startsWith('-') ? 'option' : 'argument';
      return { kind: 'usage-error', message: `unknown ${kind} '${word}'` };
    }
  }
  if (optionBefore !== undefined) return { kind: 'usage-error', message: `the option '${optionBefore}' needs a file` };
  const problem = problemOfFileName(configurationFile);
  return problem === undefined ? { kind: 'run', configurationFile } : { kind: 'usage-error', message: problem };
}

/** What is wrong with the name of a configuration file before any file is looked at, or undefined. */
export function problemOfFileName(file: string): string | undefined {
  if (file === '') return 'the name of the configuration file is empty; give its path';
  if (file === '-') return 'standard input is not read; give the path of a file, or ./- for one with this name';
  return undefined;
}

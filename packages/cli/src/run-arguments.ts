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

SIGTERM and SIGINT hand over and stop; SIGHUP reloads the configuration.
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
  if (configurationFile === '') return { kind: 'usage-error', message: 'the name of the configuration file is empty' };
  return { kind: 'run', configurationFile };
}

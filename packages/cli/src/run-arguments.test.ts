import { describe, expect, test } from '@jest/globals';
import { readRunArguments } from './run-arguments.js';

describe('the words after `baton run`', () => {
  test.each([
    [[], '/etc/baton/baton.yaml'],
    [['-c', 'a.yaml'], 'a.yaml'],
    [['-ca.yaml'], 'a.yaml'],
    [['--config', 'a.yaml'], 'a.yaml'],
    [['--config=a.yaml'], 'a.yaml'],
    [['-c', '-x'], '-x'],
    [['-c', 'a.yaml', '-c', 'b.yaml'], 'b.yaml'],
  ])('%p run the daemon with %s', (words, configurationFile) => {
    expect(readRunArguments(words)).toEqual({ kind: 'run', configurationFile });
  });

  test.each([[['-h']], [['--help']], [['-c', 'a', '--help']]])('%p ask for help', (words) => {
    expect(readRunArguments(words)).toEqual({ kind: 'help' });
  });

  test.each([
    [['-c'], "the option '-c' needs a file"],
    [['--config'], "the option '--config' needs a file"],
    [['--config='], 'the name of the configuration file is empty; give its path'],
    [['-c', ''], 'the name of the configuration file is empty; give its path'],
    [['-c', '-'], 'standard input is not read; give the path of a file, or ./- for one with this name'],
    [['-x'], "unknown option '-x'"],
    [['--conf'], "unknown option '--conf'"],
    [['a.yaml'], "unknown argument 'a.yaml'"],
  ])('%p are a usage error', (words, message) => {
    expect(readRunArguments(words)).toEqual({ kind: 'usage-error', message });
  });
});

// The vocabulary of one hook: a command that is called when a virtual router changes its state.

import { list, optional, record, required, withDefault } from './collections.js';
import { name } from './names.js';
import { duration } from './duration.js';
import { choice, commandWord } from './plain-values.js';

/** One entry of `hooks`. */
export const hook = record({
  on: required(
    list(choice(
      ['master', 'backup', 'fault', 'stop', 'all'],
      ['before-master', 'master-received-lower-priority'],
    ), { minItems: 1 }),
    'States that the command is called for',
  ),
  routers: optional(list(name, { minItems: 1 }),
    'Virtual routers that it is called for, every one when neither `routers` nor `groups` is there'),
  groups: optional(list(name, { minItems: 1 }),
    'Sync groups that it is called for, every one when neither `routers` nor `groups` is there'),
  run: required(
    list(commandWord, { minItems: 1 }),
    'A program and its first arguments; no shell, and a relative path starts at the file, not in PATH',
  ),
  timeout: withDefault(duration({ min: '10ms', max: '1h' }), '10s', 'The program is ended when it runs longer'),
  on_failure: withDefault(choice(['ignore'], ['retry', 'fault']), 'ignore', 'What follows when the program fails'),
}, { fifo: [null] });

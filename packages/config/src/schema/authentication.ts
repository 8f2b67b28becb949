// The vocabulary of authentication: the simple password of version 2, or keys in files for the HMAC of version 3.

import { PASSWORD_BYTES } from '@baton/vrrp';
import { namedMap, optional, record, withDefault } from './collections.js';
import { orNull } from './combinations.js';
import { duration } from './duration.js';
import { choice, integer, path } from './plain-values.js';
import { refuse } from './value-type.js';
import type { ValueType } from './value-type.js';

/** What is wrong with a text as a simple password, to be read after "must"; undefined when nothing is. */
export function passwordProblem(password: string): string | undefined {
  const size = Buffer.byteLength(password);
  if (password.includes('\0')) return 'not hold a NUL character';
  if (size >= 1 && size <= PASSWORD_BYTES) return undefined;
  const hint = size > PASSWORD_BYTES ? `; keepalived uses the first ${String(PASSWORD_BYTES)} of a longer one` : '';
  return `be 1 to ${String(PASSWORD_BYTES)} bytes long, not ${String(size)}${hint}`;
}

/** A password; no finding ever repeats it. */
const simplePassword: ValueType<string> = {
  allowed: `text of 1 to ${String(PASSWORD_BYTES)} bytes`, short: `1 to ${String(PASSWORD_BYTES)} bytes`,
  perNode: true,
  jsonSchema: { type: 'string', minLength: 1, maxLength: PASSWORD_BYTES },
  read(node, key, reading) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') {
      return refuse(node, key, reading, 'wrong-type', `must be ${this.allowed}; put it in quotation marks`);
    }
    const problem = passwordProblem(node.value);
    return problem === undefined ? node.value : refuse(node, key, reading, 'wrong-text', `must ${problem}`);
  },
};

const keyId: ValueType<string> = {
  allowed: 'a key id 0..255', short: '0..255', perNode: false, jsonSchema: { pattern: '^(0|[1-9][0-9]{0,2})$' },
  read(node, key, reading) {
    const id = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
    if (/^(0|[1-9]\d{0,2})$/.test(id) && Number(id) <= 255) return id;
    return refuse(node, key, reading, 'out-of-range', 'a key is named by its id, an integer 0..255');
  },
};

const authenticationMap = record({
  simple_password: optional(
    simplePassword, 'Version 2: the password that every advertisement carries, in clear; the same on every node',
  ),
  simple_password_file: optional(path, 'Version 2: a file with the password, which others cannot read'),
  active_key: optional(integer(0, 255), 'Version 3: the key that signs (HMAC-SHA-256, as keepalived 2.4 does)'),
  keys: optional(
    namedMap(keyId, path, { minEntries: 1 }),
    'Version 3: the keys by id, each a file with 64 to 128 hexadecimal digits which others cannot read; all of them '
    + 'verify, so that a new one can be known everywhere before it signs',
  ),
  mode: withDefault(
    choice(['enforce', 'permissive', 'receive-only']), 'enforce',
    'Roll-out without a gap: receive-only verifies what is signed, permissive signs as well, enforce accepts nothing '
    + 'else',
  ),
  anti_replay: withDefault(
    choice(['time', 'monotonic']), 'time',
    'Whether the clock of a node that is heard for the first time must agree with ours within the window',
  ),
  time_window: optional(
    duration({ min: '1s', max: '5m' }),
    'How far clocks may be apart; the longer one of 5s and three advertisement intervals when absent',
  ),
});

const orNothing = orNull(authenticationMap);

/** What advertisements must prove: a map, or null for nothing. An empty value is a map that somebody forgot; a plain
 *  one can be a secret in the wrong place, and is not repeated. */
export const authentication: typeof orNothing = {
  ...orNothing,
  read(node, key, reading) {
    if (node.kind !== 'scalar' || (node.value === null && node.text !== '')) return orNothing.read(node, key, reading);
    const given = node.value === null ? 'empty' : 'a plain value';
    return refuse(node, key, reading, 'wrong-type', `must be ${orNothing.allowed}, not ${given}`);
  },
};

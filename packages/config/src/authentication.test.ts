import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AuthenticationSettings } from './configuration.js';
import { interpretConfiguration } from './load.js';

const KEY = '0123456789abcdef'.repeat(4);
const OTHER_KEY = 'fedcba9876543210'.repeat(8);
const isRoot = process.geteuid?.() === 0;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'baton-secrets-'));
  write('one.key', `${KEY}\n`);
  write('two.key', OTHER_KEY);
  write('word', 'secret\n');
});
afterAll(() => { rmSync(directory, { recursive: true }); });

function write(name: string, content: string | Buffer, mode = 0o600): void {
  const file = join(directory, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** A file with this authentication in line 3, its value at column 21. */
function file(authentication: string, more = ''): string {
  return `virtual_routers:\n  web:\n    authentication: ${authentication}\n    interface: eth0\n    vrid: 51\n`
    + `    addresses: [192.0.2.10/24]\n${more}node: lb-a\n`;
}

function settings(text: string): AuthenticationSettings | undefined {
  const result = interpretConfiguration(text, join(directory, 'baton.yaml'));
  if (!result.ok) throw new Error(result.findings.map(({ message }) => message).join('\n'));
  return result.configuration.routers[0]?.authentication;
}

/** Every finding as `column severity code key: message`, the key without the router's, and without our directory. */
function findings(text: string): readonly string[] {
  const result = interpretConfiguration(text, join(directory, 'baton.yaml'));
  const found = result.ok ? result.warnings : result.findings;
  return found.map(({ line, column, severity, code, key, message }) => {
    const place = line === 3 ? String(column) : `${String(line)}:${String(column)}`;
    const shortKey = key.replace('virtual_routers.web.authentication', '');
    return `${place} ${severity} ${code} ${shortKey}: ${message.replaceAll(`${directory}/`, '')}`;
  });
}

const V2 = '    version: 2\n';
const IN_CLEAR = 'a simple password is sent in clear: it tells neighbours apart, and stops nobody who listens';

describe('a simple password', () => {
  test('may stand in the file or in one of its own, and is doubted', () => {
    expect(settings(file('{simple_password: secret}', V2))).toEqual({ kind: 'simple-password', password: 'secret' });
    expect(settings(file('{simple_password_file: word}', V2))).toEqual({ kind: 'simple-password', password: 'secret' });
    expect(findings(file('{simple_password: secret}', V2))).toEqual(
      [`39 warning password-in-clear .simple_password: ${IN_CLEAR}`]);
    expect(findings(file('{simple_password_file: word}', V2))).toEqual(
      [`44 warning password-in-clear .simple_password_file: ${IN_CLEAR}`]);
  });

  test('may differ from node to node while it is changed', () => {
    expect(settings(file('{simple_password: {lb-a: new, lb-b: old}}', V2))).toEqual(
      { kind: 'simple-password', password: 'new' });
  });

  test.each([
    ['{simple_password: secret123}',
      '39 error wrong-text .simple_password: must be 1 to 8 bytes long, not 9; keepalived uses the first 8 of a longer '
      + 'one'],
    ['{simple_password: ""}', '39 error wrong-text .simple_password: must be 1 to 8 bytes long, not 0'],
    ['{simple_password: ööööö}',
      '39 error wrong-text .simple_password: must be 1 to 8 bytes long, not 10; keepalived uses the first 8 of a '
      + 'longer one'],
    ['{simple_password: "a\\0"}', '39 error wrong-text .simple_password: must not hold a NUL character'],
    ['{simple_password: 12345678}',
      '39 error wrong-type .simple_password: must be text of 1 to 8 bytes; put it in quotation marks'],
    ['{simple_password: [secret]}',
      '39 error wrong-type .simple_password: must be text of 1 to 8 bytes; put it in quotation marks'],
    ['{simple_password_file: none}', "44 error secret-missing .simple_password_file: 'none' does not exist"],
    ['{simple_password_file: one.key}',
      '44 error wrong-secret .simple_password_file: the content must be 1 to 8 bytes long, not 64; keepalived uses the '
      + 'first 8 of a longer one'],
    ['{simple_password: a, simple_password_file: word}',
      '39 error contradictory-keys .simple_password: simple_password and simple_password_file exclude each other'],
    ['{simple_password: a, active_key: 1, keys: {1: one.key}}',
      '39 error contradictory-keys .simple_password: a simple password and keys exclude each other'],
  ])('%s is refused', (authentication, expected) => {
    const errors = findings(file(authentication, V2)).filter((line) => !line.includes(' warning '));
    expect(errors).toEqual([expected]);
  });

  test('is refused in version 3', () => {
    expect(findings(file('{simple_password: secret}'))).toEqual([
      '39 error wrong-version .simple_password: only version 2 has a simple password; use active_key and keys (HMAC), '
        + 'or version: 2',
    ]);
  });

  test('is never repeated in a finding', () => {
    for (const spelled of ['hunter2hunter2', '[hunter2]', '{hunter2: hunter2}', '"hunter2\\0"']) {
      const found = findings(file(`{simple_password: ${spelled}}`, V2)).join('\n');
      expect(found).not.toMatch(/: .*hunter2(?!')/);
    }
  });
});

describe('keys', () => {
  test('are read from their files, all of them, with the defaults of keepalived', () => {
    expect(settings(file('{active_key: 2, keys: {1: one.key, 2: two.key}}'))).toEqual({
      kind: 'hmac', mode: 'enforce', activeKeyId: 2, antiReplay: 'time', timeWindowMs: 5000,
      keys: [{ id: 1, secret: KEY }, { id: 2, secret: OTHER_KEY }],
    });
  });

  test('may have an absolute path, and capital digits', () => {
    write('capital.key', KEY.toUpperCase());
    expect(settings(file(`{active_key: 0, keys: {0: ${join(directory, 'capital.key')}}}`))).toMatchObject(
      { activeKeyId: 0, keys: [{ id: 0, secret: KEY }] });
  });

  test.each([
    ['mode: permissive', { mode: 'permissive' }],
    ['mode: receive-only', { mode: 'receive-only' }],
    ['anti_replay: monotonic', { antiReplay: 'monotonic' }],
    ['time_window: 300s', { timeWindowMs: 300_000 }],
  ])('%s', (key, effect) => {
    const plain = settings(file('{active_key: 1, keys: {1: one.key}}'));
    expect(settings(file(`{${key}, active_key: 1, keys: {1: one.key}}`))).toEqual({ ...plain, ...effect });
  });

  test('have a window of three intervals when these are long', () => {
    const text = file('{active_key: 1, keys: {1: one.key}}', '    advert_interval: 10s\n');
    expect(settings(text)).toMatchObject({ timeWindowMs: 30_000 });
  });

  test.each(['null', '~'])('authentication: %s is none', (none) => {
    expect(settings(file(none))).toBeUndefined();
    expect(findings(file(none))).toEqual([]);
  });

  test.each([
    ['', /^5 error wrong-type : must be a map with the keys .*, or null, not empty$/],
    [`{active_key: 1, keys: {1: ${KEY}}}`,
      '44 error inline-secret .keys.1: is a key itself; write it into a file, and the path of that file here'],
    ['secret', /^21 error wrong-type : must be a map with the keys .*, or null, not a plain value$/],
    ['{}', '21 error missing-key : needs active_key and keys, or in version 2 simple_password'],
    ['{mode: enforce}', '21 error missing-key : needs active_key and keys, or in version 2 simple_password'],
    ['{keys: {1: one.key}}', '21 error missing-key .active_key: is required with keys: the id of the key that signs'],
    ['{active_key: 1}', '21 error missing-key .keys: is required with active_key: a map from key ids to files'],
    ['{active_key: 3, keys: {1: one.key, 2: two.key}}',
      '34 error unknown-key-id .active_key: there is no key 3 under keys; there are 1, 2'],
    ['{active_key: 256, keys: {1: one.key}}',
      '34 error out-of-range .active_key: must be an integer 0..255, not 256'],
    ['{active_key: 1, keys: {1: one.key, 256: two.key}}',
      '56 error out-of-range .keys.256: a key is named by its id, an integer 0..255'],
    ['{active_key: 1, keys: {1: one.key, 02: two.key}}',
      '56 error out-of-range .keys.02: a key is named by its id, an integer 0..255'],
    ['{active_key: 1, keys: {}}', /^43 error out-of-range \.keys: must be a map of names with at least one entry/],
    ['{active_key: 1, keys: {1: 5}}', '47 error wrong-type .keys.1: must be a path, not the number 5'],
    ['{active_key: 1, keys: {1: one.key}, mode: strict}',
      '63 error unknown-word .mode: must be one of enforce, permissive, receive-only, '
      + "not 'strict'"],
    ['{active_key: 1, keys: {1: one.key}, time_window: 301s}',
      '70 error out-of-range .time_window: must be a duration 1s..5m, not 301s'],
    ['{active_key: 1, keys: {1: none.key}}', "44 error secret-missing .keys.1: 'none.key' does not exist"],
    ['{active_key: 1, keys: {1: one.key/x}}', "44 error secret-missing .keys.1: 'one.key/x' does not exist"],
    ['{active_key: 1, keys: {1: one.key, 2: one.key}}', '56 warning same-key .keys.2: is the same key as 1'],
    ['{active_key: 1, keys: {1: one.key}, mode: permissive}',
      '63 warning authentication-not-enforced .mode: permissive accepts advertisements without a proof; go on to '
      + 'enforce when every node signs'],
  ])('authentication: %s is refused or doubted', (authentication, expected) => {
    const found = findings(file(authentication));
    expect(found).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  });

  test('are refused in version 2', () => {
    expect(findings(file('{active_key: 1, keys: {1: one.key}}', V2))).toEqual(
      ['43 error wrong-version .keys: version 2 has no HMAC; use simple_password, or version: 3']);
  });

  test('leave room for 89 IPv6 addresses', () => {
    const addresses = (count: number): string => Array.from({ length: count }, (_, index) =>
      `"2001:db8::${(index + 1).toString(16)}/64"`).join(', ');
    const text = (count: number): string => file('{active_key: 1, keys: {1: one.key}}')
      .replace('192.0.2.10/24', `"fe80::1/64", ${addresses(count)}`);
    expect(findings(text(88))).toEqual([]);
    expect(findings(text(89))).toEqual([expect.stringContaining('must hold at most 89 IPv6 addresses')]);
  });

  test('make unicast from anywhere acceptable', () => {
    const unicast = '    unicast: {peers: [10.0.0.12], check_source: false}\n';
    expect(findings(file('{active_key: 1, keys: {1: one.key}}', unicast))).toEqual([]);
    expect(findings(file('null', unicast))).toEqual([expect.stringContaining('warning unchecked-source')]);
  });
});

describe('a file with a key', () => {
  const withKey = '{active_key: 1, keys: {1: the.key}}';

  test.each([
    ['63 digits', KEY.slice(1)], ['62 digits', KEY.slice(2)], ['130 digits', `${OTHER_KEY}00`], ['nothing', ''],
    ['raw bytes', 'x'.repeat(64)], ['two lines', `${KEY}\n${KEY}\n`],
  ])('with %s is refused, and its content is not repeated', (_, content) => {
    write('the.key', content);
    expect(findings(file(withKey))).toEqual([
      "44 error wrong-secret .keys.1: 'the.key' must hold 64 to 128 hexadecimal digits, a key of 32 to 64 bytes, as "
        + '`openssl rand -hex 32` makes',
    ]);
  });

  test.each([
    [0o604, 'is open to every user; run chmod o-rwx'], [0o602, 'is open to every user; run chmod o-rwx'],
    [0o620, 'can be changed by its group; run chmod g-w'],
  ])('of mode %i is refused', (mode, message) => {
    write('the.key', KEY, mode);
    expect(findings(file(withKey))).toEqual([`44 error secret-exposed .keys.1: 'the.key' ${message}`]);
  });

  test.each([0o600, 0o400, 0o640])('of mode %i is fine', (mode) => {
    write('the.key', KEY, mode);
    expect(findings(file(withKey))).toEqual([]);
  });

  // Only root can give a file away.
  (isRoot ? test : test.skip)('of another user is refused', () => {
    write('the.key', KEY);
    chownSync(join(directory, 'the.key'), 12_345, -1);
    expect(findings(file(withKey))).toEqual(
      ["44 error secret-exposed .keys.1: 'the.key' belongs to another user (uid 12345); run chown root"]);
    chownSync(join(directory, 'the.key'), 0, -1);
  });

  test('that this user may not read is refused by saying so', () => {
    write('the.key', KEY, 0);
    chmodSync(directory, 0o755);
    if (isRoot) process.seteuid?.(12_345);
    try {
      expect(findings(file(withKey))).toEqual([
        "44 error secret-unreadable .keys.1: 'the.key' cannot be read by this user; run this as root, or as the "
          + 'service does',
      ]);
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(join(directory, 'the.key'), 0o600);
    }
  });

  test.each([
    ['a directory', '/', 'is not a regular file'], ['a device', '/dev/zero', 'is not a regular file'],
  ])('that is %s is refused', (_, path, message) => {
    expect(findings(file(`{active_key: 1, keys: {1: ${path}}}`))).toEqual(
      [`44 error secret-unreadable .keys.1: '${path}' ${message}`]);
  });

  test('that is too large, or no text, is refused', () => {
    write('the.key', Buffer.alloc(4097, 'a'));
    expect(findings(file(withKey))).toEqual(
      ["44 error wrong-secret .keys.1: 'the.key' is larger than 4096 bytes"]);
    write('the.key', Buffer.alloc(64, 0xff));
    expect(findings(file(withKey))).toEqual(["44 error wrong-secret .keys.1: 'the.key' is not text"]);
  });
});

// Decides whether the authentication of one virtual router is complete, fits its version and has usable secrets, and
// reads these from their files. No finding ever repeats a secret.

import { resolve } from 'node:path';
import type { DraftRouter } from '../draft.js';
import { quote } from '../findings.js';
import type { Findings, Place } from '../findings.js';
import { readSecretFile } from '../secret-file.js';
import { passwordProblem } from '../schema/authentication.js';
import type { Located } from '../schema/value-type.js';

/** Secrets that were read from files, by the dotted key that names the file. */
export type Secrets = ReadonlyMap<string, string>;

type Authentication = NonNullable<NonNullable<DraftRouter['authentication']>['value']>;

/** 32–64 bytes. */
const KEY_DIGITS = /^(?:[0-9a-f]{2}){32,64}$/i;

/** Whether advertisements carry an HMAC trailer, now or after the next step of a roll-out. */
export function hasTrailer({ authentication }: DraftRouter): boolean {
  return authentication?.value?.keys?.value !== undefined;
}

/** Reports authentication that cannot work, or that proves little.
 *  @param directory where relative paths start, absolute
 *  @returns the secrets of this router's files */
export function validateAuthentication(router: DraftRouter, directory: string, findings: Findings): Secrets {
  const { authentication } = router;
  if (authentication?.value === undefined) return new Map();
  const { value, at } = authentication;
  const password = value.simple_password?.value === undefined ? value.simple_password_file : value.simple_password;
  if (password?.value !== undefined) validatePassword(value, password.at, router, findings);
  else if (isGiven(value.keys) || isGiven(value.active_key)) validateKeys(value, router, findings);
  else if (!hasWrongValue(value)) {
    findings.error('missing-key', at, 'needs active_key and keys, or in version 2 simple_password');
  }
  return readSecrets(value, directory, findings);
}

function validatePassword(value: Authentication, at: Place, { version }: DraftRouter, findings: Findings): void {
  if (isGiven(value.simple_password) && isGiven(value.simple_password_file)) {
    findings.error('contradictory-keys', at, 'simple_password and simple_password_file exclude each other');
  }
  if (isGiven(value.keys) || isGiven(value.active_key)) {
    findings.error('contradictory-keys', at, 'a simple password and keys exclude each other');
  } else if (version?.value === 3) {
    const message = 'only version 2 has a simple password; use active_key and keys (HMAC), or version: 2';
    findings.error('wrong-version', at, message);
  } else {
    const message = 'a simple password is sent in clear: it tells neighbours apart, and stops nobody who listens';
    findings.warning('password-in-clear', at, message);
  }
}

function validateKeys(value: Authentication, { version }: DraftRouter, findings: Findings): void {
  const { active_key: active, keys, mode } = value;
  if (keys !== undefined && keys.value === undefined) {
    findings.error('missing-key', keys.at, 'is required with active_key: a map from key ids to files');
  }
  if (active !== undefined && active.value === undefined) {
    findings.error('missing-key', active.at, 'is required with keys: the id of the key that signs');
  }
  const ids = keys?.value?.map(({ name }) => name) ?? [];
  if (active?.value !== undefined && ids.length > 0 && !ids.includes(String(active.value))) {
    const message = `there is no key ${String(active.value)} under keys; there are ${ids.join(', ')}`;
    findings.error('unknown-key-id', active.at, message);
  }
  const at = isGiven(keys) ? keys.at : active?.at;
  if (version?.value === 2 && at !== undefined) {
    findings.error('wrong-version', at, 'version 2 has no HMAC; use simple_password, or version: 3');
  }
  if (mode !== undefined && mode.value !== 'enforce') {
    const message = `${mode.value} accepts advertisements without a proof; go on to enforce when every node signs`;
    findings.warning('authentication-not-enforced', mode.at, message);
  }
}

function readSecrets(
  { simple_password_file: file, keys }: Authentication, directory: string, findings: Findings,
): Secrets {
  const secrets = new Map<string, string>();
  if (file?.value !== undefined) {
    const password = readSecret(file.value, file.at, directory, findings);
    const problem = password === undefined ? undefined : passwordProblem(password);
    if (problem !== undefined) findings.error('wrong-secret', file.at, `the content must ${problem}`);
    else if (password !== undefined) secrets.set(file.at.key, password);
  }
  const idOf = new Map<string, string>();
  for (const { name, value: written, at } of keys?.value ?? []) {
    const digits = readSecret(written, at, directory, findings)?.trim().toLowerCase();
    if (digits === undefined) continue;
    if (!KEY_DIGITS.test(digits)) {
      const message = `${quote(written)} must hold 64 to 128 hexadecimal digits, a key of 32 to 64 bytes`;
      findings.error('wrong-secret', at, `${message}, as \`openssl rand -hex 32\` makes`);
      continue;
    }
    const other = idOf.get(digits);
    if (other !== undefined) findings.warning('same-key', at, `is the same key as ${other}`);
    idOf.set(digits, name);
    secrets.set(at.key, digits);
  }
  return secrets;
}

function readSecret(written: string, at: Place, directory: string, findings: Findings): string | undefined {
  if (KEY_DIGITS.test(written)) {
    findings.error('inline-secret', at, 'is a key itself; write it into a file, and the path of that file here');
    return undefined;
  }
  const file = resolve(directory, written);
  const read = readSecretFile(file);
  if (read.ok) return read.text;
  findings.error(read.code, at, `${quote(file)} ${read.message}`);
  return undefined;
}

/** Whether something that would make it complete was wrong, and has been reported. */
function hasWrongValue(value: Authentication): boolean {
  return [value.simple_password, value.simple_password_file, value.active_key, value.keys].includes(undefined);
}

/** True when a key has a value, wrong ones excluded. */
function isGiven<T>(located: Located<T | undefined> | undefined): located is Located<T> {
  return located?.value !== undefined;
}

// Decides whether the control channel can be authenticated, and reads its keys and certificates from their files. No
// finding ever repeats a secret.

import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ChannelCredentials } from '../configuration.js';
import type { DraftFile } from '../draft.js';
import { errnoOf } from '../errno.js';
import { quote } from '../findings.js';
import type { Findings, Place } from '../findings.js';
import { readSecretFile } from '../secret-file.js';
import type { Located } from '../schema/value-type.js';

/** Largest file of certificates, bytes. */
const MAX_CERTIFICATES_BYTES = 262_144;
/** 32–64 bytes, as for advertisements. */
const KEY_DIGITS = /^(?:[0-9a-f]{2}){32,64}$/i;

type Channel = NonNullable<NonNullable<DraftFile['control_channel']>['value']>;
type Tls = NonNullable<NonNullable<Channel['tls']>['value']>;

/** Whose file it is, and where its relative paths start. */
interface Context {
  readonly node: string;
  readonly directory: string;
}

/** Reports a channel that cannot work, or that reaches nobody.
 *  @returns how the nodes prove who they are; of no use after an error */
export function validateControlChannel(draft: DraftFile, context: Context, findings: Findings): ChannelCredentials {
  const { control_channel: channel } = draft;
  if (channel?.value === undefined) return { kind: 'none' };
  const { pre_shared_key_file: keyFile, tls, listen } = channel.value;
  if (isGiven(keyFile) && isGiven(tls)) {
    findings.error('contradictory-keys', channel.at, 'pre_shared_key_file and tls exclude each other');
    return { kind: 'none' };
  }
  if (isGiven(keyFile)) return readKey(keyFile, context, findings);
  if (isGiven(tls)) return readTls(tls, context, findings);
  if (keyFile === undefined || tls === undefined) return { kind: 'none' }; // wrong, and reported
  if (isGiven(listen) && !isLoopback(listen.value.address)) {
    const message = 'without pre_shared_key_file or tls only a loopback address may be listened on; make a key with '
      + '`baton keygen`';
    findings.error('channel-unauthenticated', listen.at, message);
  } else {
    const message = 'without pre_shared_key_file or tls it uses loopback addresses only, and other machines are not '
      + 'reached; make a key with `baton keygen`';
    findings.warning('channel-unauthenticated', channel.at, message);
  }
  return { kind: 'none' };
}

function readKey({ value, at }: Located<string>, { directory }: Context, findings: Findings): ChannelCredentials {
  if (KEY_DIGITS.test(value)) {
    findings.error('inline-secret', at, 'is a key itself; write it into a file, and the path of that file here');
    return { kind: 'none' };
  }
  const key = readSecret(value, at, directory, findings)?.trim().toLowerCase();
  if (key === undefined) return { kind: 'none' };
  if (KEY_DIGITS.test(key)) return { kind: 'pre-shared-key', key };
  const message = `${quote(value)} must hold 64 to 128 hexadecimal digits, as \`baton keygen\` prints them`;
  findings.error('wrong-secret', at, message);
  return { kind: 'none' };
}

function readTls({ value: tls }: Located<Tls>, { node, directory }: Context, findings: Findings): ChannelCredentials {
  const { certificate, key, ca } = tls;
  if (certificate === undefined || key === undefined || ca === undefined) return { kind: 'none' };
  const pem = readPublic(certificate, directory, findings);
  const authority = readPublic(ca, directory, findings);
  const secret = readSecret(key.value, key.at, directory, findings);
  const own = pem === undefined ? undefined : readCertificate(pem, certificate, findings);
  if (authority !== undefined) readCertificate(authority, ca, findings);
  const opened = secret === undefined ? undefined : readPrivateKey(secret, key, findings);
  if (own !== undefined && opened !== undefined && !own.checkPrivateKey(opened)) {
    findings.error('wrong-secret', key.at, 'is not the key of the certificate');
  }
  if (own !== undefined && !namesOf(own).includes(node)) {
    const message = `does not name this node, ${quote(node)}: its peers will refuse it`;
    findings.error('wrong-certificate', certificate.at, message);
  }
  if (pem === undefined || authority === undefined || secret === undefined) return { kind: 'none' };
  return { kind: 'certificates', certificate: pem, key: secret, ca: authority };
}

function readCertificate(pem: string, { value, at }: Located<string>, findings: Findings): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    findings.error('wrong-certificate', at, `${quote(value)} holds no certificate in PEM form`);
    return undefined;
  }
}

function readPrivateKey(pem: string, { value, at }: Located<string>, findings: Findings): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    findings.error('wrong-secret', at, `${quote(value)} holds no private key in PEM form without a passphrase`);
    return undefined;
  }
}

function readPublic({ value, at }: Located<string>, directory: string, findings: Findings): string | undefined {
  const file = resolve(directory, value);
  try {
    const status = statSync(file);
    if (status.isFile() && status.size <= MAX_CERTIFICATES_BYTES) return readFileSync(file, 'utf8');
    const limit = `${String(MAX_CERTIFICATES_BYTES)} bytes`;
    findings.error('wrong-certificate', at, `${quote(file)} is no file of at most ${limit}`);
  } catch (error) {
    findings.error('wrong-certificate', at, `${quote(file)} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
  return undefined;
}

function readSecret(written: string, at: Place, directory: string, findings: Findings): string | undefined {
  const file = resolve(directory, written);
  const read = readSecretFile(file);
  if (read.ok) return read.text;
  findings.error(read.code, at, `${quote(file)} ${read.message}`);
  return undefined;
}

/** The DNS names of a certificate, or its common name when it has none. */
function namesOf({ subject, subjectAltName }: X509Certificate): readonly string[] {
  const names = (subjectAltName ?? '').split(', ').filter((each) => each.startsWith('DNS:'))
    .map((each) => each.slice(4));
  const common = /^CN=(.*)$/mu.exec(subject)?.[1];
  return names.length === 0 && common !== undefined ? [common] : names;
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** True when a key has a value, wrong ones excluded. */
function isGiven<T>(located: Located<T | undefined> | undefined): located is Located<T> {
  return located?.value !== undefined;
}

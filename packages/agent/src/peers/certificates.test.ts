import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import type { ChannelCredentials } from '@baton/config';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pair, type ChannelNode } from './peers.fixture.js';

const directory = mkdtempSync(join(tmpdir(), 'baton-certificates-'));
const open: ChannelNode[] = [];

afterAll(() => { rmSync(directory, { recursive: true }); });
afterEach(() => { for (const node of open.splice(0)) node.channel.close(); });

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', words, { cwd: directory, stdio: 'ignore' });
}

function makeAuthority(name: string): void {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1',
    '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`);
}

/** The credentials of a node whose certificate an authority has signed. */
function certify(node: string, authority: string): ChannelCredentials {
  const name = `${authority}-${node}`;
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`,
    '-out', `${name}.csr`, '-subj', `/CN=${node}`);
  writeFileSync(join(directory, `${name}.ext`), `subjectAltName=DNS:${node}\n`);
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`,
    '-CAcreateserial', '-days', '1', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
  return { kind: 'certificates', certificate: read(`${name}.pem`), key: read(`${name}.key`), ca: read('ours.pem') };
}

async function start(a: ChannelCredentials, b: ChannelCredentials): ReturnType<typeof pair> {
  const made = await pair(a, b);
  open.push(made.a, made.b);
  await made.b.configure();
  await made.a.configure();
  return made;
}

describe('nodes with certificates', () => {
  makeAuthority('ours');
  makeAuthority('theirs');

  test('are connected when one authority has signed both', async () => {
    const { a, b } = await start(certify('lb-a', 'ours'), certify('lb-b', 'ours'));
    await a.until('connected lb-b');
    await b.until('connected lb-a');
  });

  test('are refused when another authority has signed theirs, and never up on either side', async () => {
    const { a, b } = await start(certify('lb-a', 'theirs'), certify('lb-b', 'ours'));
    await b.until('refused handshake-failed');
    expect([...a.told, ...b.told].filter((told) => told.startsWith('connected'))).toEqual([]);
  });

  test('are refused by who connects when the certificate names another node', async () => {
    const { a } = await start(certify('lb-a', 'ours'), certify('lb-x', 'ours'));
    await a.until('refused handshake-failed');
  });

  test('are refused by who accepts when the certificate names another node than the hello', async () => {
    const { b } = await start(certify('lb-x', 'ours'), certify('lb-b', 'ours'));
    await b.until('refused wrong-node lb-a');
  });
});

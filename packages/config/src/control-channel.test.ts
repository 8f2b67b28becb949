import { afterAll, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interpretConfiguration } from './load.js';
import type { LoadResult } from './configuration.js';

const directory = mkdtempSync(join(tmpdir(), 'baton-channel-'));
const KEY = '0a'.repeat(32);

afterAll(() => { rmSync(directory, { recursive: true }); });

/** A file beside the configuration. */
function write(name: string, text: string, mode = 0o600): void {
  writeFileSync(join(directory, name), text);
  chmodSync(join(directory, name), mode);
}

function load(channel: string): LoadResult {
  return interpretConfiguration([
    'node: lb-a', 'peers: {lb-b: 10.0.0.12}', channel,
    'virtual_routers: {web: {interface: eth0, vrid: 51, addresses: [192.0.2.10/24]}}', '',
  ].join('\n'), join(directory, 'baton.yaml'));
}

function channelOf(channel: string): unknown {
  const result = load(channel);
  return result.ok ? [result.configuration.controlChannel, result.warnings.map(({ code }) => code)] : result.findings;
}

function codesOf(channel: string): readonly string[] {
  const result = load(channel);
  return (result.ok ? result.warnings : result.findings).map(({ code, key }) => `${code} ${key}`);
}

describe('control_channel', () => {
  test('with a key reads the file, and knows where to listen when that is said', () => {
    write('peer.key', `${KEY}\n`);
    const credentials = { kind: 'pre-shared-key', key: KEY };
    expect(channelOf('control_channel: {pre_shared_key_file: peer.key}'))
      .toEqual([{ listen: undefined, credentials }, []]);
    expect(channelOf('control_channel: {pre_shared_key_file: peer.key, listen: "10.0.0.11:8600"}'))
      .toEqual([{ listen: { address: '10.0.0.11', port: 8600 }, credentials }, []]);
    expect(channelOf('control_channel: {pre_shared_key_file: peer.key, listen: "[2001:DB8::1]:1"}'))
      .toEqual([{ listen: { address: '2001:db8::1', port: 1 }, credentials }, []]);
    expect(channelOf('control_channel: {pre_shared_key_file: peer.key, listen: "2001:db8::1"}'))
      .toEqual([{ listen: { address: '2001:db8::1', port: 8512 }, credentials }, []]);
  });

  test('is off when absent or null', () => {
    expect(channelOf('control_channel: null')).toEqual([undefined, []]);
    expect(channelOf('')).toEqual([undefined, []]);
  });

  test('without a key or certificates is for loopback addresses only, and says so', () => {
    expect(channelOf('control_channel: {}'))
      .toEqual([{ listen: undefined, credentials: { kind: 'none' } }, ['channel-unauthenticated']]);
    expect(codesOf('control_channel: {listen: "10.0.0.11:8512"}'))
      .toEqual(['channel-unauthenticated control_channel.listen']);
  });

  test.each(['lb-b', '10.0.0.11:0', '10.0.0.11:70000', '[10.0.0.11', 'fe80::1%eth0'])(
    'does not listen on %s', (place) => {
      write('peer.key', KEY);
      expect(codesOf(`control_channel: {pre_shared_key_file: peer.key, listen: "${place}"}`))
        .toEqual(['wrong-address control_channel.listen']);
    });

  test.each([
    ['that others can read', KEY, 0o644, 'secret-exposed'],
    ['that is too short', 'abcd', 0o600, 'wrong-secret'],
  ])('refuses a key %s', (_, text, mode, code) => {
    write('bad.key', text, mode);
    expect(codesOf('control_channel: {pre_shared_key_file: bad.key}'))
      .toEqual([`${code} control_channel.pre_shared_key_file`]);
  });

  test('refuses a key in the file itself, and a file that is missing, without repeating the key', () => {
    const result = load(`control_channel: {pre_shared_key_file: ${'ab'.repeat(32)}}`);
    expect(JSON.stringify(result)).not.toContain('abab');
    expect(result).toMatchObject({ ok: false, findings: [{ code: 'inline-secret' }] });
    expect(codesOf('control_channel: {pre_shared_key_file: none.key}'))
      .toEqual(['secret-missing control_channel.pre_shared_key_file']);
  });

  test('takes a key or certificates, not both', () => {
    const tls = 'tls: {certificate: c.pem, key: k.pem, ca: ca.pem}';
    expect(codesOf(`control_channel: {pre_shared_key_file: peer.key, ${tls}}`))
      .toEqual(['contradictory-keys control_channel']);
  });

  test('refuses files that hold no certificates and no key', () => {
    write('c.pem', 'nothing');
    write('k.pem', 'nothing');
    expect(codesOf('control_channel: {tls: {certificate: c.pem, key: k.pem, ca: missing.pem}}')).toEqual([
      'wrong-certificate control_channel.tls.certificate', 'wrong-secret control_channel.tls.key',
      'wrong-certificate control_channel.tls.ca',
    ]);
  });
});

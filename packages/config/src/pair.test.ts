import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatFinding } from './findings.js';
import { loadConfiguration } from './load.js';
import { checkPair } from './pair-files.js';

const ADDRESSES = 'addresses: [192.0.2.10/24]';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'baton-pair-'));
  writeFileSync(join(directory, 'one.key'), 'ab'.repeat(32), { mode: 0o600 });
  writeFileSync(join(directory, 'two.key'), 'cd'.repeat(32), { mode: 0o600 });
});
afterAll(() => { rmSync(directory, { recursive: true }); });

/** What a pair of files shows: `line:column severity code key: message`. */
function compare(own: string, peer: string): readonly string[] {
  const [file, peerFile] = [join(directory, 'own.yaml'), join(directory, 'peer.yaml')];
  writeFileSync(file, own);
  writeFileSync(peerFile, peer);
  const result = loadConfiguration(file);
  if (!result.ok) throw new Error(result.findings.map(formatFinding).join('\n'));
  const { findings } = checkPair(result.configuration, 'own', peerFile);
  return findings.map(({ line, column, severity, code, key, message }) =>
    `${String(line)}:${String(column)} ${severity} ${code} ${key.replace('virtual_routers.web.', '')}: ${message}`);
}

/** Compares two files with one router each: the keys of lb-a stand in line 4 from column 36 on. */
function comparePairOf({ a, b }: { readonly a: string; readonly b: string }): readonly string[] {
  const file = (node: string, other: string, octet: number, keys: string): string =>
    `node: ${node}\npeers: {${other}: 10.0.0.${String(octet)}}\nvirtual_routers:\n`
    + `  web: {interface: eth0, vrid: 51, ${keys}${keys.includes(' addresses') ? '' : `, ${ADDRESSES}`}}\n`;
  return compare(file('lb-a', 'lb-b', 12, a), file('lb-b', 'lb-a', 11, b));
}

test('a pair that fits shows nothing', () => {
  expect(comparePairOf({ a: 'priority: 200', b: 'priority: 100' })).toEqual([]);
});

const ALONE = 'each would be master for itself';

describe('one virtual router that would be two', () => {
  test.each([
    ['version: 2', 'priority: 100', `45 error pair-version version: is 3 there: ${ALONE}`],
    ['version: 2, advert_interval: 2s', 'version: 2, priority: 90',
      `65 error pair-interval advert_interval: is 1s there, and version 2 demands the same: ${ALONE}`],
    ['priority: 255', 'priority: 255',
      '46 error two-owners priority: is 255 there too: two nodes cannot own the same addresses'],
    ['priority: 9, addresses: [192.0.2.10/24, "fe80::10/64"]', 'priority: 100',
      `60 error pair-families addresses: are of both families only here: ${ALONE} of one of them`],
    ['priority: 9, addresses: [192.0.2.11/24]', 'priority: 100',
      `60 error pair-addresses addresses: have nothing in common with those there: ${ALONE}`],
    ['version: 2, addresses: [192.0.2.10/24, 192.0.2.11/24]', 'version: 2, priority: 9',
      `59 error pair-addresses addresses: only here: 192.0.2.11/24; version 2 demands the same: ${ALONE}`],
    ['checksum: rfc9568-strict', 'priority: 9',
      `46 error pair-checksum checksum: is auto there, and one of the two accepts no other: ${ALONE}`],
    ['unicast: true', 'priority: 9', `45 error pair-unicast unicast: is used by one node only: ${ALONE}`],
    ['unicast: true, source_address: 10.9.0.11', 'unicast: true, priority: 9',
      `45 error pair-unicast unicast: advertisements from 10.9.0.11 are expected by nobody: ${ALONE}`],
    ['unicast: true', 'unicast: true, priority: 9, source_address: 10.9.0.12',
      `45 error pair-unicast unicast: advertisements from 10.9.0.12 are expected by nobody: ${ALONE}`],
    ['version: 2, authentication: {simple_password: a}', 'version: 2, priority: 9',
      `64 error pair-authentication authentication: one node has a simple password, and the other has not: ${ALONE}`],
    ['version: 2, authentication: {simple_password: a}',
      'version: 2, priority: 9, authentication: {simple_password: b}',
      `64 error pair-authentication authentication: the simple passwords are not the same: ${ALONE}`],
    ['authentication: {active_key: 1, keys: {1: one.key}}', 'priority: 9',
      '52 error pair-authentication authentication: what the other node signs is not understood there, where no keys '
      + `are given: ${ALONE}`],
    ['priority: 200', 'authentication: {active_key: 1, keys: {1: one.key}}',
      '8 error pair-authentication authentication: a proof is enforced there, and the other node sends none: '
      + ALONE],
    ['authentication: {active_key: 1, keys: {1: one.key}}',
      'priority: 9, authentication: {active_key: 1, keys: {1: two.key}}',
      `52 error pair-authentication authentication: the key 1 is not the same on both nodes: ${ALONE}`],
    ['authentication: {active_key: 1, keys: {1: one.key}}',
      'priority: 9, authentication: {active_key: 2, keys: {1: one.key, 2: two.key}}',
      '52 error pair-authentication authentication: the key 2, with which the other node signs, is not known here: '
      + ALONE],
  ])('%s with %s', (a, b, expected) => {
    expect(comparePairOf({ a, b }).filter((line) => line.includes(' error '))).toEqual([`4:${expected}`]);
  });
});

describe('a router that works, but not as one would think', () => {
  test.each([
    ['priority: 100', 'priority: 100',
      '46 warning equal-priority priority: is 100 there too: the higher address decides; give each node its own'],
    ['advert_interval: 2s', 'priority: 9',
      '53 warning pair-interval advert_interval: is 1s there: how fast a takeover is depends on who was master'],
    ['priority: 9, addresses: [192.0.2.10/24, 192.0.2.11/24]',
      'priority: 8, addresses: [192.0.2.10/24, 192.0.2.12/24]',
      '60 warning pair-addresses addresses: only here: 192.0.2.11/24; only there: 192.0.2.12/24'],
    ['version: 2, addresses: [192.0.2.10/32]', 'version: 2, priority: 9',
      '59 warning pair-addresses addresses: only here: 192.0.2.10/32; only there: 192.0.2.10/24'],
    ['extra_addresses: [192.0.2.11/24]', 'priority: 9',
      '53 warning pair-addresses extra_addresses: only here: 192.0.2.11/24'],
    ['virtual_mac: true', 'priority: 9',
      '49 warning pair-virtual-mac virtual_mac: is false there: a takeover changes the MAC of the addresses all the '
      + 'same'],
    ['accept: false', 'priority: 9',
      '44 warning pair-accept accept: is not the same there: the addresses answer on one node only'],
  ])('%s with %s', (a, b, expected) => {
    expect(comparePairOf({ a, b })).toEqual([`4:${expected}`]);
  });
});

describe('a pair that fits all the same', () => {
  test.each([
    ['unicast: true', 'unicast: true, priority: 9'],
    ['checksum: rfc9568', 'priority: 9'],
    ['version: 2, authentication: {simple_password: a}',
      'version: 2, priority: 9, authentication: {simple_password: a}'],
    ['authentication: {active_key: 1, keys: {1: one.key, 2: two.key}}',
      'priority: 9, authentication: {active_key: 2, keys: {1: one.key, 2: two.key}}'],
    ['authentication: {active_key: 1, keys: {1: one.key}, mode: receive-only}', 'priority: 9'],
    ['authentication: {active_key: 1, keys: {1: one.key}, mode: permissive}',
      'priority: 9, authentication: {active_key: 1, keys: {1: one.key}, mode: receive-only}'],
  ])('%s with %s', (a, b) => {
    expect(comparePairOf({ a, b })).toEqual([]);
  });
});

describe('two files', () => {
  const file = (node: string, peers: string, routers: string, more = ''): string =>
    `node: ${node}\npeers: {${peers}}\nvirtual_routers:\n${routers}${more}`;
  const router = (name: string, vrid: number, priority: number): string =>
    `  ${name}: {interface: eth0, vrid: ${String(vrid)}, priority: ${String(priority)}, `
      + `addresses: [192.0.2.${String(vrid)}/24]}\n`;

  test('of one node, or of nodes that do not know each other', () => {
    const own = file('lb-a', 'lb-b: 10.0.0.12', router('web', 1, 200));
    expect(compare(own, own)).toEqual(["1:7 error same-node node: the other file is that of 'lb-a' too"]);
    expect(compare(own, file('lb-c', 'lb-a: 10.0.0.11', router('web', 1, 100)))).toEqual(
      ["2:8 warning unknown-peer peers: 'lb-c' is not among them"]);
  });

  test('with routers that have no counterpart, or one of another name', () => {
    const routers = [router('web', 1, 200), router('api.v2', 2, 200), router('db', 3, 200)];
    const others = [router('web', 1, 100), router('other', 3, 100), router('new', 4, 1)];
    const own = file('lb-a', 'lb-b: 10.0.0.12', routers.join(''));
    const peer = file('lb-b', 'lb-a: 10.0.0.11', others.join(''));
    expect(compare(own, peer)).toEqual([
      "4:3 warning missing-router virtual_routers: 'lb-b' has a router 'new', which this node cannot take over",
      "5:11 warning missing-router virtual_routers.api.v2: 'lb-b' has no such router, and cannot take over",
      "6:31 warning pair-name virtual_routers.db.vrid: is the VRID of 'other' there: one router under two names",
    ]);
  });

  test('with a VRID that differs', () => {
    const own = file('lb-a', 'lb-b: 10.0.0.12', router('web', 1, 200));
    const peer = file('lb-b', 'lb-a: 10.0.0.11', router('web', 2, 100).replace('192.0.2.2', '192.0.2.1'));
    expect(compare(own, peer)).toEqual([`4:32 error pair-vrid vrid: is 2 there: ${ALONE}`]);
  });

  test('with other groups', () => {
    const routers = (priority: number): string => router('web', 1, priority) + router('api', 2, priority);
    const own = file('lb-a', 'lb-b: 10.0.0.12', routers(200), 'sync_groups: {edge: [web, api]}\n');
    const peer = (more: string): string => file('lb-b', 'lb-a: 10.0.0.11', routers(100), more);
    expect(compare(own, peer('sync_groups: {other: [api, web]}\n'))).toEqual([]);
    expect(compare(own, peer(''))).toEqual([
      "6:14 warning pair-sync-groups sync_groups: are [api, web] here and none on 'lb-b': they will not move together "
        + 'on both',
    ]);
  });

  test('that are one and the same', () => {
    const shared = `peers: {lb-a: 10.0.0.11, lb-b: 10.0.0.12}\nvirtual_routers:\n${router('web', 1, 200)
      .replace('200', '{lb-a: 200, lb-b: 100}').replace('vrid: 1', 'vrid: {lb-a: 1, lb-b: 2}')}`;
    const path = join(directory, 'shared.yaml');
    writeFileSync(path, shared.replace('node: lb-a\n', ''));
    const result = loadConfiguration(path, { node: 'lb-a' });
    const findings = result.ok ? checkPair(result.configuration, path, path).findings : [];
    expect(findings).toMatchObject([{ file: path, line: 3, column: 32, code: 'pair-vrid' }]);
  });

  test('of which the second one is wrong', () => {
    const own = file('lb-a', 'lb-b: 10.0.0.12', router('web', 1, 200));
    expect(compare(own, 'node: lb-b\n')).toEqual(
      ['1:1 error missing-key virtual_routers: is required: a map of names with at least one entry']);
  });
});

describe('unicast peers that no source_address proves wrong', () => {
  const file = (node: string, priority: number, peer: string, nodes: string, source = ''): string =>
    `node: ${node}\npeers: ${nodes}\nvirtual_routers:\n  web: {interface: eth0, vrid: 51, `
    + `priority: ${String(priority)}, ${ADDRESSES}, unicast: {peers: [${peer}]}${source}}\n`;
  const both = '{lb-a: 10.0.0.11, lb-b: 10.0.0.12}';
  const doubt = (address: string): string => '4:88 warning pair-unicast unicast: '
    + `advertisements from ${address}, the address under peers, are expected by nobody: ${ALONE}, `
    + 'unless they leave from another address; source_address says which';

  test('are doubtful when the address of a node under peers is not among those of the other', () => {
    const peer = file('lb-b', 253, '10.0.0.11', both);
    expect(compare(file('lb-a', 254, '10.0.0.13', both), peer)).toEqual([doubt('10.0.0.12')]);
    expect(compare(file('lb-a', 254, '10.0.0.12', both), peer)).toEqual([]);
  });

  test('are compared with what the other file says of a node that does not stand in its own', () => {
    const own = file('lb-a', 254, '10.0.0.12', '{lb-b: 10.0.0.12}');
    expect(compare(own, file('lb-b', 253, '10.0.0.19', '{lb-a: 10.0.0.11}'))).toEqual([doubt('10.0.0.11')]);
  });

  test('are not doubted when source_address says what the others expect', () => {
    const own = file('lb-a', 254, '10.1.0.12', both, ', source_address: 10.1.0.11');
    expect(compare(own, file('lb-b', 253, '10.1.0.11', both, ', source_address: 10.1.0.12'))).toEqual([]);
  });
});

// Whatever a file holds, loading it ends with a configuration or with findings that have a place in it; it never
// throws.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { interpretConfiguration } from './load.js';

const LARGE = 65_536;

const VALID = `node: lb-a
peers: {lb-b: {address: 10.0.0.12, port: 9000}}
virtual_routers:
  web:
    interface: eth0
    vrid: 51
    priority: {lb-a: 254, lb-b: 253}
    advert_interval: 100ms
    addresses: [192.0.2.10/24, {address: 192.0.2.11/24, label: "eth0:w"}]
    announce: {count: 5, delay: 5s}
    rules: {losing_advert: answer}
    authentication: null
    known_routers: [10.0.0.12]
    accept: false
  inside:
    interface: eth1
    vrid: 51
    priority: {lb-a: 254, lb-b: 253}
    addresses: ["fe80::10/64", "2001:db8::10/64"]
    extra_addresses: [{address: 198.51.100.10/24, interface: eth2}]
    routes: [{to: default, via: "fe80::1", table: 100}]
    unicast: {peers: [{address: "fe80::12", min_ttl: 254}], check_source: true}
    source_address: ["fe80::11"]
sync_groups: {edge: [web, inside]}
hooks:
  - {on: [all], run: [/bin/true, x], timeout: 10s}
log: {level: info}
`;

/** Pieces of which files are made, right and wrong ones. */
const pieces = fc.constantFrom(
  ...VALID.split(/(?<=[\s:,[\]{}])/), '\n', '\n  ', ': ', '- ', '[', ']', '{', '}', ', ', '&a ', '*a', '"', "'", '|\n',
    '>-\n', '!!str ',
  '!x ', '? ', '---\n', '...\n', '#', '\t', '%YAML 1.2\n', '<<: ', '__proto__', 'constructor', 'null', '~', '.inf',
    '-0', '1e999',
  '\uFEFF', '\u2028', '\0', '\r\n', '😀',
);

/** Compares everything unsound about the outcome with nothing, at once: that keeps the runs fast. */
function loadSoundly(text: string): void {
  const lineCount = text.split(/\r\n|\r|\n/).length;
  const result = interpretConfiguration(text, 'f', { node: 'lb-a' });
  const findings = result.ok ? result.warnings : result.findings;
  const misplaced = findings.filter(({ line, column }) => line < 1 || line > lineCount || column < 1);
  const endless = findings.filter(({ message }) => message.length > 2000);
  const hasError = findings.some(({ severity }) => severity === 'error');
  expect({ misplaced, endless, hasError }).toEqual({ misplaced: [], endless: [], hasError: !result.ok });
}

describe('loading never throws, and every finding has a place in the file', () => {
  test('for the file that the others are made from, which is right', () => {
    expect(interpretConfiguration(VALID, 'f')).toMatchObject({ ok: true, warnings: [] });
  });

  test('for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), loadSoundly), { numRuns: 500 });
  });

  test('for text of YAML pieces in any order', () => {
    fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }).map((list) => list.join('')), loadSoundly),
      { numRuns: 1500 });
  });

  test('for a right file with one piece replaced', () => {
    const mutation = fc.record({ at: fc.nat(VALID.length), length: fc.nat(12), piece: pieces });
    fc.assert(fc.property(mutation, ({ at, length, piece }) => {
      loadSoundly(VALID.slice(0, at) + piece + VALID.slice(at + length));
    }), { numRuns: 1500 });
  });

  test('for any JSON, which is YAML too', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), loadSoundly), { numRuns: 500 });
  });

  test('for any value in the place of any key', () => {
    const keys = fc.constantFrom('node', 'peers', 'virtual_routers', 'hooks', 'log', 'state_directory',
      'runtime_directory', 'observe', 'sync_groups');
    fc.assert(fc.property(fc.dictionary(keys, fc.jsonValue({ maxDepth: 4 })), (file) => {
      loadSoundly(JSON.stringify(file));
    }), { numRuns: 500 });
  });

  test.each([
    ['brackets', '['], ['nested maps', '{a: '], ['nested lists', '- '], ['complex keys', '? '], ['quotes', '"'],
      ['anchors', '&a '],
    ['tags', '!a '], ['aliases', '*a '], ['documents', '---\n'], ['block scalars', 'a: |\n'], ['colons', ':'],
      ['new lines', '\n'],
  ])('for 64 KiB full of %s', (_, unit) => {
    loadSoundly(unit.repeat(LARGE / unit.length));
  }, 60_000);
});

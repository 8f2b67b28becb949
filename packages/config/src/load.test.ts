import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatFinding } from './findings.js';
import { findDaemonDirectories, loadConfiguration, MAX_FILE_BYTES, type LoadOptions } from './load.js';

const OTHER = 'give the path of another one with -c';
const SMALLEST = `node: lb-a
peers: {lb-b: 10.0.0.12}
virtual_routers:
  web: {interface: eth0, vrid: 51, priority: 254, addresses: [192.0.2.10/24]}
`;

let directory = '';
beforeAll(() => { directory = mkdtempSync(join(tmpdir(), 'baton-config-')); });
afterAll(() => { rmSync(directory, { recursive: true }); });

function write(name: string, content: string | Buffer): string {
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

function refusal(file: string, options: LoadOptions = {}): readonly string[] {
  const result = loadConfiguration(file, options);
  return result.ok ? [] : result.findings.map(formatFinding);
}

describe('the smallest useful file', () => {
  test('gives the whole configuration with every default', () => {
    const file = write('baton.yaml', SMALLEST);
    expect(loadConfiguration(file)).toEqual({
      ok: true, warnings: [],
      configuration: {
        file, node: 'lb-a',
        peers: [{ node: 'lb-b', address: '10.0.0.12', port: 8512 }],
        routers: [{
          name: 'web',
          families: [{
            name: 'web', interface: 'eth0', vrid: 51, version: 3, family: 4, priority: 254, advertIntervalMs: 1000,
            addresses: [{ address: '192.0.2.10', prefixLength: 24 }],
            preemptMode: true, preemptDelayMs: 0, startupDelayMs: 0, checksum: 'auto',
            announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 },
            leaseSeconds: 4,
            rules: {
              losingAdvert: 'auto', yieldingAdvert: 'send', vridCollision: 'ignore', tolerateMissingLinkLocal: false,
            },
          }],
          sourceAddresses: {}, virtualMac: false, acceptMode: true, routes: [],
        }],
        syncGroups: [],
        hooks: [], log: { level: 'info', format: 'text', file: undefined },
        stateDirectory: '/var/lib/baton', runtimeDirectory: '/run/baton', observe: false,
        places: {
          'node': { line: 1, column: 7 }, 'state_directory': { line: 1, column: 1 },
          'runtime_directory': { line: 1, column: 1 }, 'virtual_routers.web.interface': { line: 4, column: 20 },
        },
      },
    });
  });

  test('is read through a symbolic link, and with a byte order mark', () => {
    const link = join(directory, 'link.yaml');
    symlinkSync(write('bom.yaml', `\uFEFF${SMALLEST}`), link);
    expect(loadConfiguration(link)).toMatchObject({ ok: true, configuration: { node: 'lb-a', file: link } });
  });
});

describe('a file that cannot be read is a finding', () => {
  test('when it is missing', () => {
    const file = join(directory, 'none.yaml');
    expect(refusal(file)).toEqual([`${file}:1:1: error: there is no such file; create it, or ${OTHER}`]);
  });

  test('when it is a directory', () => {
    expect(refusal(directory)).toEqual(
      [`${directory}:1:1: error: this is not a regular file; give the path of one with -c`]);
  });

  test('when its name is impossible', () => {
    const file = join(directory, 'x'.repeat(300));
    expect(refusal(file)).toEqual([`${file}:1:1: error: the file cannot be read (ENAMETOOLONG); ${OTHER}`]);
    expect(refusal('a\0b')).toEqual(
      [`a\\u{0}b:1:1: error: the file cannot be read (ERR_INVALID_ARG_VALUE); ${OTHER}`]);
  });

  test('when it is larger than the limit, without reading it', () => {
    const file = write('large.yaml', Buffer.alloc(MAX_FILE_BYTES + 1, '#'));
    expect(refusal(file)).toEqual([
      `${file}:1:1: error: the file is larger than a configuration can be (1048577 of at most 1048576 bytes)`,
    ]);
  });

  test('when it is not UTF-8, with the place of the first wrong byte', () => {
    const file = write('latin1.yaml', Buffer.concat([Buffer.from('a: 1\nbü: '), Buffer.from([0xfc, 0x0a, 0xff])]));
    expect(refusal(file)).toEqual([`${file}:2:5: error: the file is not UTF-8 text`]);
  });

  test('when it is not a map', () => {
    const file = write('list.yaml', '- a\n');
    expect(refusal(file)).toEqual(
      [expect.stringMatching(/^.*:1:1: error: must be a map with the keys node, peers, .*, not a list$/)]);
  });
});

describe('a file that two nodes share', () => {
  const shared = `peers: {lb-a: 10.0.0.11, lb-b: 10.0.0.12}
virtual_routers:
  web:
    interface: {lb-a: eth0, lb-b: ens3}
    vrid: 51
    priority: {lb-a: 254, lb-b: 253}
    addresses: {lb-a: [192.0.2.10/24], lb-b: [192.0.2.10/24, 192.0.2.11/24]}
    announce: {count: {lb-a: 1, lb-b: 2}}
log: {level: {lb-a: debug, lb-b: warn}}
`;

  test('gives each node its own values, and the other one as its peer', () => {
    const file = write('shared.yaml', shared);
    expect(loadConfiguration(file, { node: 'lb-a' })).toMatchObject({
      ok: true, warnings: [],
      configuration: {
        node: 'lb-a', peers: [{ node: 'lb-b', address: '10.0.0.12' }], log: { level: 'debug' },
        routers: [{ families: [{ interface: 'eth0', priority: 254, addresses: [{}], announce: { count: 1 } }] }],
      },
    });
    expect(loadConfiguration(file, { node: 'lb-b' })).toMatchObject({
      ok: true, warnings: [],
      configuration: {
        node: 'lb-b', peers: [{ node: 'lb-a', address: '10.0.0.11' }], log: { level: 'warn' },
        routers: [{ families: [{ interface: 'ens3', priority: 253, addresses: [{}, {}], announce: { count: 2 } }] }],
      },
    });
  });

  test('is refused once on a node that it does not speak of, with the names that it knows', () => {
    expect(refusal(write('shared.yaml', shared), { node: 'vm' })).toEqual([expect.stringMatching(
      /:1:1: error: node: this host is 'vm', the file knows 'lb-a', 'lb-b': set node:, or pass --node$/)]);
  });

  test('is refused on a node that it names itself, once for each key without a value for it', () => {
    const result = loadConfiguration(write('shared.yaml', `node: lb-c\n${shared}`));
    expect(result).toMatchObject({ ok: false });
    const findings = result.ok ? [] : result.findings;
    expect(findings.map(({ line, column, code }) => [line, column, code])).toEqual([
      [5, 16, 'missing-node'], [7, 15, 'missing-node'], [8, 16, 'missing-node'], [9, 23, 'missing-node'],
      [10, 14, 'missing-node'],
    ]);
    expect(findings[1]?.message).toBe("has no value for this node, 'lb-c' (given for: 'lb-a', 'lb-b'); "
      + 'must be an integer 1..255, or a map with one per node');
  });

  test('has the values of the other node checked as well', () => {
    const result = loadConfiguration(write('shared.yaml', shared.replace('253', '256')), { node: 'lb-a' });
    expect(result).toMatchObject({
      ok: false, findings: [{ line: 6, column: 33, key: 'virtual_routers.web.priority.lb-b', code: 'out-of-range' }],
    });
  });

  test('warns of a value for a node that nobody knows', () => {
    const file = write('shared.yaml', shared.replace('lb-b: 253', 'lb-b: 253, lb-x: 1'));
    expect(loadConfiguration(file, { node: 'lb-a' })).toMatchObject({
      ok: true, warnings: [{ line: 6, column: 38, key: 'virtual_routers.web.priority.lb-x', code: 'unknown-node' }],
    });
  });

  test('is read with the short host name unless a node is named', () => {
    const [host = ''] = hostname().split('.');
    const file = write('host.yaml', SMALLEST.replace('node: lb-a\n', '').replace('254', `{${host}: 7}`));
    expect(loadConfiguration(file)).toMatchObject(
      { ok: true, configuration: { node: host, routers: [{ families: [{ priority: 7 }] }] } });
  });

  test('cannot name this node once per node', () => {
    const file = write('node.yaml', SMALLEST.replace('node: lb-a', 'node: {lb-a: lb-a}'));
    expect(loadConfiguration(file)).toMatchObject(
      { ok: false, findings: [{ line: 1, column: 7, key: 'node', code: 'wrong-type' }] });
  });
});

describe('a file may have relative paths', () => {
  test('they start where the file is', () => {
    mkdirSync(join(directory, 'sub'));
    const file = write('sub/paths.yaml',
      `${SMALLEST}state_directory: state\nruntime_directory: ../run\nlog: {file: baton.log}\n`);
    expect(loadConfiguration(file)).toMatchObject({
      ok: true,
      configuration: {
        stateDirectory: join(directory, 'sub/state'), runtimeDirectory: join(directory, 'run'),
        log: { file: join(directory, 'sub/baton.log') },
      },
    });
  });
});

describe('the program of a hook', () => {
  function hookFinding(run: string): readonly string[] {
    const result = loadConfiguration(write('hook.yaml', `${SMALLEST}hooks:\n  - on: [all]\n    run: [${run}]\n`));
    const findings = result.ok ? result.warnings : result.findings;
    return findings.map((finding) => formatFinding(finding).replace(/^.*hook\.yaml:/, ''));
  }

  function program(name: string, mode: number, text = '#!/bin/true\n'): string {
    const path = write(name, text);
    chmodSync(path, mode);
    return path;
  }

  test('is accepted with its arguments as they are spelled', () => {
    const path = program('good', 0o755);
    expect(hookFinding(`${path}, 0x10, true, "a b"`)).toEqual([]);
    const result = loadConfiguration(
      write('hook.yaml', `${SMALLEST}hooks: [{on: [stop], run: [${path}, 0x10, true, "a b"]}]\n`));
    expect(result).toMatchObject({ ok: true, configuration: { hooks: [{ run: [path, '0x10', 'true', 'a b'] }] } });
  });

  test('need not be a script', () => {
    expect(hookFinding(program('binary', 0o755, '\u007fELF\r\n'))).toEqual([]);
  });

  test('starts at the file when it is relative', () => {
    const path = program('near.sh', 0o755);
    const hooks = 'hooks: [{on: [stop], run: [near.sh, near.sh]}, {on: [all], run: [sub/../near.sh]}]';
    expect(loadConfiguration(write('hook.yaml', `${SMALLEST}${hooks}\n`))).toMatchObject(
      { ok: true, warnings: [], configuration: { hooks: [{ run: [path, 'near.sh'] }, { run: [path] }] } });
  });

  test('is not looked for in PATH', () => {
    const missing = `'${join(directory, 'true')}' does not exist`;
    expect(hookFinding('true')).toEqual(
      [`7:11: error: hooks[0].run[0]: ${missing}; 'true' starts at the file, not in PATH`]);
  });

  test.each([
    ['must exist', 'none', () => join(directory, 'none'), "'PATH' does not exist"],
    ['must be a file', 'dir', () => directory, "'PATH' is not a file"],
    ['must be executable', 'text', () => program('text', 0o644), "'PATH' is not executable; run chmod +x"],
    ['must not be open to everybody', 'open', () => program('open', 0o757),
      "'PATH' can be changed by every user; run chmod o-w"],
    ['must have an interpreter that exists', 'bare', () => program('bare', 0o755, '#! /nowhere/python -u\n'),
      "'PATH' names an interpreter in its first line that does not exist"],
    ['must not come from a system whose lines end otherwise', 'crlf', () => program('crlf', 0o755, '#!/bin/sh\r\n'),
      "'PATH' has a carriage return at the end of its first line, which belongs to the name there; remove it, for "
        + "example with sed -i 's/\\r$//'"],
  ])('%s', (_, __, make, message) => {
    const path = make();
    expect(hookFinding(path)).toEqual([`7:11: error: hooks[0].run[0]: ${message.replace("'PATH'", `'${path}'`)}`]);
  });
});

describe('the directories of a daemon are found', () => {
  const defaults = { runtimeDirectory: '/run/baton', stateDirectory: '/var/lib/baton' };

  test('in a file that is wrong in everything else', () => {
    const file = write('wrong.yaml', 'virtual_routers: 5\nx: 1\nx: 2\nruntime_directory: run\nstate_directory: /s\n');
    expect(findDaemonDirectories(file)).toEqual(
      { runtimeDirectory: join(directory, 'run'), stateDirectory: '/s', problem: undefined });
  });

  test('for this node in a shared file', () => {
    const file = write('shared-run.yaml', 'node: lb-b\nruntime_directory: {lb-a: /a, lb-b: /b}\n');
    expect(findDaemonDirectories(file)).toEqual({ ...defaults, runtimeDirectory: '/b', problem: undefined });
  });

  test.each(['node: lb-a\n', '- 1\n'])('at their defaults when the file %p names none', (text) => {
    expect(findDaemonDirectories(write('no-run.yaml', text))).toEqual({ ...defaults, problem: undefined });
  });

  test.each([
    'runtime_directory: 5\n', 'state_directory: [x]\n', 'runtime_directory:\n', 'state_directory: {x: /x}\n',
  ])(
    'at their defaults, and with the reason, when the file says %p', (text) => {
      expect(findDaemonDirectories(write('no-run.yaml', text))).toMatchObject(
        { ...defaults, problem: { line: 1, code: 'wrong-type', message: 'must be a path' } });
    });

  test('at their defaults, and with the reason, when the file is missing or no YAML', () => {
    expect(findDaemonDirectories(join(directory, 'none'))).toMatchObject(
      { ...defaults, problem: { code: 'missing-file' } });
    expect(findDaemonDirectories(write('no.yaml', 'a: [\n'))).toMatchObject(
      { ...defaults, problem: { code: 'syntax-error' } });
  });
});

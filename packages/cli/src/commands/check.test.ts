// `baton check` as an operator runs it. Needs a build.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const BATON = join(__dirname, '../../bin/baton');
const ROUTER = '  web: {interface: eth0, vrid: 51, addresses: [192.0.2.10/24]}\n';
const GOOD = `node: lb-a\nruntime_directory: .\nvirtual_routers:\n${ROUTER}`;

let directory = '';
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-check-')); });
afterEach(() => { rmSync(directory, { recursive: true }); });

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

function configuration(node: string, peer: string, keys: string): string {
  const router = `  web: {interface: eth0, ${keys}, addresses: [192.0.2.10/24]}\n`;
  return `node: ${node}\npeers: {${peer}: 10.0.0.12}\nvirtual_routers:\n${router}`;
}

function check(...words: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(BATON, ['check', ...words], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

describe('one file', () => {
  test('says what a good file holds and exits with 0', () => {
    const file = write('baton.yaml', GOOD);
    expect(check(file)).toEqual({
      code: 0, stdout: `${file} is good for node lb-a: 1 virtual router, 0 peers, 0 hooks\n`, stderr: '',
    });
  });

  test('warns and still exits with 0', () => {
    const file = write('baton.yaml', GOOD.replace('vrid: 51', 'vrid: 51, priority: 255'));
    expect(check(file)).toEqual({
      code: 0,
      stdout: `${file} is good for node lb-a: 1 virtual router, 0 peers, 0 hooks; 1 warning\n`,
      stderr: `${file}:4:46: warning: virtual_routers.web.priority: 255 claims to own the addresses: `
        + 'master at once, yields only to another 255 with a higher address; give it to one node at most\n',
    });
  });

  test('prints every error to standard error and exits with 4', () => {
    const file = write('baton.yaml', GOOD.replace('vrid: 51', 'vrid: 0, prio: 5'));
    expect(check(file)).toEqual({
      code: 4, stdout: '',
      stderr: `${file}:4:32: error: virtual_routers.web.vrid: must be an integer 1..255, not 0\n`
        + `${file}:4:35: error: virtual_routers.web.prio: there is no such key; the nearest is 'priority'\n`
        + `${file} cannot be used: 2 errors\n`,
    });
  });

  test('exits with 4 when there is no file', () => {
    const file = join(directory, 'none.yaml');
    expect(check(file)).toEqual({
      code: 4, stdout: '', stderr: `${file}:1:1: error: there is no such file; create it, or give the path of `
        + `another one with -c\n${file} cannot be used: 1 error\n`,
    });
  });

  test('takes the file with -c as the other commands do, and the default file when it is given none', () => {
    const file = write('baton.yaml', GOOD);
    expect(check('-c', file)).toEqual(check(file));
    const none = check();
    expect(none.stdout + none.stderr).toContain('/etc/baton/baton.yaml');
  });

  test('prints JSON to standard output', () => {
    const file = write('baton.yaml', GOOD.replace('51', '0'));
    const { code, stdout, stderr } = check('--json', file);
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      file, ok: false, node: null,
      findings: [{
        severity: 'error', code: 'out-of-range', file, line: 4, column: 32, key: 'virtual_routers.web.vrid',
        message: 'must be an integer 1..255, not 0',
      }],
    });
  });

  test('reads a shared file as another node', () => {
    const file = write('baton.yaml', GOOD.replace('node: lb-a\n', '').replace('51', '{lb-b: 52}'));
    expect(check('--node', 'lb-b', file)).toMatchObject(
      { code: 0, stdout: expect.stringContaining('good for node lb-b') });
    expect(check('--node', 'lb-a', file)).toMatchObject({ code: 4 });
  });
});

describe('two files', () => {
  test('says that two files fit', () => {
    const own = write('own.yaml', configuration('lb-a', 'lb-b', 'vrid: 51, priority: 200'));
    const peer = write('peer.yaml', configuration('lb-b', 'lb-a', 'vrid: 51, priority: 100'));
    expect(check(own, '--peer', peer)).toEqual({
      code: 0, stderr: '',
      stdout: `${own} is good for node lb-a together with lb-b: 1 virtual router, 1 peer, 0 hooks\n`,
    });
  });

  test('ends with 4 when two files do not fit, and names the place in the first one', () => {
    const own = write('own.yaml', configuration('lb-a', 'lb-b', 'vrid: 51, priority: 200'));
    const peer = write('peer.yaml', configuration('lb-b', 'lb-a', 'vrid: 52, priority: 100'));
    expect(check(own, '--peer', peer)).toEqual({
      code: 4, stdout: '',
      stderr: `${own}:4:32: error: virtual_routers.web.vrid: is 52 there: each would be master for itself\n`
        + `${own} together with ${peer} cannot be used: 1 error\n`,
    });
  });

  test('warns of what only both files show, and ends with 0', () => {
    const own = write('own.yaml', configuration('lb-a', 'lb-b', 'vrid: 51'));
    const peer = write('peer.yaml', configuration('lb-b', 'lb-a', 'vrid: 51'));
    expect(check(own, '--peer', peer)).toMatchObject({
      code: 0, stdout: expect.stringMatching(/together with lb-b: .*; 1 warning\n$/),
      stderr: expect.stringContaining(`${own}:4:8: warning: virtual_routers.web.priority: is 100 there too`),
    });
  });

  test('ends with 4 when the other file is wrong by itself', () => {
    const own = write('own.yaml', configuration('lb-a', 'lb-b', 'vrid: 51'));
    const peer = write('peer.yaml', 'node: lb-b\n');
    expect(check(own, '--peer', peer)).toMatchObject(
      { code: 4, stdout: '', stderr: expect.stringContaining(`${peer} cannot be used: 1 error\n`) });
    expect(JSON.parse(check('--json', own, '--peer', peer).stdout)).toMatchObject(
      { ok: false, node: 'lb-a', peer: { file: peer, node: null }, findings: [{ file: peer, line: 1 }] });
  });
});

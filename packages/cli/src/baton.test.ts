// The command as an operator runs it: what it prints where, and its exit code. Needs a build.

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { assert } from '@baton/base';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { routerStatus, statusReport } from './fixtures.js';

const BATON = join(__dirname, '../bin/baton');
const ROUTER = '  web: {interface: eth0, vrid: 51, addresses: [192.0.2.10/24]}\n';
const GOOD = `node: lb-a\nruntime_directory: .\nvirtual_routers:\n${ROUTER}`;

let directory = '';
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-command-')); });
afterEach(() => { rmSync(directory, { recursive: true }); });

function write(text: string): string {
  const file = join(directory, 'baton.yaml');
  writeFileSync(file, text);
  return file;
}

function baton(...words: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(BATON, words,
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  return { code: status, stdout, stderr };
}

describe('baton keygen', () => {
  test('prints another key at every call, 64 hexadecimal digits, and nothing else', () => {
    const keys = [baton('keygen'), baton('keygen')];
    for (const { code, stdout, stderr } of keys) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^[0-9a-f]{64}\n$/u);
    }
    expect(keys[0]?.stdout).not.toBe(keys[1]?.stdout);
  });
});

describe('baton simulate', () => {
  const node = (name: string, priority: number): string => {
    const file = join(directory, `${name}.yaml`);
    const router = ROUTER.replace('vrid: 51', `vrid: 51, priority: ${String(priority)}`);
    writeFileSync(file, `node: ${name}\nvirtual_routers:\n${router}`);
    return file;
  };

  test('answers a question about two configuration files', () => {
    const { code, stdout, stderr } = baton('simulate', node('lb-a', 254), node('lb-b', 253), '--fail', 'kill lb-a');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('kill lb-a, at 100 moments between two advertisements\n  web  lb-a -> lb-b\n');
    expect(stdout).toMatch(/no master {7}min 2\.0\d\d s {2}median 2\.5\d\d s {2}max 3\.0\d\d s\n/);
    expect(stdout).toContain('lb-b web: backup -> master (master-down-timer)\n');
  });

  test('asks what most people want to know of the best node when nothing is asked, as JSON too', () => {
    const { code, stdout } = baton('simulate', node('lb-a', 100), node('lb-b', 200), '--phases', '2', '--json');
    const { nodes, phases, failures } = JSON.parse(stdout) as {
      nodes: string[]; phases: number; failures: { failure: string; routers: object[] }[];
    };
    expect([code, nodes, phases]).toEqual([0, ['lb-a', 'lb-b'], 2]);
    expect(failures.map(({ failure }) => failure)).toEqual(['kill lb-b', 'stop lb-b', 'link-down lb-b']);
    expect(failures[0]?.routers[0]).toMatchObject({ router: 'web', master_before: 'lb-b', master_after: 'lb-a' });
  });

  test('reads a file that several nodes share', () => {
    const file = write(`virtual_routers:\n${ROUTER.replace('vrid: 51', 'vrid: 51, priority: {a: 254, b: 253}')}`);
    const { code, stdout } = baton('simulate', file, '--node', 'a', '--node', 'b', '--fail', 'stop a', '--phases', '1');
    expect(code).toBe(0);
    expect(stdout).toContain('web  a -> b\n');
  });

  test('plays a scenario file, and says when it does not happen as it is written', () => {
    const file = join(directory, 'x.txt');
    writeFileSync(file, '# A node alone is master.\nnode a\nat 0s start a\nend 5s\n');
    expect(baton('simulate', file)).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(file, '# A node alone is master.\nnode a\nat 0s start a\nend 5s\ntrace\nnothing\n');
    const differs = baton('simulate', file);
    expect(differs.code).toBe(1);
    expect(differs.stdout).toContain('does not happen as it is written: A node alone is master.\n');
  });

  test.each([
    ['a failure that there is not', ['--fail', 'explode'], "--fail 'explode': there is no such failure"],
    ['a node that there is not', ['--fail', 'kill lb-z'], "there is no node 'lb-z'; there are lb-a"],
    ['phases that are none', ['--phases', '0'], 'Not a number from 1 to 10000.'],
  ])('refuses %s with 2', (_, words, message) => {
    const { code, stdout, stderr } = baton('simulate', node('lb-a', 254), ...words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('exits with 4 and every finding when a configuration is invalid', () => {
    const { code, stderr } = baton('simulate', node('lb-a', 254), node('lb-b', 999));
    expect(code).toBe(4);
    expect(stderr).toContain(`${join(directory, 'lb-b.yaml')}:3:`);
    expect(stderr).toContain('lb-b.yaml cannot be used\n');
  });

  test('refuses a recording that is none with 2', () => {
    const file = join(directory, 'x.jsonl');
    writeFileSync(file, '{}\n');
    expect(baton('simulate', file)).toEqual({ code: 2, stdout: '', stderr: `baton: ${file}: this is no recording\n` });
  });
});

describe('wrong usage exits with 2 and says so on standard error', () => {
  test.each([
    [['chekc', 'x'], 'Did you mean check?'],
    [['check', ''], 'the name of the configuration file is empty; give its path'],
    [['check', '-'], 'standard input is not read; give the path of a file'],
    [['status', '-c', ''], 'the name of the configuration file is empty; give its path'],
    [['check', '-c', 'a', 'a'], 'the file is given twice'],
    [['check', 'a', 'b'], 'too many arguments'],
    [['status', '--wacth'], 'Did you mean --watch?'],
    [['events', '--since', 'yesterday'], "--since: 'yesterday' is no duration; write it as 90s, 5m, 1h or 7d"],
    [['run', '-x'], "unknown option '-x'"],
    [['run', 'now'], "unknown argument 'now'"],
    [['--verbose', 'run'], "unknown option '--verbose'"],
    [[], 'Usage: baton'],
  ])('baton %p', (words, message) => {
    expect(baton(...words)).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('help exits with 0', () => {
  test.each(
    [[['--help'], 'Examples:'], [['check', '--help'], 'baton check'], [['run', '--help'], 'baton run [-c FILE]']])(
    'baton %p', (words, text) => {
      expect(baton(...words)).toEqual({ code: 0, stdout: expect.stringContaining(text), stderr: '' });
    });

  test('baton --version', () => {
    expect(baton('--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });
});

describe('without a daemon', () => {
  test.each(['status', 'events'])('baton %s exits with 3 and names the socket', (command) => {
    expect(baton(command, '-c', write(GOOD))).toEqual({
      code: 3, stdout: '',
      stderr: `baton: cannot reach the daemon: ${directory}/control.sock: there is no such socket; `
        + 'start it with `baton run`, or name its configuration file with -c\n',
    });
  });

  test.each(['status', 'events'])('baton %s exits with 4 when the file that was named is not there', (command) => {
    const file = join(directory, 'none.yaml');
    expect(baton(command, '-c', file)).toEqual({
      code: 4, stdout: '',
      stderr: `baton: ${file}:1:1: error: there is no such file; create it, or give the path of another one with -c\n`,
    });
  });

  test('a file that is no YAML is spoken of before the default place is tried', () => {
    const { code, stderr } = baton('status', '-c', write('a: [\n'));
    expect(code).toBe(3);
    expect(stderr.split('\n')[0]).toMatch(
      /^baton: .*:2:1: error: this is not YAML: .*; looking for the daemon in \/run\/baton$/);
  });

  test('a directory that is no path is spoken of before the default place is tried', () => {
    const file = write(GOOD.replace('runtime_directory: .', 'runtime_directory: 5'));
    expect(baton('status', '-c', file).stderr.split('\n')[0]).toBe(
      `baton: ${file}:2:20: error: runtime_directory: must be a path; looking for the daemon in /run/baton`);
  });

  describe('baton events reads what the daemon has recorded', () => {
    const event = (time: string): string =>
      JSON.stringify({ time, event: 'state-changed', level: 'info', router: 'web' });
    const now = new Date().toISOString();
    const past = `${event('2026-01-01T00:00:00.000Z')}\n${event(now)}\n`;
    const text = `state_directory: .\n${GOOD}`;
    const away = (): string => `baton: cannot reach the daemon: ${directory}/control.sock: there is no such socket; `
      + 'start it with `baton run`, or name its configuration file with -c; '
      + `these are the events that it recorded in ${directory}\n`;

    test('and says so', () => {
      writeFileSync(join(directory, 'journal.jsonl'), past);
      expect(baton('events', '--json', '-c', write(text))).toEqual({ code: 0, stdout: past, stderr: away() });
    });

    test('as far back as is asked for', () => {
      writeFileSync(join(directory, 'journal.jsonl'), past);
      expect(baton('events', '--json', '--since', '1h', '-c', write(text))).toEqual(
        { code: 0, stdout: `${event(now)}\n`, stderr: away() });
    });

    test('but does not follow it', () => {
      writeFileSync(join(directory, 'journal.jsonl'), past);
      expect(baton('events', '--follow', '-c', write(text))).toMatchObject({ code: 3, stdout: '' });
    });

    test('and says why when it cannot', () => {
      symlinkSync('journal.jsonl', join(directory, 'journal.jsonl'));
      expect(baton('events', '-c', write(text))).toEqual({
        code: 3, stdout: '',
        stderr: expect.stringMatching(/^baton: neither does the daemon answer nor can its journal be read: .*ELOOP/),
      });
    });
  });

  test('baton status tells a daemon whose agent is being started again from none', async () => {
    const lock = join(directory, 'baton.lock');
    const holder = spawn('flock', ['--no-fork', lock, 'sh', '-c', `echo $$ > '${lock}'; echo held; read -r _`]);
    await once(holder.stdout, 'data');
    const file = write(GOOD);
    const held = baton('status', '-c', file);
    holder.stdin.end();
    await once(holder, 'exit');
    expect(held).toEqual({
      code: 3, stdout: '',
      stderr: `baton: cannot reach the daemon: ${directory}/control.sock: nobody answers, but the daemon runs `
        + `(process ${String(holder.pid)}); its agent is being started: try again in a second, and if it stays like `
        + 'this look at the log of the daemon\n',
    });
    expect(baton('status', '-c', file).stderr).toContain('there is no such socket; start it with `baton run`');
  });
});

describe('with a daemon', () => {
  const report = statusReport([routerStatus()]);
  const reply = (value: unknown): string => `${JSON.stringify(value)}\n`;
  let server: Server;
  let answer: (socket: Socket) => void;
  let child: ChildProcessWithoutNullStreams | undefined;

  async function listen(): Promise<void> {
    server = createServer((socket) => {
      socket.on('error', () => { /* the command may leave in the middle of an answer */ });
      socket.once('data', () => { answer(socket); });
    });
    server.listen(join(directory, 'control.sock'));
    await once(server, 'listening');
  }

  function start(...words: readonly string[]): ChildProcessWithoutNullStreams {
    child = spawn(BATON, words, { env: { ...process.env, NO_COLOR: '1' } });
    return child;
  }

  /** Everything a child prints until a text has come. */
  async function printed(stream: Readable, text: string): Promise<string> {
    let all = '';
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      all += String(chunk);
      if (all.includes(text)) return all;
    }
    throw new Error(`ended before ${text}: ${all}`);
  }

  beforeEach(async () => {
    answer = (socket) => { socket.end(reply({ id: 1, type: 'status', status: report })); };
    await listen();
  });
  afterEach(async () => {
    if (child?.exitCode === null) child.kill('SIGKILL');
    child = undefined;
    await new Promise((resolve) => { server.close(resolve); });
  });

  test('baton status prints the table, also when everything else in the file is wrong', async () => {
    const status = start('status', '-c', write(`${GOOD}nonsense: 5\n`));
    await expect(printed(status.stdout, 'LAST HEARD')).resolves.toContain('lb-a  baton 0.1.0');
    await expect(once(status, 'exit')).resolves.toEqual([0, null]);
  });

  test('baton status ends with one line and 1 when its output cannot be written', async () => {
    const full = openSync('/dev/full', 'w');
    const status = spawn(BATON, ['status', '-c', write(GOOD)], { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    const exit = once(status, 'exit');
    assert(status.stderr !== null, 'standard error is a pipe');
    await expect(printed(status.stderr, '\n')).resolves.toMatch(/^baton: cannot write the output: ENOSPC.*\n$/);
    await expect(exit).resolves.toEqual([1, null]);
  });

  test('baton status --json prints what the daemon said', async () => {
    const status = start('status', '--json', '-c', write(GOOD));
    expect(JSON.parse(await printed(status.stdout, '\n'))).toEqual(report);
  });

  test('baton status exits with 1 and the reason when the daemon refuses', async () => {
    const refusal = { id: 1, type: 'error', code: 'ERR_CONTROL_ENGINE_SILENT', message: 'no', hint: 'wait' };
    answer = (socket) => { socket.end(reply(refusal)); };
    const status = start('status', '-c', write(GOOD));
    await expect(printed(status.stderr, '\n')).resolves.toBe('baton: no; wait\n');
    await expect(once(status, 'exit')).resolves.toEqual([1, null]);
  });

  test('baton status --watch waits for a daemon that went away, and ends with 0 when interrupted', async () => {
    const watch = start('status', '--watch', '-c', write(GOOD));
    await printed(watch.stdout, 'LAST HEARD');
    await new Promise((resolve) => { server.close(resolve); });
    await printed(watch.stdout, 'there is no such socket');
    answer = (socket) => { socket.end(reply({ id: 1, type: 'status', status: { ...report, generation: 4 } })); };
    await listen();
    await printed(watch.stdout, 'generation 4');
    watch.kill('SIGINT');
    await expect(once(watch, 'exit')).resolves.toEqual([0, null]);
  });

  test('baton events ends quietly when its reader has seen enough', async () => {
    const event = { time: '2026-01-01T00:00:00.000Z', event: 'state-changed', level: 'info', router: 'web' };
    answer = (socket) => { socket.write(reply({ id: 1, type: 'event', event }).repeat(100_000)); };
    const events = start('events', '-c', write(GOOD));
    let errors = '';
    events.stderr.on('data', (chunk) => { errors += String(chunk); });
    await once(events.stdout, 'data');
    events.stdout.destroy();
    await expect(once(events, 'exit')).resolves.toEqual([0, null]);
    expect(errors).toBe('');
  });
});

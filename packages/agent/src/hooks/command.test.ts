import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_OUTPUT_BYTES, startCommand, type Command } from './command.js';

const PATH = '/usr/bin:/bin';
let directory: string;

beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-command-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

function script(text: string): string {
  const path = join(directory, `script-${String(Math.random()).slice(2)}`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

function command(text: string, rest: Partial<Command> = {}): Command {
  return { words: [script(text)], environment: { PATH }, input: '', timeoutMs: 10_000, ...rest };
}

/** The pipes that this process holds an end of. */
function openPipes(): string[] {
  return readdirSync('/proc/self/fd').map(targetOf).filter((target) => target.startsWith('pipe:'));
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // closed since the directory was read
  }
}

async function untilNoPipesBut(before: readonly string[]): Promise<void> {
  await waitFor(() => openPipes().every((pipe) => before.includes(pipe)));
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended but was not reaped yet is not alive.
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function waitFor(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come true within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('one command', () => {
  test('gets its arguments, input and environment, runs in / and reports both streams and its exit code', async () => {
    const text = 'cat; echo "$1|$2|$3"; pwd; echo problem >&2; exit 7';
    const words = [script(text), 'a b', '$HOME', '; id'];
    const { result } = startCommand({ words, environment: { PATH }, input: 'told\n', timeoutMs: 10_000 });
    const { durationMs, output, ...rest } = await result;
    expect(rest).toEqual({ outcome: 'exited', exitCode: 7, signal: null, droppedBytes: 0 });
    expect(output.split('\n').sort()).toEqual(['', '/', 'a b|$HOME|; id', 'problem', 'told']);
    expect(durationMs).toBeGreaterThan(0);
  });

  test('can open its standard streams by name, and what it wrote first is read first', async () => {
    const text = 'echo x > /dev/stderr; cat /dev/stdin; echo y > /dev/stdout; echo z >&2';
    const { result } = startCommand(command(text, { input: 'told\n' }));
    expect(await result).toMatchObject({ exitCode: 0, output: 'x\ntold\ny\nz\n' });
  });

  test('leaves no descriptor behind, neither with 1,000 that end nor with one that does not start', async () => {
    const absent = { words: [join(directory, 'absent')], environment: {}, input: 'x', timeoutMs: 1000 };
    const before = openPipes();
    for (let count = 0; count < 1000; count += 1) {
      await startCommand({ ...absent, words: ['/bin/true'] }).result;
    }
    await startCommand(absent).result;
    await startCommand({ ...absent, words: ['/bin/true', 'x'.repeat(4_000_000)] }).result;
    await untilNoPipesBut(before);
  }, 60_000);

  test('is not waited for when a child of it holds input that nobody reads, and our end of it is closed', async () => {
    const before = openPipes();
    const { result } = startCommand(command('exec 3<&0; sleep 30 & echo $!', { input: 'x'.repeat(1_000_000) }));
    const { outcome, output, durationMs } = await result;
    await untilNoPipesBut(before);
    process.kill(Number(output), 'SIGKILL');
    expect(outcome).toBe('exited');
    expect(durationMs).toBeLessThan(5000);
  });

  test('sees nothing of the daemon: neither its environment nor its descriptors', async () => {
    process.env['BATON_TEST_SECRET'] = 'must not be seen';
    const { result } = startCommand({
      words: ['/usr/bin/env'], environment: { PATH, BATON_STATE: 'master' }, input: '', timeoutMs: 10_000,
    });
    delete process.env['BATON_TEST_SECRET'];
    expect((await result).output.trim().split('\n').sort()).toEqual(['BATON_STATE=master', `PATH=${PATH}`]);
  });

  test('leads a session of its own, so that a signal to the daemon does not reach it', async () => {
    const { result } = startCommand(command('cut -d" " -f5,6 /proc/$$/stat; echo $$'));
    const [groupAndSession, pid] = (await result).output.trim().split('\n');
    expect(groupAndSession).toBe(`${String(pid)} ${String(pid)}`);
  });

  test('gets SIGTERM at its timeout and may clean up', async () => {
    const text = 'trap "echo cleaned; exit 3" TERM; while :; do sleep 0.01; done';
    const { result } = startCommand(command(text, { timeoutMs: 200 }));
    expect(await result).toMatchObject({
      outcome: 'timed-out', exitCode: 3, output: expect.stringContaining('cleaned'),
    });
  });

  test('is killed 2 s after its timeout when it ignores SIGTERM', async () => {
    const { result } = startCommand(command('trap "" TERM; while :; do sleep 0.05; done', { timeoutMs: 100 }));
    const { outcome, signal, durationMs } = await result;
    expect({ outcome, signal }).toEqual({ outcome: 'timed-out', signal: 'SIGKILL' });
    expect(durationMs).toBeGreaterThanOrEqual(2090);
    expect(durationMs).toBeLessThan(4000);
  });

  test('leaves nothing of its group behind after a timeout, not even what ignores SIGTERM', async () => {
    const pidFile = join(directory, 'orphan');
    const sayPid = `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}`;
    const orphan = script(`trap "" TERM; ${sayPid}; while :; do sleep 0.05; done`);
    const { result } = startCommand(command(`${orphan} & wait`, { timeoutMs: 300 }));
    await waitFor(() => existsSync(pidFile));
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect((await result).outcome).toBe('timed-out');
    await waitFor(() => !isAlive(pid));
  });

  test('has ended when the program has: a child in the background that holds the pipes is not waited for', async () => {
    const pidFile = join(directory, 'child');
    const { result } = startCommand(command(`sleep 30 & echo $! > ${pidFile}; echo done`));
    const { outcome, output, durationMs } = await result;
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    expect({ outcome, output }).toEqual({ outcome: 'exited', output: 'done\n' });
    expect(durationMs).toBeLessThan(5000);
  });

  test('may write more than is kept: the rest is counted and the program is not blocked', async () => {
    const { result } = startCommand(command('head -c 1000000 /dev/zero; exit 4'));
    const { exitCode, output, droppedBytes } = await result;
    expect({ exitCode, kept: output.length, droppedBytes })
      .toEqual({ exitCode: 4, kept: MAX_OUTPUT_BYTES, droppedBytes: 1_000_000 - MAX_OUTPUT_BYTES });
  });

  test('need not read its input, however long that is', async () => {
    const { result } = startCommand(command('exit 0', { input: 'x'.repeat(1_000_000) }));
    expect(await result).toMatchObject({ outcome: 'exited', exitCode: 0 });
  });

  test('that does not exist is a result and not an error', async () => {
    const words = [join(directory, 'absent')];
    const { result } = startCommand({ words, environment: {}, input: 'x', timeoutMs: 1000 });
    expect(await result).toMatchObject({ outcome: 'not-started', message: expect.stringContaining('ENOENT') });
  });

  test.each(['/nowhere/python', '/bin/sh\r'])('whose interpreter %j does not exist says so', async (name) => {
    const path = join(directory, 'hook');
    writeFileSync(path, `#!${name}\nexit 0\n`, { mode: 0o755 });
    const { result } = startCommand({ words: [path], environment: {}, input: '', timeoutMs: 1000 });
    const message = `cannot start ${path}: its interpreter ${JSON.stringify(name)} does not exist (ENOENT)`;
    expect(await result).toMatchObject({ outcome: 'not-started', message });
  });

  test('whose arguments the kernel refuses is a result and not an error', async () => {
    const { result } = startCommand({
      words: ['/bin/true', 'x'.repeat(4_000_000)], environment: {}, input: '', timeoutMs: 1000,
    });
    expect(await result).toMatchObject({ outcome: 'not-started', message: expect.stringContaining('E2BIG') });
  });

  test('that is killed ends at once and says so', async () => {
    const running = startCommand(command('sleep 30'));
    running.kill();
    expect(await running.result).toMatchObject({ outcome: 'killed', signal: 'SIGKILL' });
  });
});

import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { identifyProcess } from '../process-identity.js';
import { monotonicMs, SIGKILL_DELAY_MS, signalGroup, startCommand, type CommandProcess } from './command.js';
import { findLeftover } from './leftover.js';

const children: ChildProcess[] = [];
afterEach(() => {
  // What a broken one has let live holds the pipes of this process open.
  for (const { pid } of children.splice(0)) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
});

/** A program in a group of its own that has said `ready`. */
async function program(text: string, timeoutMs: number): Promise<CommandProcess> {
  const child = spawn('/bin/sh', ['-c', text], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  const { pid = 0 } = child;
  return { pid, identity: identifyProcess(pid)?.identity ?? '', timeoutAtMs: monotonicMs() + timeoutMs };
}

/** The processes of a group that still run. */
function groupOf(leader: number): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/u.test(name)).filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , group] = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return group === String(leader) && state !== 'Z';
    } catch {
      return false; // ended since the directory was read
    }
  });
}

describe('a command that an earlier agent left running', () => {
  test('is waited for until it ends by itself', async () => {
    const command = await program('echo ready; read line', 60_000);
    const leftover = findLeftover(command);
    let outcome: string | undefined;
    const ended = leftover?.ended.then((how) => { outcome = how; });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(outcome).toBeUndefined();
    children[0]?.stdin?.end('\n');
    await ended;
    expect(outcome).toBe('ended');
  });

  test('gets SIGTERM at the timeout it was started with; nothing of its group survives', async () => {
    const stubborn = '(trap "" TERM; echo ready; while :; do sleep 0.05; done)';
    const command = await program(`${stubborn} & wait`, 150);
    expect(groupOf(command.pid)).not.toEqual([]);
    expect(await findLeftover(command)?.ended).toBe('timed-out');
    expect(monotonicMs()).toBeGreaterThanOrEqual(command.timeoutAtMs);
    const deadline = Date.now() + 5000;
    while (groupOf(command.pid).length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(groupOf(command.pid)).toEqual([]);
  });

  test('is killed 2 s later when it ignores SIGTERM', async () => {
    const command = await program('trap "" TERM; echo ready; while :; do sleep 0.05; done', 50);
    expect(await findLeftover(command)?.ended).toBe('timed-out');
    expect(monotonicMs()).toBeGreaterThanOrEqual(command.timeoutAtMs + SIGKILL_DELAY_MS);
  });

  test('is killed at once when nobody can wait for it any more', async () => {
    const leftover = findLeftover(await program('echo ready; read line', 60_000));
    leftover?.kill();
    expect(await leftover?.ended).toBe('killed');
  });

  test('is not looked for under an id that now belongs to somebody else', async () => {
    const command = await program('echo ready; read line', 0);
    expect(findLeftover({ ...command, identity: 'boot:1:2' })).toBeUndefined();
  });

  test('is nothing once it has ended', async () => {
    const command = await program('echo ready; read line', 60_000);
    const [child] = children;
    child?.stdin?.end('\n');
    if (child !== undefined) await once(child, 'exit');
    expect(findLeftover(command)).toBeUndefined();
  });

  test('is found by what its agent knew of it', async () => {
    const started = startCommand({
      words: ['/bin/sleep', '60'], environment: {}, input: '', timeoutMs: 60_000,
    });
    const leftover = started.process && findLeftover(started.process);
    leftover?.kill();
    expect(await leftover?.ended).toBe('killed');
    expect(await started.result).toMatchObject({ signal: 'SIGKILL' });
  });
});

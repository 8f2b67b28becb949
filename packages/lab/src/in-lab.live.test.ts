import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

import { waitFor } from './waiting.js';

const IN_LAB = join(__dirname, '../bin/in-lab');

/** Starts `in-lab sh -c SCRIPT`; the marker is in the arguments of everything the script starts. */
function startLab(script: string): ChildProcess {
  return spawn(process.execPath, [IN_LAB, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Arguments of every process that can be seen and that carry the marker. */
function commandLines(marker: string): string[] {
  const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return ''; // it ended while the list was read
    }
  });
  return lines.filter((line) => line.includes(marker));
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'exit') as [number | null];
  return code;
}

describe('in-lab', () => {
  test('the exit code of the command is the exit code of in-lab', async () => {
    expect(await exitOf(startLab('exit 7'))).toBe(7);
  });

  test('standard input and output belong to the command', async () => {
    const child = spawn(process.execPath, [IN_LAB, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    let heard = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { heard += text; });
    child.stdin.end('through');
    await once(child, 'close');
    expect(heard).toBe('through');
  });

  test('the command sees no interface but its own loopback, and an empty /run of its own', async () => {
    const child = startLab('ip -o link | wc -l; ls /run; readlink /proc/self/ns/net');
    let heard = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => { heard += text; });
    await once(child, 'close');
    const [interfaces, ...rest] = heard.trim().split('\n');
    expect(interfaces).toBe('1');
    expect(rest.slice(0, -1)).toEqual(['in-lab.pid', 'lock', 'netns']);
    expect(rest.at(-1)).not.toBe(readlinkSync('/proc/self/ns/net'));
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s to in-lab leaves nothing behind', async (signal) => {
    // A shell may wait for its own child first: then in-lab's patience of 5 s decides.
    const seconds = String(100_000 + process.pid) + { SIGINT: '1', SIGTERM: '2', SIGKILL: '3' }[signal];
    const child = startLab(`setsid sleep ${seconds} & sleep ${seconds}; true`);
    const sleepers = (): string[] => commandLines(`sleep ${seconds}`).filter((line) => line.startsWith('sleep'));
    await waitFor('both sleepers', 5_000, () => sleepers().length === 2);
    child.kill(signal);
    await waitFor('an empty lab', 8_000, () => commandLines(`sleep ${seconds}`).length === 0);
    await waitFor('the end of in-lab', 1_000, () => child.exitCode !== null || child.signalCode !== null);
  }, 20_000);

  test('a signal reaches the command, which may end in its own way', async () => {
    const child = startLab('trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done');
    await once(child.stdout ?? process.stdout, 'data');
    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(9);
  });

  test('two labs at the same time do not see each other', async () => {
    const children = ['one', 'two'].map((name) =>
      startLab(`ip link add ${name} type bridge && sleep 0.3 && ip -o link | wc -l | grep -qx 2`));
    expect(await Promise.all(children.map((child) => exitOf(child)))).toEqual([0, 0]);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeEach, expect, test } from '@jest/globals';

import { lockFile, type FileLock } from './lock.js';

const directory = mkdtempSync(join(tmpdir(), 'baton-lock-'));
let path = '';
let count = 0;
beforeEach(() => {
  count += 1;
  path = join(directory, `lock-${String(count)}`);
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function release(lock: FileLock): void {
  expect(lock.ok).toBe(true);
  if (lock.ok) lock.release();
}

test('one holder at a time, known by its process id; released it is free again', () => {
  const first = lockFile(path);
  expect(first.ok).toBe(true);
  expect(lockFile(path)).toEqual({ ok: false, holderPid: process.pid });
  release(first);
  release(first);
  release(lockFile(path));
});

test('the kernel drops the lock when its holder is killed', async () => {
  writeFileSync(path, '');
  const holder = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(lockFile(path)).toEqual({ ok: false, holderPid: undefined });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  release(lockFile(path));
});

test('a child process does not keep the lock', () => {
  const lock = lockFile(path);
  const descriptors = spawnSync('sh', ['-c', 'ls -l /proc/self/fd'], { encoding: 'utf8' }).stdout;
  expect(descriptors).not.toContain(path);
  release(lock);
});

test('a longer process id of the last holder leaves nothing behind', () => {
  writeFileSync(path, '123456789012\n');
  const lock = lockFile(path);
  expect(readFileSync(path, 'utf8')).toBe(`${String(process.pid)}\n`);
  release(lock);
});

test('a symbolic link in its place is refused', () => {
  symlinkSync('/etc/hostname', path);
  expect(() => lockFile(path)).toThrow('ELOOP');
});

test('a directory that is missing is told', () => {
  expect(() => lockFile(join(directory, 'missing', 'lock'))).toThrow('ENOENT');
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, expect, test } from '@jest/globals';

import { AF_UNIX, SOCK_STREAM } from './constants.js';
import { lockName, type NameLock } from './name-lock.js';
import { encodeUnixAddress } from './socket-address.js';
import { bindSocket, closeDescriptor, openSocket } from './syscalls.js';

let name = '';
let count = 0;
beforeEach(() => {
  count += 1;
  name = `baton-test-${String(process.pid)}-${String(count)}`;
});

function release(lock: NameLock): void {
  expect(lock.ok).toBe(true);
  if (lock.ok) lock.release();
}

test('one holder at a time, known by its process and user id; released it is free again', () => {
  const first = lockName(name);
  expect(first.ok).toBe(true);
  expect(lockName(name)).toEqual({ ok: false, holder: { pid: process.pid, uid: process.geteuid?.() } });
  release(first);
  release(first);
  release(lockName(name));
});

test('the kernel drops the lock when its holder is killed', async () => {
  const module = join(__dirname, '../dist/name-lock.js');
  const program = 'require(process.argv[1]).lockName(process.argv[2]); console.log("held"); setInterval(() => {}, 1e6)';
  const holder = spawn(process.execPath, ['-e', program, module, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const lock = lockName(name);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(lock).toMatchObject({ ok: false, holder: { pid: holder.pid } });
  release(lockName(name));
});

test('who asks for it often does not wear it out', () => {
  const lock = lockName(name);
  for (let attempt = 0; attempt < 200; attempt += 1) {
    expect(lockName(name)).toMatchObject({ ok: false, holder: { pid: process.pid } });
  }
  release(lock);
});

test('a name that is bound by somebody who does not listen has a holder that nobody knows', () => {
  const fd = openSocket(AF_UNIX, SOCK_STREAM, 0);
  bindSocket(fd, encodeUnixAddress(`@${name}`) ?? new Uint8Array());
  expect(lockName(name)).toEqual({ ok: false, holder: undefined });
  closeDescriptor(fd);
  release(lockName(name));
});

test('a child process does not keep the lock', async () => {
  const lock = lockName(name);
  const child = spawn('sleep', ['60']);
  release(lock);
  const again = lockName(name);
  child.kill('SIGKILL');
  await once(child, 'exit');
  release(again);
});

test('another network namespace has locks of its own', () => {
  const lock = lockName(name);
  const { stdout } = spawnSync('unshare', ['--net', 'cat', '/proc/net/unix'], { encoding: 'utf8' });
  expect(readFileSync('/proc/net/unix', 'utf8')).toContain(`@${name}\n`);
  expect(stdout).not.toContain(name);
  release(lock);
});

test('a name that is too long is told', () => {
  expect(() => lockName('x'.repeat(107))).toThrow('ENAMETOOLONG');
});

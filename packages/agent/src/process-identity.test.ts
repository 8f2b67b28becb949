import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identifyProcess } from './process-identity.js';

test('a process is told from another one, and stays itself', () => {
  const own = identifyProcess(process.pid);
  expect(own).toEqual({ identity: expect.stringMatching(/^[0-9a-f-]{36}:\d+:\d+$/u), hasEnded: false });
  expect(identifyProcess(process.pid)).toEqual(own);
  expect(identifyProcess(process.ppid)?.identity).not.toBe(own?.identity);
});

test('a process that has ended is nobody, also before its parent has heard of it', async () => {
  const child = spawn('/bin/true');
  const { pid = 0 } = child;
  // Reaped in a later tick than this one: until then it is there and has ended.
  const deadline = Date.now() + 5000;
  while (identifyProcess(pid)?.hasEnded === false && Date.now() < deadline);
  expect(identifyProcess(pid)).toMatchObject({ hasEnded: true });
  await once(child, 'exit');
  expect(identifyProcess(pid)).toBeUndefined();
});

import { join } from 'node:path';
import { expect, test } from '@jest/globals';

import { runToEnd } from './processes.js';

const DEMO = join(__dirname, '../bin/demo');

test('the demo takes the master away three ways, ends with 0 within 60 s and explains every outage', async () => {
  const result = await runToEnd([process.execPath, DEMO, '--interval', '100ms']);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toMatch(/planned stop +[\d.]+ ms +1\.2 ms/);
  expect(result.stdout).toMatch(/kill +\d+ ms +201 ms to 301 ms/);
  expect(result.stdout).toMatch(/link down +\d+ ms +201 ms to 301 ms/);
  expect(result.stdout.match(/ ok$/gm)).toHaveLength(6);
  expect(result.stdout).not.toContain('\u001b');
}, 60_000);

test('an interval that no advertisement can carry is refused with exit code 2', async () => {
  const result = await runToEnd([process.execPath, DEMO, '--interval', '15ms']);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('10ms to 10s');
});

test('help is the usage with exit code 0, and an unknown option is refused with exit code 2', async () => {
  const help = await runToEnd([process.execPath, DEMO, '--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/^Usage: npm run demo -- .*--interval/);
  const unknown = await runToEnd([process.execPath, DEMO, '--fast']);
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toMatch(/^demo: .*'--fast'[^]*Usage: npm run demo/);
});

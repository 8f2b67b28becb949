import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { root } from './setup/run.mjs';

const LOCK = join(root, 'scripts/setup/lock.mjs');
let directory;
const holders = [];

beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-setup-')); });
afterEach(() => {
  for (const process of holders.splice(0)) process.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** A process that takes the lock, writes its begin, holds for as long as its input is open, writes its end. */
function holder(name) {
  const notes = join(directory, 'notes');
  const program = `
    import { appendFileSync } from 'node:fs';
    import { withLock } from '${LOCK}';
    const note = (word) => appendFileSync('${notes}', '${name} ' + word + '\\n');
    await withLock(async () => {
      note('begins');
      process.stdout.write('held');
      for await (const chunk of process.stdin) void chunk;
      note('ends');
    }, '${join(directory, 'lock')}');`;
  const stdio = ['pipe', 'pipe', 'pipe'];
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio });
  holders.push(child);
  return child;
}

describe('set-up', () => {
  test('an unknown mode is a usage error', () => {
    const args = [join(root, 'scripts/setup.mjs'), 'party'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'usage: node scripts/setup.mjs demo|test|build\n' });
  });

  test('a second set-up waits for the first one', async () => {
    writeFileSync(join(directory, 'notes'), '');
    const first = holder('first');
    await once(first.stdout, 'data');
    const second = holder('second');
    await once(second.stderr, 'data'); // it says that it waits
    expect(readFileSync(join(directory, 'notes'), 'utf8')).toBe('first begins\n');
    first.stdin.end();
    await once(second.stdout, 'data');
    second.stdin.end();
    await once(second, 'close');
    const notes = readFileSync(join(directory, 'notes'), 'utf8');
    expect(notes).toBe('first begins\nfirst ends\nsecond begins\nsecond ends\n');
  });

  test('a set-up that was killed leaves no lock behind', async () => {
    const first = holder('first');
    await once(first.stdout, 'data');
    first.kill('SIGKILL');
    await once(first, 'close');
    const second = holder('second');
    await once(second.stdout, 'data');
    second.stdin.end();
    await once(second, 'close');
    expect(readFileSync(join(directory, 'notes'), 'utf8')).toBe('first begins\nsecond begins\nsecond ends\n');
  });
});

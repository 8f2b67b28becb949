// The command as an operator runs it, with an output that takes nothing. Needs a build.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const BATON = join(__dirname, '../bin/baton');
const GOOD = 'node: lb-a\nruntime_directory: .\nstate_directory: .\nvirtual_routers:\n'
  + '  web: {interface: eth0, vrid: 51, addresses: [192.0.2.10/24]}\n';

let directory = '';
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-output-')); });
afterEach(() => { rmSync(directory, { recursive: true }); });

describe('output that cannot be written', () => {
  test.each(['check', 'check --json', 'events', 'events --json'])('ends baton %s with one line and 1', (spelled) => {
    const words = spelled.split(' ');
    const event = '{"time":"2026-01-01T00:00:00.000Z","event":"x","level":"info"}';
    writeFileSync(join(directory, 'journal.jsonl'), `${event}\n`);
    const full = openSync('/dev/full', 'w');
    const file = join(directory, 'baton.yaml');
    writeFileSync(file, GOOD);
    const command = [...words, '-c', file];
    const { status, stderr } = spawnSync(BATON, command, { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    expect(status).toBe(1);
    expect(stderr.split('\n').slice(-2)).toEqual(
      ['baton: cannot write the output: ENOSPC: no space left on device, write; make room where it goes', '']);
    expect(stderr).not.toContain(' at ');
  });

  test.each(['--help', '--version', 'run --help', 'check --help', 'status --help', 'events --help'])(
    'ends baton %s with one line and 1, or with 0 when its reader has gone', async (spelled) => {
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = spawnSync(BATON, spelled.split(' '), {
        encoding: 'utf8', stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      expect([status, stderr.split('\n').length]).toEqual([1, 2]);
      expect(stderr).toContain('cannot write the output: ENOSPC');

      const unread = spawn(BATON, spelled.split(' '), { stdio: ['ignore', 'pipe', 'pipe'] });
      unread.stdout.destroy();
      let errors = '';
      unread.stderr.on('data', (chunk) => { errors += String(chunk); });
      expect(await once(unread, 'close')).toEqual([0, null]);
      expect(errors).toBe('');
    });

  test.each(['run --wrong', 'check --wrong'])('ends baton %s with 1 when nothing can be said', (spelled) => {
    const full = openSync('/dev/full', 'w');
    const { status } = spawnSync(BATON, spelled.split(' '), { stdio: ['ignore', 'ignore', full] });
    closeSync(full);
    expect(status).toBe(1);
  });
});

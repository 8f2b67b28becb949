// A disk that is full, a log that cannot be written and a control socket that somebody deletes cost the operator a view
// and nobody an address.

import { expect, test } from '@jest/globals';
import { appendFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, waitFor, type BatonNode } from '@baton/lab';
import { onLan, type Bed } from './support/bed.js';
import { elect, story, waitForTransition } from './support/journal.js';

/** What is retried is retried every 10 s. */
const HEALED_MS = 25_000;
const PAGE_BYTES = 4096;

test('D20: a full disk, a lost log and a deleted control socket are alarms; the election goes on, and they end', () =>
  onLan(['a', 'b'], async (bed) => {
    const a = bed.baton('a', { priority: 200 });
    const b = bed.baton('b', { priority: 100 });
    const disk = await smallDisk(bed, a);
    a.configure({ file: { log: { file: join(disk, 'baton.log') } } });
    await elect(a, b);
    const before = story(a);
    const ballast = fill(disk);

    rmSync(join(a.directory, 'run', 'control.sock'));
    await waitFor('the alarm about the socket', 5_000, () => raised(a).includes('control-socket-unavailable'));
    await bed.lan.setCable('a', 'down');
    const takeover = await waitForTransition(b, 'backup>master', 2_000);
    await bed.lan.setCable('a', 'up');
    await waitForTransition(b, 'master>backup', 3_000, { after: takeover });
    await bed.waitForHolders(['a'], 1_000);
    await waitFor('the alarms about the disk', 5_000, async () => {
      const names = (await a.status())?.alarms.map(({ name }) => name) ?? [];
      return names.includes('journal-unwritable') && names.includes('log-file-unwritable');
    });
    expect(story(a)).toEqual(before);

    rmSync(ballast);
    await waitFor('the alarms to end', HEALED_MS, async () => (await a.status())?.alarms.length === 0);
    expect(story(a).slice(before.length)).toEqual([
      'master>fault link-down',
      'fault>backup fault-cleared',
      expect.stringMatching(/^backup>master /u),
    ]);
  }));

/** A disk of 256 kB under the state directory of a node. */
async function smallDisk(bed: Bed, node: BatonNode): Promise<string> {
  const directory = join(node.directory, 'state');
  mkdirSync(directory, { recursive: true });
  await run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory]);
  bed.stopAtEnd({ stop: () => run(['umount', '--lazy', directory]) });
  return directory;
}

/** Writes until nothing more fits; returns what takes the place. */
function fill(directory: string): string {
  const ballast = join(directory, 'ballast');
  for (const sizeBytes of [4096, 1]) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(sizeBytes), { flag: 'a' });
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
  }
  for (const name of ['journal.jsonl', 'baton.log']) padLastPage(join(directory, name));
  return ballast;
}

/** What a file may still grow on a full disk is taken by one more event: the rest of its last page. */
function padLastPage(file: string): void {
  const event = { time: new Date().toISOString(), event: 'padding', level: 'info', text: '' };
  const restBytes = PAGE_BYTES - (statSync(file).size % PAGE_BYTES) - JSON.stringify(event).length - 1;
  if (restBytes < 0) return;
  appendFileSync(file, `${JSON.stringify({ ...event, text: '.'.repeat(restBytes) })}\n`);
}

function raised({ log }: BatonNode): readonly string[] {
  return [...log.matchAll(/alarm-raised alarm=(\S+)/gu)].map((match) => match[1] ?? '');
}

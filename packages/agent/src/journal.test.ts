import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  appendFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEvent } from './control/messages.js';
import { Journal, MAX_PENDING_EVENTS, type JournalListener, readRecordedEvents } from './journal.js';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-journal-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

class Trouble implements JournalListener {
  readonly said: string[] = [];
  unwritable(): void { this.said.push('unwritable'); }
  writable(): void { this.said.push('writable'); }
}

const event = (number: number): JournalEvent =>
  ({ time: new Date(number).toISOString(), event: 'state-changed', level: 'info', number });

async function numbers(journal: Journal): Promise<unknown[]> {
  const view = await journal.open();
  const found: unknown[] = [];
  for await (const { ['number']: number } of view.events()) found.push(number);
  await view.close();
  return found;
}

describe('the journal', () => {
  test('keeps events over a restart, in order', async () => {
    const first = new Journal(directory, new Trouble());
    first.append(event(1));
    first.append(event(2));
    await first.close();
    const second = new Journal(directory, new Trouble());
    second.append(event(3));
    expect(await numbers(second)).toEqual([1, 2, 3]);
    await second.close();
  });

  test('skips a line that a crash has torn, and what is written after it is whole', async () => {
    writeFileSync(join(directory, 'journal.jsonl'), `${JSON.stringify(event(1))}\n{"time":"1970-01-01T00:00`);
    const journal = new Journal(directory, new Trouble());
    journal.append(event(2));
    await journal.flushed();
    expect(await numbers(journal)).toEqual([1, 2]);
    await journal.close();
  });

  test('is read where no daemon runs: both files, the older one first, and undefined when there is none', async () => {
    expect(await readRecordedEvents(join(directory, 'none'))).toBeUndefined();
    writeFileSync(join(directory, 'journal.jsonl'), `${JSON.stringify(event(2))}\n{"time":"torn`);
    writeFileSync(join(directory, 'journal.1.jsonl'), `${JSON.stringify(event(1))}\n`);
    const recorded = [];
    for await (const each of (await readRecordedEvents(directory)) ?? []) recorded.push(each);
    expect(recorded).toEqual([event(1), event(2)]);
  });

  test('skips lines that are no events', async () => {
    const lines = [
      '', 'null', '[]', '{}', '\u0000',
      '{"time":1,"event":"x","level":"info"}', '{"time":"never","event":"x","level":"info"}',
    ];
    writeFileSync(join(directory, 'journal.jsonl'), `${lines.join('\n')}\n${JSON.stringify(event(1))}\n`);
    expect(await numbers(new Journal(directory, new Trouble()))).toEqual([1]);
  });

  test('starts a new file at its size limit and keeps exactly one old one', async () => {
    const limit = 1000;
    const journal = new Journal(directory, new Trouble(), limit);
    for (let number = 1; number <= 100; number += 1) {
      journal.append(event(number));
      await journal.flushed();
    }
    expect(readdirSync(directory).sort()).toEqual(['journal.1.jsonl', 'journal.jsonl']);
    for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).size).toBeLessThanOrEqual(limit);
    const found = await numbers(journal);
    expect(found.at(-1)).toBe(100);
    expect(found).toEqual(Array.from(found, (_, index) => 100 - found.length + 1 + index));
    await journal.close();
  });

  test('goes on in memory when it cannot be written, and writes what waited when it can', async () => {
    const blocker = join(directory, 'state');
    writeFileSync(blocker, 'a file where the directory should be');
    const trouble = new Trouble();
    const journal = new Journal(blocker, trouble);
    journal.append(event(1));
    await journal.flushed();
    expect(trouble.said).toEqual(['unwritable']);
    expect(await numbers(journal)).toEqual([1]);
    rmSync(blocker);
    journal.append(event(2));
    await journal.flushed();
    expect(trouble.said).toEqual(['unwritable', 'writable']);
    expect(readFileSync(join(blocker, 'journal.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
    await journal.close();
  });

  test('loses the oldest events first when too many wait, and counts them', async () => {
    const blocker = join(directory, 'state');
    writeFileSync(blocker, '');
    const journal = new Journal(blocker, new Trouble());
    for (let number = 1; number <= MAX_PENDING_EVENTS + 5; number += 1) {
      journal.append(event(number));
      if (number === 3) await journal.flushed();
    }
    await journal.flushed();
    const found = await numbers(journal);
    expect({ first: found[0], count: found.length, lost: journal.lostEvents })
      .toEqual({ first: 6, count: MAX_PENDING_EVENTS, lost: 5 });
    await journal.close();
  });

  test('a file that was deleted or moved away under it is made again', async () => {
    const journal = new Journal(directory, new Trouble());
    journal.append(event(1));
    await journal.flushed();
    renameSync(join(directory, 'journal.jsonl'), join(directory, 'taken-away'));
    journal.append(event(2));
    await journal.flushed();
    expect(await numbers(journal)).toEqual([2]);
    await journal.close();
  });

  test('a follower gets every event once: the past from the view, the later ones at once', async () => {
    const journal = new Journal(directory, new Trouble());
    const live: unknown[] = [];
    for (let number = 1; number <= 50; number += 1) journal.append(event(number));
    const opening = journal.open(({ ['number']: number }) => live.push(number));
    for (let number = 51; number <= 60; number += 1) journal.append(event(number));
    const view = await opening;
    for (let number = 61; number <= 70; number += 1) journal.append(event(number));
    const past: unknown[] = [];
    for await (const { ['number']: number } of view.events()) past.push(number);
    expect([...past, ...live]).toEqual(Array.from({ length: 70 }, (_, index) => index + 1));
    expect(live.length).toBeGreaterThanOrEqual(10);
    await view.close();
    journal.append(event(71));
    expect(live.at(-1)).toBe(70);
    await journal.close();
  });

  test('the past of a view ends where it was opened, whatever is appended to the file meanwhile', async () => {
    const journal = new Journal(directory, new Trouble());
    journal.append(event(1));
    await journal.flushed();
    const view = await journal.open();
    appendFileSync(join(directory, 'journal.jsonl'), `${JSON.stringify(event(2))}\n`);
    const past: unknown[] = [];
    for await (const { ['number']: number } of view.events()) past.push(number);
    expect(past).toEqual([1]);
    await view.close();
    await journal.close();
  });
});

// The history of this node: one JSON event a line, bounded, readable after a crash in the middle of a line. A disk
// that is full or gone costs nothing but the history: events wait in a bounded ring in memory and are written when the
// disk is back. Writing is asynchronous, so a slow disk delays no hook. Knows nothing of what the events mean.

import { describeError } from '@baton/base';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JournalEvent } from './control/messages.js';

/** Size at which the file becomes `journal.1.jsonl`; at most two files are kept. */
export const MAX_JOURNAL_BYTES = 4 * 1024 * 1024;
/** Events kept in memory while they cannot be written; the oldest are lost first, and counted. */
export const MAX_PENDING_EVENTS = 1000;
/** A line longer than this is not one of ours, bytes. */
const MAX_LINE_BYTES = 262_144;
/** Wait until a refused write is tried again without a new event, ms. */
const RETRY_DELAY_MS = 10_000;

/** What the journal reports about itself. */
export interface JournalListener {
  unwritable(detail: string): void;
  writable(): void;
}

/** The past as it was at one moment; everything later went to the follower given to `open()`. */
export interface JournalView {
  /** Oldest first. Lines that are no event are skipped. */
  events(): AsyncIterable<JournalEvent>;
  /** Ends following; the past is released when `events()` has been read or closed. */
  close(): Promise<void>;
}

/** `journal.jsonl` in one directory. */
export class Journal {
  /** Events that never reached the disk because too many waited. */
  lostEvents = 0;
  readonly #path: string;
  readonly #olderPath: string;
  readonly #directory: string;
  readonly #listener: JournalListener;
  readonly #maxBytes: number;
  readonly #pending: JournalEvent[] = [];
  readonly #followers = new Set<(event: JournalEvent) => void>();
  /** Everything that touches the files happens one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isFlushQueued = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(directory: string, listener: JournalListener, maxBytes = MAX_JOURNAL_BYTES) {
    this.#directory = directory;
    [this.#olderPath, this.#path] = journalPaths(directory);
    this.#listener = listener;
    this.#maxBytes = maxBytes;
  }

  /** Keeps an event. Never throws and never blocks; followers hear it at once. */
  append(event: JournalEvent): void {
    this.#pending.push(event);
    this.#forgetOldest();
    for (const follower of this.#followers) follower(event);
    this.#queueFlush();
  }

  /** Resolves when every event so far has been written or refused. */
  flushed(): Promise<void> {
    return this.#turn;
  }

  /** The past up to now; every later event goes to `follower`: none is missed, none comes twice. */
  open(follower?: (event: JournalEvent) => void): Promise<JournalView> {
    return this.#inTurn(async () => {
      const files: { readonly handle: FileHandle; readonly sizeBytes: number }[] = [];
      for (const path of [this.#olderPath, this.#path]) {
        const handle = await open(path, 'r').catch(() => undefined);
        if (handle !== undefined) files.push({ handle, sizeBytes: (await handle.stat()).size });
      }
      const unwritten = [...this.#pending];
      if (follower !== undefined) this.#followers.add(follower);
      return {
        events: () => readAll(files, unwritten),
        close: async () => {
          if (follower !== undefined) this.#followers.delete(follower);
          for (const { handle } of files) await handle.close().catch(() => undefined);
        },
      };
    });
  }

  /** Writes what waits and takes no more time after that. */
  async close(): Promise<void> {
    await this.flushed();
    clearTimeout(this.#retry);
  }

  #queueFlush(): void {
    if (this.#isFlushQueued) return;
    this.#isFlushQueued = true;
    void this.#inTurn(() => this.#flush());
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.then(() => undefined, () => undefined);
    return result;
  }

  async #flush(): Promise<void> {
    this.#isFlushQueued = false;
    clearTimeout(this.#retry);
    const batch = this.#pending.splice(0);
    if (batch.length === 0) return;
    try {
      await this.#write(batch.map((event) => `${JSON.stringify(event)}\n`).join(''));
    } catch (error) {
      this.#pending.unshift(...batch);
      this.#forgetOldest();
      this.#retry = setTimeout(() => { this.#queueFlush(); }, RETRY_DELAY_MS).unref();
      this.#listener.unwritable(describeError(error));
      return;
    }
    this.#listener.writable();
  }

  #forgetOldest(): void {
    const excess = this.#pending.length - MAX_PENDING_EVENTS;
    if (excess <= 0) return;
    this.#pending.splice(0, excess);
    this.lostEvents += excess;
  }

  async #write(text: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o750 });
    let handle = await open(this.#path, 'a+', 0o640);
    try {
      let sizeBytes = (await handle.stat()).size;
      if (sizeBytes > 0 && sizeBytes + Buffer.byteLength(text) > this.#maxBytes) {
        await handle.close();
        await rename(this.#path, this.#olderPath);
        handle = await open(this.#path, 'a+', 0o640);
        sizeBytes = 0;
      }
      // A line that an earlier life did not finish stays alone on its line.
      const torn = sizeBytes > 0 && (await lastByte(handle, sizeBytes)) !== 0x0a;
      await handle.appendFile(torn ? `\n${text}` : text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }
}

/** The past that stands in a directory while nobody writes there: oldest first, lines that are no event are skipped.
 *  @returns undefined when there is no journal
 *  @throws {NodeJS.ErrnoException} when it cannot be read */
export async function readRecordedEvents(directory: string): Promise<AsyncIterable<JournalEvent> | undefined> {
  const files: { readonly handle: FileHandle; readonly sizeBytes: number }[] = [];
  for (const path of journalPaths(directory)) {
    const handle = await open(path, 'r').catch(undefinedWhenMissing);
    if (handle !== undefined) files.push({ handle, sizeBytes: (await handle.stat()).size });
  }
  return files.length === 0 ? undefined : readAndClose(files);
}

/** The older file, then the one that is written. */
function journalPaths(directory: string): readonly [string, string] {
  return [join(directory, 'journal.1.jsonl'), join(directory, 'journal.jsonl')];
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
  return undefined;
}

async function* readAndClose(
  files: readonly { readonly handle: FileHandle; readonly sizeBytes: number }[],
): AsyncGenerator<JournalEvent> {
  try {
    yield* readAll(files, []);
  } finally {
    for (const { handle } of files) await handle.close();
  }
}

async function lastByte(handle: FileHandle, sizeBytes: number): Promise<number | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, sizeBytes - 1);
  return buffer[0];
}

async function* readAll(
  files: readonly { readonly handle: FileHandle; readonly sizeBytes: number }[], unwritten: readonly JournalEvent[],
): AsyncGenerator<JournalEvent> {
  for (const { handle, sizeBytes } of files) {
    if (sizeBytes === 0) continue;
    const stream = createReadStream('', { fd: handle, start: 0, end: sizeBytes - 1, autoClose: false });
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      const event = parseLine(line);
      if (event !== undefined) yield event;
    }
  }
  yield* unwritten;
}

/** Whatever is no event (a torn line, an editor's leftovers) is skipped. */
function parseLine(line: string): JournalEvent | undefined {
  if (line.length === 0 || line.length > MAX_LINE_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is JournalEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { time, event, level } = value as Partial<Record<keyof JournalEvent, unknown>>;
  const isTime = typeof time === 'string' && !Number.isNaN(Date.parse(time));
  return isTime && typeof event === 'string' && typeof level === 'string';
}

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { MAX_WAITING_BYTES, REOPEN_DELAY_MS } from './log-sink.js';
import { AgentLog } from './log.js';
import { untilQuiet } from './machine.fixture.js';

/** Standard error that can be stalled. */
class Stderr {
  readonly lines: string[] = [];
  isStalled = false;
  readonly stream = new Writable({
    highWaterMark: 16_384, decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      this.lines.push(...chunk.split('\n').filter((line) => line !== ''));
      if (this.isStalled) this.#release = done;
      else done();
    },
  });

  #release: () => void = () => undefined;

  goOn(): void {
    this.isStalled = false;
    this.#release();
  }
}

const TIME = '2026-01-01T00:00:00.000Z';
let directory: string;
let stderr: Stderr;
let now: number;
let trouble: (string | undefined)[];
let log: AgentLog;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'baton-log-'));
  stderr = new Stderr();
  now = 0;
  trouble = [];
  log = new AgentLog({
    stderr: stderr.stream, clock: { now: () => now }, wallClockMs: () => Date.UTC(2026, 0, 1),
    onFileTrouble: (detail) => trouble.push(detail),
  });
});
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

const written = (): Promise<void> => log.flush(1000);

describe('a log line', () => {
  test('is text: time, level, event, then fields; undefined fields are left out', async () => {
    const odd = { none: null, absent: undefined, faults: ['link-down', 'x'] };
    log.info('state-changed', { router: 'web', epoch: 7, ok: true, ...odd });
    await written();
    expect(stderr.lines)
      .toEqual([`${TIME} info state-changed router=web epoch=7 ok=true none=null faults=link-down,x`]);
  });

  test('quotes what is more than a word: nobody forges a line of ours', async () => {
    log.warn('hook-finished', { message: `no such file\n${TIME} info agent-started`, empty: '', equals: 'a=b' });
    await written();
    expect(stderr.lines).toEqual([
      `${TIME} warn hook-finished message="no such file\\n${TIME} info agent-started" empty="" equals="a=b"`,
    ]);
  });

  test('is JSON when configured', async () => {
    log.configure({ level: 'info', format: 'json', file: undefined });
    log.error('engine-lost', { node: 'lb-a' });
    await written();
    expect(stderr.lines.map((line) => JSON.parse(line) as unknown))
      .toEqual([{ time: TIME, level: 'error', event: 'engine-lost', node: 'lb-a' }]);
  });

  test.each([
    ['error', ['error']], ['warn', ['error', 'warn']], ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ] as const)('at level %s these pass: %j', async (level, passing) => {
    log.configure({ level, format: 'text', file: undefined });
    for (const each of ['error', 'warn', 'info', 'debug'] as const) log[each]('event');
    await written();
    expect(stderr.lines.map((line) => line.split(' ')[1])).toEqual(passing);
  });
});

describe('a reader that stalls', () => {
  test('costs lines and not memory, and is told how many when it is back', async () => {
    stderr.isStalled = true;
    const text = 'x'.repeat(1000);
    for (let index = 0; index < 5000; index += 1) log.info('event', { index, text });
    expect(stderr.stream.writableLength).toBeLessThanOrEqual(MAX_WAITING_BYTES);
    const dropped = log.droppedLines();
    expect(dropped).toBeGreaterThan(3000);
    stderr.goOn();
    await untilQuiet();
    expect(stderr.lines.at(-1)).toBe(`${TIME} warn log-lines-dropped count=${String(dropped)} target=stderr`);
    expect(stderr.lines).toHaveLength(5000 - dropped + 1);
  });

  test('does not hold up the end for longer than asked', async () => {
    stderr.isStalled = true;
    log.info('event');
    log.info('event');
    const before = performance.now();
    await log.flush(50);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe('a log file', () => {
  test('gets the same lines, and is opened anew by a reload after rotation', async () => {
    const file = join(directory, 'baton.log');
    const configuration = { level: 'info', format: 'text', file } as const;
    log.configure(configuration);
    log.info('before');
    await written();
    await untilQuiet();
    renameSync(file, `${file}.1`);
    log.configure(configuration);
    log.info('after');
    await untilQuiet();
    expect([readFileSync(`${file}.1`, 'utf8'), readFileSync(file, 'utf8')])
      .toEqual([`${TIME} info before\n`, `${TIME} info after\n`]);
    expect(stderr.lines).toHaveLength(2);
  });

  test('that cannot be written is said, costs its lines only, and is tried again', async () => {
    const file = join(directory, 'absent', 'baton.log');
    log.configure({ level: 'info', format: 'text', file });
    log.info('first');
    await untilQuiet();
    expect(trouble.at(-1)).toContain('ENOENT');
    mkdirSync(join(directory, 'absent'));
    log.info('too early');
    now += REOPEN_DELAY_MS;
    log.info('second');
    await untilQuiet();
    expect(trouble.at(-1)).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toContain('info second');
    expect(readFileSync(file, 'utf8')).not.toContain('too early');
    expect(stderr.lines.map((line) => line.split(' ')[2])).toEqual(['first', 'too', 'second', 'log-lines-dropped']);
  });
});

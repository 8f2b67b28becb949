// Where log lines end: a stream that may stall, break or fill up its disk without the agent noticing more than a
// counter. Decides what is dropped; knows nothing of levels and formats.

import type { Clock, Instant } from '@baton/base';
import type { Writable } from 'node:stream';

/** Bytes that may wait for a slow reader; more is dropped. */
export const MAX_WAITING_BYTES = 1024 * 1024;
/** A target that broke is opened again after this time, ms. */
export const REOPEN_DELAY_MS = 10_000;

/** What a sink needs and whom it tells. */
export interface LogSinkOptions {
  /** Opens the target; asked again after it broke. */
  readonly open: () => Writable;
  readonly clock: Clock;
  /** The reader is back after `count` lines were dropped. Called at most once per stall. */
  readonly onRecovered: (count: number) => void;
  /** The target cannot be written; lines are dropped until it can. */
  readonly onBroken: (detail: string) => void;
}

/** A bounded way out. */
export class LogSink {
  /** Lines dropped since start. */
  droppedLines = 0;
  readonly #options: LogSinkOptions;
  #target: Writable | undefined;
  #brokenAt: Instant | undefined;
  #droppedSinceRecovery = 0;
  /** Above the stream's own mark we wait for its `drain` before a recovery is said. */
  #isStalled = false;

  constructor(options: LogSinkOptions) {
    this.#options = options;
  }

  /** Writes one line, or drops it and counts. Never throws, never waits. */
  write(line: string): void {
    const target = this.#openTarget();
    if (target === undefined || target.writableLength + line.length > MAX_WAITING_BYTES) {
      this.droppedLines += 1;
      this.#droppedSinceRecovery += 1;
      return;
    }
    if (!target.write(line) && !this.#isStalled) {
      this.#isStalled = true;
      target.once('drain', () => {
        this.#isStalled = false;
        this.#sayRecovered();
      });
    }
  }

  /** Resolves when everything written has left, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    const target = this.#target;
    if (target === undefined || target.writableLength === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => { timer = setTimeout(resolve, timeoutMs); });
    await Promise.race([new Promise<void>((resolve) => { target.write('', () => { resolve(); }); }), timeout]);
    clearTimeout(timer);
  }

  /** Ends the target; nothing may be written afterwards. */
  close(): void {
    this.#target?.end();
    this.#target = undefined;
  }

  #openTarget(): Writable | undefined {
    if (this.#target !== undefined) return this.#target;
    const now = this.#options.clock.now();
    if (this.#brokenAt !== undefined && now - this.#brokenAt < REOPEN_DELAY_MS) return undefined;
    const target = this.#options.open();
    this.#target = target;
    target.on('error', (error) => {
      if (this.#target !== target) return;
      this.#target = undefined;
      this.#isStalled = false;
      this.#brokenAt = this.#options.clock.now();
      this.#options.onBroken(error.message);
    });
    if (this.#brokenAt !== undefined) target.once('open', () => { this.#sayRecovered(); });
    return target;
  }

  #sayRecovered(): void {
    this.#brokenAt = undefined;
    const count = this.#droppedSinceRecovery;
    this.#droppedSinceRecovery = 0;
    if (count > 0) this.#options.onRecovered(count);
  }
}

// The agent's log: winston decides what passes, this file how a line looks, log-sink.ts what happens when nobody reads
// it.
//   2026-01-01T00:00:00.000Z info state-changed router=web from=backup to=master reason=master-down-timer

import type { Clock, LogFields, Logger } from '@baton/base';
import type { LogConfiguration } from '@baton/config';
import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import winston from 'winston';
import { LogSink } from './log-sink.js';

/** What the log needs. */
export interface AgentLogOptions {
  readonly stderr: Writable;
  readonly clock: Clock;
  readonly wallClockMs: () => number;
  /** Raised when the file of `log.file` cannot be written, cleared with undefined. */
  readonly onFileTrouble: (detail: string | undefined) => void;
}

/** Text to standard error at level info until `configure` says otherwise. */
export class AgentLog implements Logger {
  readonly #options: AgentLogOptions;
  readonly #stderrSink: LogSink;
  #fileSink: LogSink | undefined;
  #format: LogConfiguration['format'] = 'text';
  readonly #winston: winston.Logger;

  constructor(options: AgentLogOptions) {
    this.#options = options;
    this.#stderrSink = new LogSink({
      open: () => options.stderr, clock: options.clock,
      onRecovered: (count) => { this.warn('log-lines-dropped', { count, target: 'stderr' }); },
      onBroken: () => undefined,
    });
    this.#winston = winston.createLogger({
      levels: { error: 0, warn: 1, info: 2, debug: 3 },
      level: 'info',
      format: winston.format.printf(({ level, message, fields }) => {
        return this.#line(level, message as string, fields as LogFields);
      }),
      // winston's own types do not know that its transports are winston-transport's.
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
      transports: [new winston.transports.Stream({ stream: this.#entrance(), eol: '\n' })],
    });
  }

  /** Takes a new level, format and file; the file is opened anew, so a reload after log rotation is enough. */
  configure(configuration: LogConfiguration): void {
    this.#winston.level = configuration.level;
    this.#format = configuration.format;
    this.#fileSink?.close();
    const { file } = configuration;
    this.#options.onFileTrouble(undefined);
    this.#fileSink = file === undefined ? undefined : new LogSink({
      open: () => createWriteStream(file, { flags: 'a', mode: 0o640 }), clock: this.#options.clock,
      onRecovered: (count) => {
        this.#options.onFileTrouble(undefined);
        this.warn('log-lines-dropped', { count, target: file });
      },
      onBroken: (detail) => { this.#options.onFileTrouble(detail); },
    });
  }

  /** Lines that were never written, over all targets. */
  droppedLines(): number {
    return this.#stderrSink.droppedLines + (this.#fileSink?.droppedLines ?? 0);
  }

  /** Waits until every line is out, at most `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    await Promise.all([this.#stderrSink.flush(timeoutMs), this.#fileSink?.flush(timeoutMs)]);
  }

  error(event: string, fields?: LogFields): void {
    this.#winston.log({ level: 'error', message: event, fields });
  }

  warn(event: string, fields?: LogFields): void {
    this.#winston.log({ level: 'warn', message: event, fields });
  }

  info(event: string, fields?: LogFields): void {
    this.#winston.log({ level: 'info', message: event, fields });
  }

  debug(event: string, fields?: LogFields): void {
    this.#winston.log({ level: 'debug', message: event, fields });
  }

  /** Takes every line from winston at once: what cannot leave is dropped behind it, nothing piles up inside winston. */
  #entrance(): Writable {
    return new Writable({
      decodeStrings: false,
      write: (line: string, _encoding, done) => {
        this.#stderrSink.write(line);
        this.#fileSink?.write(line);
        done();
      },
    });
  }

  #line(level: string, event: string, fields: LogFields = {}): string {
    const time = new Date(this.#options.wallClockMs()).toISOString();
    if (this.#format === 'json') return JSON.stringify({ time, level, event, ...fields });
    return textLine(time, level, event, fields);
  }
}

function textLine(time: string, level: string, event: string, fields: LogFields): string {
  const said = Object.entries(fields).filter(([, value]) => value !== undefined);
  return [time, level, event, ...said.map(([name, value]) => `${name}=${textValue(value)}`)].join(' ');
}

/** Plain when it reads as one word, quoted otherwise: a line break in a hook's output cannot forge a line of ours. */
function textValue(value: LogFields[string]): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return /^[\w.:/@%+,-]+$/u.test(text) ? text : JSON.stringify(text);
}

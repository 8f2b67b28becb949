// Says one thing to the log and to the journal with the same name and the same fields. Decides only what is worth
// keeping: debug events are logged and not journaled.

import type { LogFields, Logger } from '@baton/base';
import type { JournalEvent } from './control/messages.js';

export type EventLevel = JournalEvent['level'];

/** Where events are kept. */
export interface EventStore {
  append(event: JournalEvent): void;
}

/** What accompanies an event besides its fields. */
export interface EventContext {
  readonly atMs?: number;
  readonly evidence?: LogFields;
}

/** Builds the record of an event: time first, then what happened, then its fields. */
export function journalEvent(atMs: number, level: EventLevel, event: string, fields: LogFields): JournalEvent {
  return { time: new Date(atMs).toISOString(), event, level, ...fields };
}

/** The one place through which the agent speaks. */
export class EventReporter {
  readonly #logger: Logger;
  readonly #wallClockMs: () => number;
  #store: EventStore | undefined;

  constructor(logger: Logger, wallClockMs: () => number) {
    this.#logger = logger;
    this.#wallClockMs = wallClockMs;
  }

  /** From now on events are also kept; before this call they are only logged. */
  keepIn(store: EventStore): void {
    this.#store = store;
  }

  /** @param atMs when it happened, wall-clock milliseconds; now when absent
   *  @param evidence fields too long for a log line: they go to the journal only */
  report(level: EventLevel, event: string, fields: LogFields = {}, context: EventContext = {}): void {
    this.#logger[level](event, fields);
    if (level === 'debug') return;
    const { atMs = this.#wallClockMs(), evidence } = context;
    this.#store?.append(journalEvent(atMs, level, event, { ...fields, ...evidence }));
  }
}

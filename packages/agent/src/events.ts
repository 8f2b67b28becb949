// Says one thing to the log and to the journal with the same name and the same fields. Decides only what is worth
// keeping: debug events are logged and not journaled.

import type { LogFields, Logger } from '@baton/base';
import type { Finding } from '@baton/config';
import type { EngineMessage, TransitionEvidence, TransitionSteps } from '@baton/engine/messages';
import type { StateChange } from '@baton/vrrp';
import type { JournalEvent } from './control/messages.js';

/** How much an event asks of an operator: see Logger. */
export type EventLevel = JournalEvent['level'];

/** Something the engine wants an operator to know; the engine says the same at most once a minute. */
export type Notice = Extract<EngineMessage, { type: 'notice' }>;

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

/** What a transition is told as: from, to and why, who is master now, and how long each step took. */
export function transitionFields(router: string, change: StateChange, steps: TransitionSteps): LogFields {
  const { from, to, reason, epoch, priority, faults, master } = change;
  return {
    router, from, to, reason, epoch, priority, faults: faults.length === 0 ? undefined : faults,
    master: master?.address, master_priority: master?.priority,
    advertisement_ms: roundMs(steps.advertisementMs), addresses_ms: roundMs(steps.addressesMs),
    announced_ms: roundMs(steps.announcedMs),
  };
}

/** What a transition rests on, for the journal: an operator reads it with `baton why`. */
export function evidenceFields({ family, interface: place, timer, heard, ...others }: TransitionEvidence): LogFields {
  return {
    family: family === 4 ? 'ipv4' : 'ipv6', interface: place,
    timer_armed_by: timer?.armedBy, timer_armed_ago_ms: roundMs(timer?.armedAgoMs),
    timer_interval_ms: roundMs(timer?.intervalMs), skew_time_ms: roundMs(timer?.skewTimeMs),
    master_advert_interval_ms: timer?.masterAdvertIntervalMs,
    heard_from: heard?.address, heard_priority: heard?.priority, heard_interval_ms: heard?.advertIntervalMs,
    heard_ago_ms: roundMs(heard?.agoMs), stalled_ms: roundMs(others.stalledMs),
    refused_address: others.refusal?.address, refused_interface: others.refusal?.interface,
    refused_errno: others.refusal?.errno,
  };
}

/** Milliseconds with as many digits as mean something. */
function roundMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}

/** Says what is wrong or doubtful in a file, one event for each. */
export function reportFindings(findings: readonly Finding[], reporter: EventReporter): void {
  for (const { severity, code, file, line, column, key, message } of findings) {
    const level = severity === 'error' ? 'error' : 'warn';
    const at = `${file}:${String(line)}:${String(column)}`;
    reporter.report(level, 'configuration-finding', { at, key, code, message });
  }
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

// Decides which notices of the engine are said: the same one at most once a minute, then with the number of those
// swallowed. Pure: time is an argument, the caller owns the timer.

import type { Instant } from '@baton/base';
import type { EngineMessage } from '@baton/engine/messages';

/** Something the engine wants an operator to know. */
export type Notice = Extract<EngineMessage, { type: 'notice' }>;

/** One line per event, subject and reason in this time, ms. */
export const NOTICE_PERIOD_MS = 60_000;
/** Different notices remembered; beyond that the oldest is said and forgotten first. */
export const MAX_NOTICE_KINDS = 512;

/** What makes two notices of one event different. */
const SUBJECT_FIELDS = ['router', 'interface', 'source', 'peer', 'address', 'mac', 'reason'] as const;

/** A notice to say now, and how many like it were swallowed before it. */
export interface AdmittedNotice {
  readonly notice: Notice;
  readonly swallowed: number;
}

interface Kind {
  readonly until: Instant;
  swallowed: number;
  last: Notice;
}

/** Lets the first of its kind pass and counts the others. */
export class NoticeGate {
  readonly #kinds = new Map<string, Kind>();

  /** @returns what to say now: the notice itself when it is the first of its kind, and one that had to make room */
  admit(notice: Notice, now: Instant): readonly AdmittedNotice[] {
    const due = this.takeDue(now);
    const known = this.#kinds.get(kindOf(notice));
    if (known !== undefined) {
      known.swallowed += 1;
      known.last = notice;
      return due;
    }
    this.#kinds.set(kindOf(notice), { until: now + NOTICE_PERIOD_MS, swallowed: 0, last: notice });
    return [...due, ...this.#makeRoom(), { notice, swallowed: 0 }];
  }

  /** @returns the last of every kind that was swallowed and whose minute is over */
  takeDue(now: Instant): readonly AdmittedNotice[] {
    const due: AdmittedNotice[] = [];
    for (const [key, kind] of this.#kinds) {
      if (now < kind.until) continue;
      this.#kinds.delete(key);
      if (kind.swallowed === 0) continue;
      due.push({ notice: kind.last, swallowed: kind.swallowed });
      // What is said now counts as the first of the next minute.
      this.#kinds.set(key, { until: now + NOTICE_PERIOD_MS, swallowed: 0, last: kind.last });
    }
    return due;
  }

  /** When `takeDue` has something to say next; undefined when nothing was swallowed. */
  nextDueAt(): Instant | undefined {
    let next: Instant | undefined;
    for (const kind of this.#kinds.values()) {
      if (kind.swallowed > 0 && (next === undefined || kind.until < next)) next = kind.until;
    }
    return next;
  }

  #makeRoom(): readonly AdmittedNotice[] {
    const [oldest] = this.#kinds;
    if (this.#kinds.size <= MAX_NOTICE_KINDS || oldest === undefined) return [];
    const [key, kind] = oldest;
    this.#kinds.delete(key);
    return kind.swallowed === 0 ? [] : [{ notice: kind.last, swallowed: kind.swallowed }];
  }
}

/** Two notices are alike when they name the same event about the same thing for the same reason. */
function kindOf({ event, fields }: Notice): string {
  return [event, ...SUBJECT_FIELDS.map((name) => String(fields[name] ?? ''))].join(' ');
}

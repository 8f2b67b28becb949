// Notices to the agent, at most one a minute for the same event about the same thing (RFC 9568 §7.1: logs are
// rate-limited), so that a flood of bad packets costs a counter and not a message each.

import type { Instant } from '@baton/base';
import type { EngineMessage } from './messages.js';
import type { EnginePorts } from './ports.js';

/** The level and the flat fields of one notice. */
export type NoticeFields = Readonly<Record<string, string | number | boolean>>;
type Level = Extract<EngineMessage, { type: 'notice' }>['level'];

/** One line per event and subject in this time, ms. */
export const NOTICE_PERIOD_MS = 60_000;
/** How many (event, subject) pairs are remembered; the oldest is forgotten first. */
export const MAX_NOTICE_SUBJECTS = 512;
/** Limited notices in one period for one event, and of discards for one reason, whatever they are about: a stranger
 *  can invent as many subjects as it likes, but what it floods must not hide anything else. */
export const MAX_LIMITED_NOTICES = 120;

/** Emits notices and swallows repetitions. */
export class Notices {
  readonly #ports: Pick<EnginePorts, 'emit' | 'clock' | 'wallClockMs'>;
  readonly #recent = new Map<string, { until: Instant; swallowed: number }>();
  #period = { endsAt: -Infinity, said: new Map<string, number>(), swallowed: 0 };

  constructor(ports: Pick<EnginePorts, 'emit' | 'clock' | 'wallClockMs'>) {
    this.#ports = ports;
  }

  /** Says something that happens rarely by its nature: always emitted. */
  say(level: Level, event: string, fields: NoticeFields): void {
    this.#ports.emit({ type: 'notice', level, event, fields, at: this.#ports.wallClockMs() });
  }

  /** Says something that a peer can provoke at will: once a minute for each subject, with the count of what was
   *  swallowed since.
   *  @param event a token of ours, as is its reason: each pair has a budget of its own
   *  @param fields what costs something to find out is asked for only when it is said */
  sayLimited(
    level: Level,
    event: string | { readonly name: string; readonly reason: string },
    subject: string,
    fields: NoticeFields | (() => NoticeFields),
  ): void {
    const now = this.#ports.clock.now();
    const { name, reason } = typeof event === 'string' ? { name: event, reason: '' } : event;
    const kind = `${name} ${reason}`;
    const key = `${kind} ${subject}`;
    const known = this.#recent.get(key);
    if (known !== undefined && now < known.until) {
      known.swallowed += 1;
      return;
    }
    if (!this.#isWithinBudget(kind, now)) return;
    this.#recent.delete(key);
    this.#recent.set(key, { until: now + NOTICE_PERIOD_MS, swallowed: 0 });
    if (this.#recent.size > MAX_NOTICE_SUBJECTS) this.#forgetOldest();
    const swallowed = known?.swallowed ?? 0;
    const told = typeof fields === 'function' ? fields() : fields;
    this.say(level, name, swallowed === 0 ? told : { ...told, swallowed });
  }

  #isWithinBudget(kind: string, now: Instant): boolean {
    if (now >= this.#period.endsAt) {
      const { swallowed } = this.#period;
      this.#period = { endsAt: now + NOTICE_PERIOD_MS, said: new Map(), swallowed: 0 };
      if (swallowed > 0) this.say('warn', 'notices-swallowed', { swallowed });
    }
    const said = this.#period.said.get(kind) ?? 0;
    if (said >= MAX_LIMITED_NOTICES) {
      this.#period.swallowed += 1;
      return false;
    }
    this.#period.said.set(kind, said + 1);
    return true;
  }

  #forgetOldest(): void {
    const oldest = this.#recent.keys().next();
    if (oldest.done !== true) this.#recent.delete(oldest.value);
  }
}

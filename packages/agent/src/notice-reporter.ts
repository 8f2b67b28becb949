// Says the notices of the engine when notices.ts lets them pass, and owns the one timer that says what was swallowed.

import type { Clock } from '@baton/base';
import type { EventReporter } from './events.js';
import { NoticeGate, type AdmittedNotice, type Notice } from './notices.js';

/** From the engine's notices to events. */
export class NoticeReporter {
  readonly #gate = new NoticeGate();
  readonly #reporter: EventReporter;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;

  constructor(reporter: EventReporter, clock: Clock) {
    this.#reporter = reporter;
    this.#clock = clock;
  }

  /** Says the notice, or counts it. */
  take(notice: Notice): void {
    this.#say(this.#gate.admit(notice, this.#clock.now()));
  }

  /** Forgets the timer: counts that are not said yet are lost. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #say(admitted: readonly AdmittedNotice[]): void {
    for (const { notice, swallowed } of admitted) {
      const fields = swallowed === 0 ? notice.fields : { ...notice.fields, swallowed };
      this.#reporter.report(notice.level, notice.event, fields, { atMs: notice.at });
    }
    clearTimeout(this.#timer);
    const dueAt = this.#gate.nextDueAt();
    if (dueAt === undefined) return;
    const say = (): void => { this.#say(this.#gate.takeDue(this.#clock.now())); };
    this.#timer = setTimeout(say, Math.max(1, dueAt - this.#clock.now())).unref();
  }
}

// What a node has heard, and when it must and must not take over for that reason: RFC 9568 §6.4.2 once more, from the
// outside. An advertisement counts from the moment it lies in the socket, whether the process has read it or not.

import type { Instant } from '@baton/base';
import type { RouterSnapshot } from '@baton/engine/messages';
import { RESIGN_PRIORITY, type StateChange } from '@baton/vrrp';
import type { SimulatedNode } from './node.js';
import { expectedPatienceMs, expectedSkewMs, readAdvert, ROUNDING_MS, type Report } from './rule.js';

interface HeardAdvert {
  readonly at: Instant;
  readonly priority: number;
  readonly intervalMs: number;
}

/** The ear of one node. All instants are by its own clock. */
export class HeardAdverts {
  readonly #node: SimulatedNode;
  readonly #report: Report;
  #effectivePriority = 0;
  /** Own interval at the entry into backup; undefined when it does not count because something changed since. */
  #entryIntervalMs: number | undefined;
  #backupSince: Instant = -Infinity;
  #disturbedAt: Instant = -Infinity;
  #anyAt: Instant = -Infinity;
  #resignedAt: Instant = -Infinity;
  /** The last one that a backup has to respect. */
  #respected: HeardAdvert | undefined;
  #shortestIntervalMs = Infinity;
  #longestIntervalMs = 0;

  constructor(node: SimulatedNode, report: Report) {
    this.#node = node;
    this.#report = report;
  }

  /** What the engine says of itself after each call. */
  learn(snapshot: RouterSnapshot | undefined): void {
    if (snapshot === undefined) return;
    this.#effectivePriority = snapshot.priority.effective;
    this.#widen(snapshot.advertIntervalMs);
  }

  arrived(payload: Uint8Array): void {
    const at = this.#node.clock.now();
    const { priority, intervalMs } = readAdvert(payload);
    if (priority === RESIGN_PRIORITY) {
      this.#resignedAt = at;
      return;
    }
    this.#anyAt = at;
    this.#widen(intervalMs);
    if (this.#respects(priority)) this.#respected = { at, priority, intervalMs };
    // During its preempt delay a backup listens to a lower one too, and learns its interval: nothing to be said then.
    else if (this.#node.plan.preemptDelayMs > 0) this.#respected = undefined;
  }

  /** The socket is gone, and with it what was not read. */
  forget(): void {
    this.#respected = undefined;
    this.#resignedAt = -Infinity;
  }

  /** Something was done to the node: what it waits for may begin anew. */
  disturbed(): void {
    this.#disturbedAt = this.#node.clock.now();
    this.#entryIntervalMs = undefined;
  }

  /** @param reads whether the process is reading a datagram at this moment */
  stateChanged(change: StateChange, reads: boolean): void {
    const now = this.#node.clock.now();
    if (change.to === 'backup') {
      this.#backupSince = now;
      // What is being read, or waits to be read, may bring another interval at once.
      const beginsAnew = !reads && this.#node.waitingDatagrams === 0;
      this.#entryIntervalMs = beginsAnew ? this.#node.plan.intervalMs : undefined;
    }
    if (change.to !== 'master') return;
    if (change.reason === 'master-down-timer') this.#checkSilence(now, change.priority);
    if (change.reason === 'priority-zero-received') {
      const leastMs = expectedSkewMs(change.priority, this.#shortestIntervalMs);
      this.#checkWait(now, this.#resignedAt, leastMs, 'a resignation');
    }
  }

  /** A backup must not wait longer than the formulas say. */
  checkPatience(): void {
    const now = this.#node.clock.now();
    const priority = this.#effectivePriority;
    const longestMs = this.#longestIntervalMs;
    const slackMs = 2 * this.#node.plan.latencyMs + ROUNDING_MS;
    const base = Math.max(this.#backupSince, this.#disturbedAt);
    const resigned = this.#resignedAt > this.#anyAt && this.#resignedAt >= this.#backupSince;
    const limit = resigned
      ? Math.max(this.#resignedAt, base) + expectedSkewMs(priority, longestMs)
      : Math.max(this.#anyAt, base) + expectedPatienceMs(priority, longestMs);
    if (now <= limit + slackMs) return;
    const heard = resigned ? 'a resignation' : 'nothing';
    this.#report('takeover-too-late', `${this.#node.name} heard ${heard} and waits ${ms(now - limit)} too long`);
  }

  #checkSilence(now: Instant, priority: number): void {
    const respected = this.#respected;
    if (respected !== undefined && respected.at >= this.#backupSince) {
      if (!this.#respects(respected.priority)) return;
      this.#checkWait(now, respected.at, expectedPatienceMs(priority, respected.intervalMs), 'an advertisement');
    } else if (this.#entryIntervalMs !== undefined && this.#anyAt < this.#backupSince) {
      this.#checkWait(now, this.#backupSince, expectedPatienceMs(priority, this.#entryIntervalMs), 'becoming backup');
    }
  }

  #checkWait(now: Instant, since: Instant, leastMs: number, what: string): void {
    const waitedMs = now - since;
    if (waitedMs >= leastMs - ROUNDING_MS) return;
    const detail = `${this.#node.name} takes over ${ms(waitedMs)} after ${what}, must wait ${ms(leastMs)}`;
    this.#report('takeover-too-early', detail);
  }

  /** The tie-break is not made by backups: an equal priority is respected. */
  #respects(priority: number): boolean {
    return !this.#node.preempts || priority >= this.#effectivePriority;
  }

  #widen(intervalMs: number): void {
    this.#shortestIntervalMs = Math.min(this.#shortestIntervalMs, intervalMs);
    this.#longestIntervalMs = Math.max(this.#longestIntervalMs, intervalMs);
  }
}

function ms(value: number): string {
  return `${value.toFixed(3)} ms`;
}

// Notices that the engine is frozen although its process lives. Asks for a sign of life in short turns, hears what
// waits in the channel before it judges, and never takes a pause of its own for one of the engine.
//
// An engine that computes (it uses the processor) is busy and not frozen: it is given longer.

import type { Clock, Instant } from '@baton/base';

/** Longest silence of an engine that is master: this, or so many of its longest advertisement intervals, ms. */
export const PATIENCE_MS = 1000;
export const PATIENCE_INTERVALS = 3;
/** Looks in one patience. */
export const LOOKS = 10;
/** How many patiences an engine may compute without a word. */
export const BUSY_PATIENCES = 5;
/** An answer is missing when the engine has been silent for so many looks. */
const MISSING_LOOKS = 2;

/** What a look came to. */
export type Verdict = 'lives' | 'frozen';

/** What is known of one engine's silence. Pure: time and the engine's use of the processor are arguments. */
export class Silence {
  readonly patienceMs: number;
  readonly periodMs: number;
  #heardAt: Instant;
  #lookAt: Instant;
  /** Use of the processor when an answer was first missing. */
  #workBefore: number | undefined;

  /** @param advertIntervalMs the longest one of the routers that are master */
  constructor(advertIntervalMs: number, now: Instant) {
    this.patienceMs = Math.max(PATIENCE_MS, PATIENCE_INTERVALS * advertIntervalMs);
    this.periodMs = this.patienceMs / LOOKS;
    this.#heardAt = now;
    this.#lookAt = now + this.periodMs;
  }

  /** The engine said something. */
  heard(now: Instant): void {
    this.#heardAt = now;
    this.#workBefore = undefined;
  }

  /** Judges, one period after the last look or later.
   *  @param workOf what the engine has used of the processor so far, in any unit; undefined when nobody can tell: then
   *    it may be busy */
  look(now: Instant, workOf: () => number | undefined): Verdict {
    const wasAwake = now - this.#lookAt < this.periodMs / 2;
    this.#lookAt = now + this.periodMs;
    if (!wasAwake) this.heard(now);
    const silentMs = now - this.#heardAt;
    if (silentMs < MISSING_LOOKS * this.periodMs) return 'lives';
    const work = workOf();
    this.#workBefore ??= work;
    // The verdict falls at the last look within the patience.
    const marginMs = 1.5 * this.periodMs;
    const isBusy = work === undefined || work !== this.#workBefore;
    const limitMs = isBusy ? BUSY_PATIENCES * this.patienceMs : this.patienceMs - marginMs;
    return silentMs < limitMs ? 'lives' : 'frozen';
  }
}

/** What the watch needs of the world. */
export interface EngineWatchPorts {
  readonly clock: Clock;
  /** Asks for a sign of life. */
  readonly ask: () => void;
  readonly workOf: () => number | undefined;
  /** Called once: what comes after it is no business of the watch. */
  readonly frozen: (patienceMs: number) => void;
}

/** Watches the engine while it is master of anything. */
export class EngineWatch {
  readonly #ports: EngineWatchPorts;
  #silence: Silence | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: EngineWatchPorts) {
    this.#ports = ports;
  }

  /** Watches from now on with the patience of this interval.
   *  @param advertIntervalMs undefined: the engine is master of nothing, and may sleep */
  expect(advertIntervalMs: number | undefined): void {
    this.close();
    if (advertIntervalMs === undefined) return;
    this.#silence = new Silence(advertIntervalMs, this.#ports.clock.now());
    this.#lookLater(this.#silence);
  }

  /** The engine said something. */
  heard(): void {
    this.#silence?.heard(this.#ports.clock.now());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#silence = undefined;
  }

  #lookLater(silence: Silence): void {
    this.#ports.ask();
    this.#timer = setTimeout(() => {
      // What waits in the channel is heard first.
      setImmediate(() => { this.#look(silence); });
    }, silence.periodMs);
    this.#timer.unref();
  }

  #look(silence: Silence): void {
    if (this.#silence !== silence) return;
    if (silence.look(this.#ports.clock.now(), this.#ports.workOf) === 'lives') {
      this.#lookLater(silence);
      return;
    }
    this.close();
    this.#ports.frozen(silence.patienceMs);
  }
}

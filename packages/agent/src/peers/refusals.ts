// Everybody who was not let in: counted by reason, told once a minute for each reason and place, and an alarm while it
// happens again and again. Decides nothing about who is let in.

import type { Clock, Instant } from '@baton/base';
import type { PeerRefusalReason } from './messages.js';

/** Refusals within ALARM_SILENCE_MS that are an alarm: one is an accident. */
export const ALARM_REFUSALS = 2;
/** Silence after which the alarm ends, and after which the same is told again, ms. */
export const ALARM_SILENCE_MS = 60_000;
/** Reasons and places that are remembered as told; the oldest is forgotten first. */
const MAX_TOLD = 64;

/** One refusal. */
export interface Refusal {
  readonly reason: PeerRefusalReason;
  readonly address: string;
  /** What the other end calls itself, as far as it said so. */
  readonly node: string | undefined;
}

/** Who hears of refusals. */
export interface RefusalListener {
  /** To be logged: not every one is told. */
  told(refusal: Refusal): void;
  /** The alarm; undefined ends it. */
  alarm(detail: string | undefined): void;
}

/** The refusals of one node. */
export class Refusals {
  readonly #clock: Clock;
  readonly #listener: RefusalListener;
  readonly #counts = new Map<PeerRefusalReason, number>();
  readonly #toldAt = new Map<string, Instant>();
  #recent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, listener: RefusalListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  note(refusal: Refusal): void {
    const { reason, address, node } = refusal;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    this.#recent += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#calmDown(); }, ALARM_SILENCE_MS).unref();
    if (this.#isNews(`${reason} ${address}`)) this.#listener.told(refusal);
    if (this.#recent < ALARM_REFUSALS) return;
    const who = node === undefined ? address : `${node} at ${address}`;
    this.#listener.alarm(`${String(this.#recent)} connections refused, the last one of ${who}: ${reason}`);
  }

  /** Since start, by reason. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #calmDown(): void {
    this.#recent = 0;
    this.#listener.alarm(undefined);
  }

  #isNews(key: string): boolean {
    const now = this.#clock.now();
    const toldAt = this.#toldAt.get(key);
    if (toldAt !== undefined && now - toldAt < ALARM_SILENCE_MS) return false;
    this.#toldAt.delete(key);
    this.#toldAt.set(key, now);
    const [oldest] = this.#toldAt.keys();
    if (this.#toldAt.size > MAX_TOLD && oldest !== undefined) this.#toldAt.delete(oldest);
    return true;
  }
}

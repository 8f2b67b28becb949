// The order of authenticated advertisements: a sender stamps each with a sequence number made of time, a receiver lets
// nothing pass twice and nothing pass late. Made so that a step of any wall clock, on either side, disturbs no election
// that is under way: elapsed time is always measured by the monotonic clock. Pure; knows no key and no packet.

import type { Instant, IpAddress } from '@baton/base';

/** A point in time, told by both clocks. */
export interface Moment {
  /** By the monotonic clock. */
  readonly now: Instant;
  /** Milliseconds since 1970, fractional allowed. */
  readonly wallClockMs: number;
}

/** How replays are told from news, in the words of keepalived: `time` demands that a sender that is met for the first
 *  time has a clock like ours, `monotonic` takes any. */
export type AntiReplay = 'time' | 'monotonic';

/** Most senders remembered by one ReplayWindow; the one silent for longest is forgotten first. */
export const MAX_SENDERS = 16;

/** How much a clock may run slower than ours before its lag counts as delay. */
const CLOCK_DRIFT = 0.0005;
const SEQUENCE_BITS = 64;
const SEQUENCE_UNITS_PER_SECOND = 2 ** 32;

/** Gives out sequence numbers: seconds since 1970 in the upper 32 bits, their fraction below, always growing. */
export class SequenceClock {
  readonly #windowMs: number;
  /** The moment from which time is counted, and the last number given out. */
  #anchor: Moment | undefined;
  #last: { readonly sequence: bigint; readonly at: Instant } | undefined;

  /** @param windowMs the window of the receivers
   *  @param before goes on where this one is: what was stamped so far is older */
  constructor(windowMs: number, before?: SequenceClock) {
    this.#windowMs = windowMs;
    if (before === undefined) return;
    this.#anchor = before.#anchor;
    this.#last = before.#last;
  }

  /** The next number. A wall clock that is set forward is followed at once; one that is set back only after a silence
   *  of a window, when receivers accept it: until then time goes on from where it was. */
  next({ now, wallClockMs }: Moment): bigint {
    const silent = this.#last === undefined || now - this.#last.at > this.#windowMs;
    let anchor = this.#anchor ?? { now, wallClockMs };
    if (silent || wallClockMs > elapsedTo(anchor, now)) anchor = { now, wallClockMs };
    this.#anchor = anchor;
    const byClock = toSequence(elapsedTo(anchor, now));
    const least = this.#last === undefined || silent ? byClock : succeeding(this.#last.sequence);
    const sequence = isAfter(byClock, least) ? byClock : least;
    this.#last = { sequence, at: now };
    return sequence;
  }
}

/** What a receiver knows of one sender. */
interface Sender {
  /** The highest number accepted. */
  readonly mark: bigint;
  /** How far its clock is ahead of our monotonic one, ms: the most that was seen, drift deducted. */
  readonly leadMs: number;
  readonly heardAt: Instant;
}

/** What a sequence number is worth: `stale` is too old, too new or delayed; `replayed` was heard before. */
export type SequenceVerdict = 'fresh' | 'stale' | 'replayed';

/** What one virtual router remembers of the sequence numbers of its neighbours. */
export class ReplayWindow {
  readonly #antiReplay: AntiReplay;
  readonly #windowMs: number;
  readonly #quietMs: number;
  readonly #senders = new Map<IpAddress, Sender>();

  /** @param windowMs how far clocks may be apart, and how long an advertisement may be under way
   *  @param quietMs how long a sender must have been unheard before it may begin anew with lower numbers; less than
   *    the patience of a backup
   *  @param before what it has heard is known here, too */
  constructor(antiReplay: AntiReplay, windowMs: number, quietMs: number, before?: ReplayWindow) {
    this.#antiReplay = antiReplay;
    this.#windowMs = windowMs;
    this.#quietMs = quietMs;
    if (before === undefined) return;
    for (const [source, sender] of before.#senders) this.#senders.set(source, sender);
  }

  /** Judges the number of an advertisement whose MAC is right, and remembers it when it is fresh. */
  judge(source: IpAddress, sequence: bigint, { now, wallClockMs }: Moment): SequenceVerdict {
    const sender = this.#senders.get(source);
    const leadMs = toMs(sequence, wallClockMs) - now;
    const expectedLeadMs = sender === undefined ? Infinity : sender.leadMs - CLOCK_DRIFT * (now - sender.heardAt);
    const verdict = this.#antiReplay === 'monotonic'
      ? orderVerdict(sender, sequence)
      : this.#timeVerdict(sender, sequence, { leadMs, expectedLeadMs }, { now, wallClockMs });
    if (verdict !== 'fresh') return verdict;
    const restarted = sender === undefined || !isAfter(sequence, sender.mark);
    this.#remember(source, {
      mark: sequence, leadMs: restarted ? leadMs : Math.max(leadMs, expectedLeadMs), heardAt: now,
    });
    return 'fresh';
  }

  #timeVerdict(
    sender: Sender | undefined, sequence: bigint,
    { leadMs, expectedLeadMs }: { readonly leadMs: number; readonly expectedLeadMs: number }, moment: Moment,
  ): SequenceVerdict {
    const { now, wallClockMs } = moment;
    const isCurrent = (number: bigint): boolean => Math.abs(toMs(number, wallClockMs) - wallClockMs) <= this.#windowMs;
    // Either our clocks agree, or the sender's goes on as we know it: a step on either side leaves one of the two.
    const inTime = isCurrent(sequence) || expectedLeadMs - leadMs <= this.#windowMs;
    if (!inTime) return 'stale';
    if (sender === undefined || isAfter(sequence, sender.mark)) return 'fresh';
    // Lower numbers of a sender whose clock was wrong, put right, and that has been quiet meanwhile.
    const restarted = isCurrent(sequence) && !isCurrent(sender.mark) && now - sender.heardAt >= this.#quietMs;
    return restarted ? 'fresh' : 'replayed';
  }

  #remember(source: IpAddress, sender: Sender): void {
    this.#senders.delete(source);
    this.#senders.set(source, sender);
    const oldest = this.#senders.keys().next();
    if (this.#senders.size > MAX_SENDERS && oldest.done !== true) this.#senders.delete(oldest.value);
  }
}

function orderVerdict(sender: Sender | undefined, sequence: bigint): SequenceVerdict {
  return sender === undefined || isAfter(sequence, sender.mark) ? 'fresh' : 'replayed';
}

function elapsedTo(anchor: Moment, now: Instant): number {
  return anchor.wallClockMs + (now - anchor.now);
}

/** Serial number arithmetic (RFC 1982): right also when the seconds run over their 32 bits in 2106. */
function isAfter(sequence: bigint, other: bigint): boolean {
  return BigInt.asIntN(SEQUENCE_BITS, sequence - other) > 0n;
}

function succeeding(sequence: bigint): bigint {
  return BigInt.asUintN(SEQUENCE_BITS, sequence + 1n);
}

/** The lowest 16 bits, the counter within a fraction, stay zero. */
function toSequence(ms: number): bigint {
  return BigInt.asUintN(SEQUENCE_BITS, BigInt(Math.floor((ms / 1000) * 2 ** 16)) << 16n);
}

/** The time that a number states, in the 136 years around `nearMs`. */
function toMs(sequence: bigint, nearMs: number): number {
  const distance = BigInt.asIntN(SEQUENCE_BITS, sequence - toSequence(nearMs));
  return nearMs + (Number(distance) / SEQUENCE_UNITS_PER_SECOND) * 1000;
}

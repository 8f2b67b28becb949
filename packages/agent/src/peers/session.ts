// One connection after its transport stands: who is at the other end, whether it lives, what it answers. Pure: messages
// and the time go in, ordered steps come out. Knows no socket and no timer.
//
//   The connecting side speaks first. Each side says hello once and welcomes a hello that it accepts; a session is up
//   where a hello was accepted and the own one was welcomed. Nothing else is said before.
//
//   greeting ── hello accepted and welcomed ─> up ── silent ─> ended
//      └─ refused, or not in time ─> ended

import { assertNever, type Instant } from '@baton/base';
import { PROTOCOL, type Answer, type Hello, type PeerMessage, type PeerRefusalReason } from './messages.js';

/** How long the introduction may take, ms. */
export const HELLO_TIMEOUT_MS = 3000;
/** Between two pings, ms. */
export const PING_INTERVAL_MS = 250;
/** A peer that has been silent for this long is lost, ms. */
export const SILENCE_MS = 1000;
/** Questions that may wait for their answers. */
export const MAX_REQUESTS = 16;
/** Weight of the newest round trip in the one that is shown. */
const SMOOTHING = 0.25;

/** Why a session that was up has ended. */
export type PeerLossReason =
  /** Nothing was heard of the peer for a second. */
  | 'silent'
  /** The peer ended the connection, or the network did. */
  | 'closed'
  /** The peer said something that is no message. */
  | 'bad-message'
  /** The peer refused to go on. */
  | 'refused'
  /** The peer did not read what it was sent. */
  | 'slow-reader'
  /** The peer connected again. */
  | 'replaced'
  /** The peer is configured differently now, or not at all. */
  | 'reconfigured'
  /** This node ends. */
  | 'shutdown';

/** What the shell has to do, in this order. */
export type SessionStep =
  | { readonly type: 'send'; readonly message: PeerMessage }
  | { readonly type: 'up'; readonly hello: Hello }
  /** A message for the channel; only while up. */
  | { readonly type: 'heard'; readonly message: Extract<PeerMessage, { type: 'agreement' | 'state' | 'request' }> }
  | { readonly type: 'answered'; readonly id: number; readonly answer: Answer }
  /** We refuse: tell, count and close. */
  | { readonly type: 'refuse'; readonly reason: PeerRefusalReason; readonly node: string | undefined }
  /** The peer refused us before the session was up. */
  | { readonly type: 'refused-by-peer'; readonly reason: string }
  | { readonly type: 'lost'; readonly reason: PeerLossReason };

/** What a session is told about itself. */
export interface SessionOptions {
  readonly role: 'connecting' | 'accepting';
  readonly hello: Hello;
  /** Judges the name that the peer gives itself; undefined when it may be here. */
  readonly judge: (node: string) => PeerRefusalReason | undefined;
}

type Phase =
  | {
      readonly kind: 'greeting'; readonly until: Instant;
      readonly hello: Hello | undefined; readonly welcomed: boolean;
    }
  | { readonly kind: 'up'; readonly heardAt: Instant; readonly tickedAt: Instant }
  | { readonly kind: 'ended' };

/** One session. */
export class Session {
  /** Smoothed, ms; undefined until the first answer to a ping. */
  roundTripMs: number | undefined;
  readonly #options: SessionOptions;
  #phase: Phase;
  #ping: { readonly id: number; readonly sentAt: Instant } | undefined;
  #nextPing = 1;

  constructor(options: SessionOptions, now: Instant) {
    this.#options = options;
    this.#phase = { kind: 'greeting', until: now + HELLO_TIMEOUT_MS, hello: undefined, welcomed: false };
  }

  get isUp(): boolean {
    return this.#phase.kind === 'up';
  }

  /** The transport stands. */
  open(): readonly SessionStep[] {
    return this.#options.role === 'connecting' ? [{ type: 'send', message: this.#options.hello }] : [];
  }

  /** Takes a message. */
  hear(message: PeerMessage, now: Instant): readonly SessionStep[] {
    const phase = this.#phase;
    switch (phase.kind) {
      case 'greeting':
        return this.#greet(message, phase, now);
      case 'up':
        this.#enter({ ...phase, heardAt: now });
        return this.#converse(message, now);
      case 'ended':
        return [];
      default:
        return assertNever(phase);
    }
  }

  /** Something came that cannot be read. */
  reject(reason: PeerRefusalReason): readonly SessionStep[] {
    const phase = this.#phase;
    if (phase.kind === 'ended') return [];
    this.#enter({ kind: 'ended' });
    const node = phase.kind === 'greeting' ? phase.hello?.node : undefined;
    const refusal: SessionStep = { type: 'refuse', reason, node };
    return phase.kind === 'up' ? [refusal, { type: 'lost', reason: 'bad-message' }] : [refusal];
  }

  /** To be called every PING_INTERVAL_MS, or later when the process could not. */
  tick(now: Instant): readonly SessionStep[] {
    const phase = this.#phase;
    if (phase.kind === 'greeting') return now < phase.until ? [] : this.reject('hello-timeout');
    if (phase.kind !== 'up') return [];
    // Who was late itself has not read yet what its peer said meanwhile: the peer gets until the next tick.
    const wasLate = now - phase.tickedAt > 2 * PING_INTERVAL_MS;
    const heardAt = wasLate ? Math.max(phase.heardAt, now - SILENCE_MS + PING_INTERVAL_MS / 2) : phase.heardAt;
    if (now - heardAt >= SILENCE_MS) return this.end('silent');
    this.#enter({ ...phase, heardAt, tickedAt: now });
    const ping = { id: this.#nextPing, sentAt: now };
    this.#nextPing += 1;
    // A ping that is under way goes on being measured.
    this.#ping ??= ping;
    return [{ type: 'send', message: { type: 'ping', id: ping.id } }];
  }

  /** It is over, whoever wants that.
   *  @returns `lost` when it was up */
  end(reason: PeerLossReason): readonly SessionStep[] {
    const wasUp = this.isUp;
    this.#enter({ kind: 'ended' });
    return wasUp ? [{ type: 'lost', reason }] : [];
  }

  #greet(message: PeerMessage, phase: Extract<Phase, { kind: 'greeting' }>, now: Instant): readonly SessionStep[] {
    if (message.type === 'refuse') {
      this.#enter({ kind: 'ended' });
      return [{ type: 'refused-by-peer', reason: message.reason }];
    }
    if (message.type === 'hello' && phase.hello === undefined) return this.#meet(message, phase, now);
    // Whoever was not introduced cannot have seen our hello either, when it connected.
    const isDue = phase.hello !== undefined || this.#options.role === 'connecting';
    if (message.type === 'welcome' && isDue && !phase.welcomed) return this.#settle({ ...phase, welcomed: true }, now);
    return this.reject('bad-message');
  }

  #meet(hello: Hello, phase: Extract<Phase, { kind: 'greeting' }>, now: Instant): readonly SessionStep[] {
    this.#enter({ ...phase, hello });
    const isOurs = hello.node === this.#options.hello.node;
    const problem = isOurs ? 'own-name' : this.#options.judge(hello.node);
    if (problem !== undefined) return this.reject(problem);
    const protocol = Math.min(hello.newest, PROTOCOL.newest);
    const welcome: SessionStep = { type: 'send', message: { type: 'welcome', protocol } };
    const first: readonly SessionStep[] = this.#options.role === 'connecting'
      ? [] : [{ type: 'send', message: this.#options.hello }];
    return [...first, welcome, ...this.#settle({ ...phase, hello }, now)];
  }

  #settle(phase: Extract<Phase, { kind: 'greeting' }>, now: Instant): readonly SessionStep[] {
    if (phase.hello === undefined || !phase.welcomed) {
      this.#enter(phase);
      return [];
    }
    this.#enter({ kind: 'up', heardAt: now, tickedAt: now });
    return [{ type: 'up', hello: phase.hello }];
  }

  #converse(message: PeerMessage, now: Instant): readonly SessionStep[] {
    switch (message.type) {
      case 'ping':
        return [{ type: 'send', message: { type: 'pong', id: message.id } }];
      case 'pong':
        this.#measure(message.id, now);
        return [];
      case 'agreement':
      case 'state':
      case 'request':
        return [{ type: 'heard', message }];
      case 'answer':
        return [{ type: 'answered', id: message.id, answer: message.answer }];
      case 'refuse':
        return this.end('refused');
      case 'hello':
      case 'welcome':
        return this.reject('bad-message');
      default:
        return assertNever(message);
    }
  }

  #measure(id: number, now: Instant): void {
    if (this.#ping?.id !== id) return;
    const measuredMs = now - this.#ping.sentAt;
    this.#ping = undefined;
    const before = this.roundTripMs;
    this.roundTripMs = before === undefined ? measuredMs : before + SMOOTHING * (measuredMs - before);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
  }
}

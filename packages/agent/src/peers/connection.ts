// A session on a stream: frames in and out, the ticks of the clock, questions that wait for answers, and an end that is
// told once. Decides what a stream that does not behave is worth; who may be there is decided by the session.

import type { Clock } from '@baton/base';
import type { Socket } from 'node:net';
import { encodeFrame, FrameReader } from './frames.js';
import {
  parseMessage, type Answer, type Hello, type PeerMessage, type PeerRefusalReason, type PeerRequest,
} from './messages.js';
import {
  MAX_REQUESTS, PING_INTERVAL_MS, Session, type PeerLossReason, type SessionOptions, type SessionStep,
} from './session.js';

/** Bytes that may wait for a peer that does not read. */
export const MAX_UNSENT_BYTES = 262_144;
/** How long a refusal may take to leave, ms. */
const LAST_WORD_MS = 500;

/** How a connection came to its end. */
export type Ending =
  | { readonly kind: 'lost'; readonly reason: PeerLossReason }
  | { readonly kind: 'refused'; readonly reason: PeerRefusalReason; readonly node: string | undefined }
  | { readonly kind: 'refused-by-peer'; readonly reason: string }
  /** Before it was up, without a word. */
  | { readonly kind: 'closed' };

/** What a session passes on while it is up. */
export type PeerNews = Extract<SessionStep, { type: 'heard' }>['message'];

/** Who hears of it. */
export interface ConnectionListener {
  up(connection: Connection, hello: Hello): void;
  heard(connection: Connection, message: PeerNews): void;
  /** Once, and nothing after it. */
  ended(connection: Connection, ending: Ending): void;
}

interface Question {
  readonly settle: (answer: Answer) => void;
  readonly timer: NodeJS.Timeout;
}

/** One connection. */
export class Connection {
  /** Where the peer connects from or was connected to. */
  readonly address: string;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  readonly #frames = new FrameReader();
  readonly #questions = new Map<number, Question>();
  #nextQuestion = 1;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(
    socket: Socket, address: string,
    options: SessionOptions & { readonly clock: Clock; readonly listener: ConnectionListener },
  ) {
    this.#socket = socket;
    this.address = address;
    this.#clock = options.clock;
    this.#listener = options.listener;
    this.#session = new Session(options, options.clock.now());
  }

  /** Smoothed, ms; undefined while it is not known. */
  get roundTripMs(): number | undefined {
    return this.#session.roundTripMs;
  }

  /** The transport stands: begins to speak and to listen. */
  open(): void {
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => { this.#read(bytes); });
    // What was wrong with it is told by the close that follows.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => { this.#onClosed(); });
    this.#perform(this.#session.open());
    this.#tickLater();
  }

  /** Says something; to a peer that does not read it is the last thing. */
  send(message: PeerMessage): void {
    const frame = encodeFrame(message);
    if (this.#isEnded || frame === undefined) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.close('slow-reader');
  }

  /** Asks. Never rejects: what stands in the way is an answer too. */
  ask(request: PeerRequest, timeoutMs: number): Promise<Answer> {
    if (!this.#session.isUp || this.#isEnded) return Promise.resolve({ ok: false, why: 'not-connected' });
    if (this.#questions.size >= MAX_REQUESTS) return Promise.resolve({ ok: false, why: 'too-many-requests' });
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    return new Promise((resolve) => {
      const timer = setTimeout(() => { this.#settle(id, { ok: false, why: 'timeout' }); }, timeoutMs);
      this.#questions.set(id, { settle: resolve, timer });
      this.send({ type: 'request', id, request });
    });
  }

  /** Ends it at once. */
  close(reason: PeerLossReason): void {
    if (this.#isEnded) return;
    this.#perform(this.#session.end(reason));
    this.#finish({ kind: 'closed' });
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#isEnded) return;
    const frames = this.#frames.push(bytes);
    if (!frames.ok) {
      this.#perform(this.#session.reject(frames.reason));
      return;
    }
    for (const body of frames.bodies) this.#take(body);
  }

  #take(body: Buffer): void {
    if (this.#isEnded) return;
    const parsed = parseMessage(body);
    if (parsed.ok) this.#perform(this.#session.hear(parsed.message, this.#clock.now()));
    // A newer peer may know more words, once it has been introduced.
    else if (parsed.reason === 'unknown-type' && this.#session.isUp) return;
    else this.#perform(this.#session.reject(parsed.reason === 'unknown-type' ? 'bad-message' : parsed.reason));
  }

  #perform(steps: readonly SessionStep[]): void {
    for (const step of steps) this.#performOne(step);
  }

  #performOne(step: SessionStep): void {
    switch (step.type) {
      case 'send':
        this.send(step.message);
        break;
      case 'up':
        this.#listener.up(this, step.hello);
        this.#perform(this.#session.tick(this.#clock.now()));
        break;
      case 'heard':
        this.#listener.heard(this, step.message);
        break;
      case 'answered':
        this.#settle(step.id, step.answer);
        break;
      case 'refuse':
        this.send({ type: 'refuse', reason: step.reason });
        this.#finish({ kind: 'refused', reason: step.reason, node: step.node });
        this.#partLater();
        break;
      case 'refused-by-peer':
        this.#finish({ kind: 'refused-by-peer', reason: step.reason });
        this.#partLater();
        break;
      case 'lost':
        this.#finish({ kind: 'lost', reason: step.reason });
        if (step.reason !== 'bad-message') this.#socket.destroy();
        break;
    }
  }

  #onClosed(): void {
    this.#perform(this.#session.end('closed'));
    this.#finish({ kind: 'closed' });
  }

  #finish(ending: Ending): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    for (const id of [...this.#questions.keys()]) this.#settle(id, { ok: false, why: 'peer-lost' });
    this.#listener.ended(this, ending);
  }

  /** What was said last may leave, but not for ever. */
  #partLater(): void {
    this.#socket.end();
    const timer = setTimeout(() => { this.#socket.destroy(); }, LAST_WORD_MS);
    this.#socket.once('close', () => { clearTimeout(timer); });
  }

  #settle(id: number, answer: Answer): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    clearTimeout(question.timer);
    question.settle(answer);
  }

  #tickLater(): void {
    if (this.#isEnded) return;
    this.#timer = setTimeout(() => {
      this.#perform(this.#session.tick(this.#clock.now()));
      this.#tickLater();
    }, PING_INTERVAL_MS).unref();
  }
}

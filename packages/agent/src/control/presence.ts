// Sees to it that the control socket is there: opens it, looks whether it still is, and makes it again when somebody
// removed it or nothing could be put there before. Decides when nobody can reach the agent; how a socket is made is
// server.ts.

import { describeError } from '@baton/base';
import type { ControlServer } from './server.js';

/** Hears whether clients can reach the agent. Called again with the same news: whoever listens remembers. */
export interface PresenceListener {
  away(detail: string): void;
  present(): void;
}

/** Between two looks, ms: how long a removed socket may stay away. */
export const PRESENCE_INTERVAL_MS = 2000;

/** The socket of one agent. */
export class ControlPresence {
  readonly #server: ControlServer;
  readonly #listener: PresenceListener;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #attempt: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(server: ControlServer, listener: PresenceListener, intervalMs = PRESENCE_INTERVAL_MS) {
    this.#server = server;
    this.#listener = listener;
    this.#intervalMs = intervalMs;
  }

  /** Opens the socket and keeps it there until `close`. Called once; never rejects.
   *  @returns when the first attempt has succeeded or failed */
  keep(runtimeDirectory: string): Promise<void> {
    this.#attempt = this.#look(runtimeDirectory).then(() => {
      if (this.#isClosed) return;
      this.#timer = setTimeout(() => { void this.keep(runtimeDirectory); }, this.#intervalMs).unref();
    });
    return this.#attempt;
  }

  /** Stops looking, ends every connection and removes the socket. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#attempt;
    await this.#server.close();
  }

  async #look(runtimeDirectory: string): Promise<void> {
    try {
      if (!(await this.#server.isPresent())) {
        if (this.#server.wasPublished()) this.#listener.away('control.sock was removed; making it again');
        await this.#server.listen(runtimeDirectory);
      }
      this.#listener.present();
    } catch (error) {
      this.#listener.away(describeError(error));
    }
  }
}

// The agent's side of the channel to its parent, the engine: sends in order, and pairs snapshot requests with their
// answers. Knows no Node: main.ts plugs it into process.send. Decides nothing.

import { BatonError } from '@baton/base';
import type { AgentMessage, EngineMessage } from '@baton/engine/messages';
import type { AgentErrorCode } from './errors.js';

/** All routers and the engine itself at one moment. */
export type Snapshot = Extract<EngineMessage, { type: 'snapshot' }>;

/** How long the engine may take for a snapshot, ms. */
export const SNAPSHOT_TIMEOUT_MS = 2000;

interface Waiting {
  readonly resolve: (snapshot: Snapshot) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One channel, one engine. */
export class EngineChannel {
  readonly #transmit: (message: AgentMessage) => void;
  #nextId = 1;
  /** At most one request is under way: whoever asks meanwhile shares its answer. */
  #shared: Promise<Snapshot> | undefined;
  #waiting: (Waiting & { readonly id: number }) | undefined;

  constructor(transmit: (message: AgentMessage) => void) {
    this.#transmit = transmit;
  }

  send(message: AgentMessage): void {
    this.#transmit(message);
  }

  /** The state of every router now.
   *  @throws {BatonError} ERR_AGENT_ENGINE_SILENT when no answer comes within SNAPSHOT_TIMEOUT_MS */
  snapshot(): Promise<Snapshot> {
    this.#shared ??= this.#request().finally(() => { this.#shared = undefined; });
    return this.#shared;
  }

  /** Takes the answer to a request. Answers that nobody waits for any more are dropped. */
  takeSnapshot(snapshot: Snapshot): void {
    const waiting = this.#waiting;
    if (waiting?.id !== snapshot.id) return;
    clearTimeout(waiting.timer);
    this.#waiting = undefined;
    waiting.resolve(snapshot);
  }

  #request(): Promise<Snapshot> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined;
        const code: AgentErrorCode = 'ERR_AGENT_ENGINE_SILENT';
        const message = `the engine has not answered for ${String(SNAPSHOT_TIMEOUT_MS)} ms`;
        const hint = 'look for stall-detected in the log';
        reject(new BatonError<AgentErrorCode>(code, message, { hint }));
      }, SNAPSHOT_TIMEOUT_MS);
      this.#waiting = { id, resolve, reject, timer };
      this.#transmit({ type: 'snapshot-request', id });
    });
  }
}

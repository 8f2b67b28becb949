// One configured peer: the connection to it, what it said of itself, and for how long it has been away. Decides which
// connection counts when there are two: the newest.

import type { PeerConfiguration } from '@baton/config';
import type { Connection, Ending } from './connection.js';
import type { Dialer } from './dialer.js';
import { MAX_ROUTERS, type Hello, type PeerMessage, type Standing } from './messages.js';
import type { PeerLossReason } from './session.js';

/** How long a peer may be away before that is an alarm, ms. */
export const UNREACHABLE_AFTER_MS = 10_000;

/** What a link tells. */
export interface LinkListener {
  lost(node: string, reason: PeerLossReason): void;
  /** The alarm that it is away; undefined ends it. */
  unreachable(node: string, detail: string | undefined): void;
}

/** One peer. */
export class PeerLink {
  readonly peer: PeerConfiguration;
  dialer: Dialer | undefined;
  /** What stood in the way last. */
  problem = 'nobody has connected';
  readonly #listener: LinkListener;
  readonly #standings = new Map<string, Standing>();
  #up: { readonly connection: Connection; readonly hello: Hello } | undefined;
  #agreement: Extract<PeerMessage, { type: 'agreement' }> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(peer: PeerConfiguration, listener: LinkListener) {
    this.peer = peer;
    this.#listener = listener;
    this.#wait();
  }

  get connection(): Connection | undefined {
    return this.#up?.connection;
  }

  /** Version of Baton at the other end; undefined while it is away. */
  get version(): string | undefined {
    return this.#up?.hello.version;
  }

  /** What the peer has to agree with; undefined until it said so. */
  get agreement(): Extract<PeerMessage, { type: 'agreement' }> | undefined {
    return this.#agreement;
  }

  /** The virtual routers as the peer sees them; empty while it is away. */
  standings(): readonly Standing[] {
    return [...this.#standings.values()];
  }

  /** A connection is up: from now on it is the one that counts. */
  use(connection: Connection, hello: Hello): void {
    const before = this.#up?.connection;
    this.#drop();
    clearTimeout(this.#timer);
    this.#up = { connection, hello };
    before?.close('replaced');
    if (before !== undefined) this.#listener.lost(this.peer.node, 'replaced');
    this.dialer?.noteUp();
    this.#listener.unreachable(this.peer.node, undefined);
  }

  /** Takes what the peer says of itself. */
  take(message: Extract<PeerMessage, { type: 'agreement' | 'state' }>): void {
    if (message.type === 'state') {
      const { standing } = message;
      if (this.#standings.size < MAX_ROUTERS || this.#standings.has(standing.router)) {
        this.#standings.set(standing.router, standing);
      }
      return;
    }
    this.#agreement = message;
    if (message.omitted > 0) return;
    const names = new Set(message.routers.map(({ name }) => name));
    for (const router of this.#standings.keys()) if (!names.has(router)) this.#standings.delete(router);
  }

  /** A connection has ended, whether it was the one that counts or not. */
  noteEnding(connection: Connection, ending: Ending): void {
    if (ending.kind === 'refused-by-peer') this.problem = `the peer refuses: ${ending.reason}`;
    else if (ending.kind === 'refused') this.problem = `refused: ${ending.reason}`;
    else if (ending.kind === 'lost') this.problem = ending.reason;
    if (this.#up?.connection !== connection) return;
    this.#drop();
    this.#wait();
    this.#listener.lost(this.peer.node, ending.kind === 'lost' ? ending.reason : 'bad-message');
  }

  /** Nothing more comes of it. */
  close(reason: PeerLossReason): void {
    this.dialer?.stop();
    this.#up?.connection.close(reason);
    clearTimeout(this.#timer);
    this.#listener.unreachable(this.peer.node, undefined);
  }

  #drop(): void {
    this.#up = undefined;
    this.#agreement = undefined;
    this.#standings.clear();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#listener.unreachable(this.peer.node, `${this.peer.address}: no connection for 10 s (${this.problem})`);
    }, UNREACHABLE_AFTER_MS).unref();
  }
}

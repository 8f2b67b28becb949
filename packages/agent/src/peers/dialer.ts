// The connecting end of the control channel to one peer: tries, and tries again. Decides when; who is at the other end
// is found out by TLS and the session.

import type { ChannelCredentials, PeerConfiguration } from '@baton/config';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectingTls, isProven } from './credentials.js';
import { HANDSHAKE_TIMEOUT_MS } from './listener.js';
import type { PeerRefusalReason } from './messages.js';

/** Wait before the second attempt; doubled after each further one, ms. */
export const FIRST_RETRY_MS = 100;
/** Longest wait between two attempts, ms. */
export const LAST_RETRY_MS = 2000;

/** What the dialer needs and tells. */
export interface DialerOptions {
  readonly node: string;
  readonly peer: PeerConfiguration;
  readonly credentials: ChannelCredentials;
  /** What to connect from; undefined leaves it to the routing table. */
  readonly localAddress: string | undefined;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  readonly connected: (socket: Socket) => void;
  readonly refused: (reason: PeerRefusalReason) => void;
  /** It could not be reached at all. */
  readonly failed: (detail: string) => void;
}

/** How long to wait after so many failures in a row, 1 or more: half of it is left to chance, so that nodes do not come
 *  at the same moment. */
export function retryDelayMs(failures: number, random: number): number {
  const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 16));
  return failures === 1 ? most : most * (1 - random / 2);
}

/** The attempts to connect to one peer. */
export class Dialer {
  readonly #options: DialerOptions;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #socket: Socket | undefined;
  #isStopped = false;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Tries now. */
  dial(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    const { node, peer, credentials, localAddress } = this.#options;
    const place = { host: peer.address, port: peer.port, ...(localAddress !== undefined && { localAddress }) };
    const tls = connectingTls(credentials, node, peer.node);
    let hasReached = false;
    let isLate = false;
    let detail = 'the connection was closed';
    const socket = tls === undefined ? connect(place) : connectTls({ ...place, ...tls });
    this.#socket = socket;
    const onClosed = (): void => {
      clearTimeout(deadline);
      this.#socket = undefined;
      if (this.#isStopped) return;
      if (hasReached && tls !== undefined) this.#options.refused(isLate ? 'handshake-timeout' : 'handshake-failed');
      else this.#options.failed(isLate ? 'no answer' : detail);
      this.dialLater();
    };
    const deadline = setTimeout(() => {
      isLate = true;
      socket.destroy();
    }, HANDSHAKE_TIMEOUT_MS);
    socket.on('connect', () => { hasReached = true; });
    socket.on('error', (error: NodeJS.ErrnoException) => { detail = error.code ?? error.message; });
    socket.once('close', onClosed);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      if ('isSessionReused' in socket && !isProven(credentials, socket)) {
        socket.destroy();
        return;
      }
      clearTimeout(deadline);
      socket.off('close', onClosed);
      this.#socket = undefined;
      this.#options.connected(socket);
    });
  }

  /** The session is up: the next failure is a first one. */
  noteUp(): void {
    this.#failures = 0;
  }

  /** Tries again after a while. */
  dialLater(): void {
    if (this.#isStopped) return;
    this.#failures += 1;
    clearTimeout(this.#timer);
    const delayMs = retryDelayMs(this.#failures, this.#options.random());
    this.#timer = setTimeout(() => { this.dial(); }, delayMs).unref();
  }

  /** Tries no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }
}

// The listening end of the control channel: accepts, lets TLS find out who is there, and hands over what is proven.
// Decides how many strangers may be in that room at once and for how long; peers' addresses have a room of their own.

import type { ChannelCredentials } from '@baton/config';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { acceptingTls, provenNames } from './credentials.js';
import { isLoopback, plainAddress } from './endpoint.js';
import type { PeerRefusalReason } from './messages.js';

/** How long a TLS handshake may take, ms. */
export const HANDSHAKE_TIMEOUT_MS = 3000;
/** Connections that nobody has vouched for, at once: so many from addresses of peers, and so many from others. */
export const MAX_UNPROVEN = 8;
/** Connections at once, whoever they are from. */
const MAX_CONNECTIONS = 128;

/** Somebody who may be a peer. */
export interface Arrival {
  readonly socket: Socket;
  readonly address: string;
  /** The names that it has proved; undefined when nothing was asked of it. */
  readonly names: readonly string[] | undefined;
  /** It is up: it does not count as unproven any more. */
  readonly settle: () => void;
}

/** What the listener asks and tells. */
export interface ListenerOptions {
  readonly credentials: ChannelCredentials;
  readonly isPeerAddress: (address: string) => boolean;
  readonly arrived: (arrival: Arrival) => void;
  readonly refused: (reason: PeerRefusalReason, address: string) => void;
}

interface Guest {
  readonly socket: Socket;
  readonly address: string;
  readonly fromPeer: boolean;
  proven: boolean;
  settled: boolean;
}

/** One listening socket. */
export class PeerListener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #guests = new Map<string, Guest>();

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => { this.#admit(socket); });
    this.#server.maxConnections = MAX_CONNECTIONS;
    const tls = acceptingTls(options.credentials);
    if (tls === undefined) return;
    this.#tls = createTlsServer(tls, (socket) => {
      const guest = this.#guests.get(keyOf(socket));
      if (guest === undefined) socket.destroy();
      else this.#prove(guest, socket, provenNames(options.credentials, socket));
    });
    // The socket below is closed after it, and that is what is counted.
    this.#tls.on('tlsClientError', (_, socket) => { socket.destroy(); });
  }

  /** Binds.
   *  @throws {NodeJS.ErrnoException} when the address cannot be bound
   *  @returns the port */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: address, port }, () => {
        this.#server.off('error', reject);
        // Accepting can fail for want of descriptors; the socket goes on listening.
        this.#server.on('error', () => undefined);
        const bound = this.#server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /** Listens no more; who is proven stays. */
  close(): void {
    this.#server.close();
    for (const guest of this.#guests.values()) if (!guest.settled) guest.socket.destroy();
  }

  #admit(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const fromPeer = this.#options.isPeerAddress(address);
    socket.on('error', () => undefined);
    const isPlain = this.#tls === undefined;
    if (isPlain && !isLoopback(address)) {
      this.#turnAway(socket, 'not-loopback', address);
      return;
    }
    const unproven = [...this.#guests.values()].filter((guest) => !guest.settled && guest.fromPeer === fromPeer).length;
    if (unproven >= MAX_UNPROVEN) {
      this.#turnAway(socket, 'too-many-connections', address);
      return;
    }
    const guest: Guest = { socket, address, fromPeer, proven: false, settled: false };
    const key = keyOf(socket);
    this.#guests.set(key, guest);
    socket.once('close', () => { this.#guests.delete(key); });
    if (this.#tls === undefined) this.#prove(guest, socket, undefined);
    else this.#shakeHands(this.#tls, guest);
  }

  #shakeHands(tls: TlsServer, guest: Guest): void {
    const { socket, address } = guest;
    let reason: PeerRefusalReason = 'handshake-failed';
    const timer = setTimeout(() => {
      if (guest.proven) return;
      reason = 'handshake-timeout';
      socket.destroy();
    }, HANDSHAKE_TIMEOUT_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      if (!guest.proven) this.#options.refused(reason, address);
    });
    tls.emit('connection', socket);
  }

  #prove(guest: Guest, socket: Socket, names: readonly string[] | undefined): void {
    guest.proven = true;
    this.#options.arrived({ socket, address: guest.address, names, settle: () => { guest.settled = true; } });
  }

  #turnAway(socket: Socket, reason: PeerRefusalReason, address: string): void {
    socket.destroy();
    this.#options.refused(reason, address);
  }
}

/** A connection by its far end: there is one of each. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${String(socket.remotePort)}`;
}

// The control socket: who may connect, how many, and what happens to what another life left behind.
// The engine holds the lock of the runtime directory before this is opened: a socket found there belongs to nobody.

import { BatonError, describeError } from '@baton/base';
import { chmod, lstat, mkdir, rename, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { AgentErrorCode } from '../errors.js';
import { ControlConnection, type ControlService, type DropReason } from './connection.js';
import { CONTROL_SOCKET, type ControlReply } from './messages.js';

/** Clients at once. */
export const MAX_CLIENTS = 32;

/** What happened at the socket since start. */
export interface ControlCounters {
  accepted: number;
  /** Turned away because MAX_CLIENTS were connected. */
  refused: number;
  slowReaders: number;
  badRequests: number;
}

/** The listening socket and its clients. */
export class ControlServer {
  readonly counters: ControlCounters = { accepted: 0, refused: 0, slowReaders: 0, badRequests: 0 };
  readonly #service: ControlService;
  readonly #connections = new Set<ControlConnection>();
  #server: Server | undefined;
  /** The socket as it was published; undefined before. */
  #published: { readonly path: string; readonly inode: number } | undefined;

  constructor(service: ControlService) {
    this.#service = service;
  }

  /** Binds `control.sock` in the directory, which is made with mode 0750; the socket gets 0660. Called again, makes a
   *  new one; clients that are connected stay. After a failure or `close` nothing listens.
   *  @throws {BatonError} ERR_AGENT_CONTROL_SOCKET */
  async listen(runtimeDirectory: string): Promise<void> {
    const path = join(runtimeDirectory, CONTROL_SOCKET);
    // Bound under another name and renamed when it is ready: nobody meets it half made, and when it is closed the
    // socket that a successor has published meanwhile stays.
    const unpublished = join(runtimeDirectory, `.control.${String(process.pid)}`);
    this.#stopListening();
    try {
      await mkdir(runtimeDirectory, { recursive: true, mode: 0o750 });
      await unlink(unpublished).catch(ignoreAbsent);
      await this.#bind(unpublished);
      await chmod(unpublished, 0o660);
      await rename(unpublished, path);
      this.#published = { path, inode: (await lstat(path)).ino };
    } catch (cause) {
      this.#stopListening();
      await unlink(unpublished).catch(() => undefined);
      const code: AgentErrorCode = 'ERR_AGENT_CONTROL_SOCKET';
      throw new BatonError<AgentErrorCode>(code, `cannot open the control socket ${path}: ${describeError(cause)}`, {
        cause, details: { path }, hint: 'make runtime_directory writable for the service',
      });
    }
  }

  /** Whether clients find it: our socket, or one that a successor has published in its place. Never rejects. */
  async isPresent(): Promise<boolean> {
    if (this.#server?.listening !== true || this.#published === undefined) return false;
    const found = await lstat(this.#published.path).catch(() => undefined);
    return found?.isSocket() ?? false;
  }

  /** Whether there was a socket that clients could find. */
  wasPublished(): boolean {
    return this.#published !== undefined;
  }

  /** Ends every connection and removes the socket. */
  async close(): Promise<void> {
    this.#stopListening();
    for (const connection of this.#connections) connection.close();
    await this.#withdraw();
  }

  /** Connections that are open stay open. */
  #stopListening(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Removes our socket, and only ours. */
  async #withdraw(): Promise<void> {
    if (this.#published === undefined) return;
    const { path, inode } = this.#published;
    const present = await lstat(path).catch(() => undefined);
    if (present?.isSocket() === true && present.ino === inode) await unlink(path).catch(ignoreAbsent);
  }

  #bind(path: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => { this.#accept(socket); });
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        // A failed accept (too many open files) costs that client its connection, nothing else.
        server.on('error', () => { this.counters.refused += 1; });
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= MAX_CLIENTS) {
      this.#turnAway(socket);
      return;
    }
    this.counters.accepted += 1;
    const connection = new ControlConnection(socket, this.#service, (reason) => { this.#count(reason); });
    this.#connections.add(connection);
    socket.once('close', () => { this.#connections.delete(connection); });
  }

  #turnAway(socket: Socket): void {
    this.counters.refused += 1;
    const reply: ControlReply = {
      id: 0, type: 'error', code: 'ERR_CONTROL_TOO_MANY_CLIENTS',
      message: `${String(MAX_CLIENTS)} clients are connected already`,
      hint: 'end one of the commands that follow events or watch status',
    };
    socket.on('error', () => undefined);
    socket.resume();
    socket.end(`${JSON.stringify(reply)}\n`);
    socket.destroySoon();
  }

  #count(reason: DropReason): void {
    if (reason === 'slow-reader') this.counters.slowReaders += 1;
    else this.counters.badRequests += 1;
  }
}

function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

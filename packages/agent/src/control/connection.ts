// One client of the control socket: cuts its bytes into lines, answers them in turn, and lets go of it when it
// misbehaves. Knows the socket and the messages; what a status is and where events come from it asks of the
// ControlService.

import { assertNever, BatonError } from '@baton/base';
import type { Socket } from 'node:net';
import {
  MAX_REQUEST_BYTES, type ControlReply, type ControlRequest, type HandOverReport, type JournalEvent,
  type MaintenanceReport, type ReloadReport, type StatusReport,
} from './messages.js';
import { parseRequest } from './request.js';

/** What clients can ask for. */
export interface ControlService {
  /** @throws {BatonError} when the engine does not answer */
  status(): Promise<StatusReport>;
  /** Reads the file again, and says what came of it. */
  reload(mode: ReloadMode): Promise<ReloadReport>;
  /** Hands one virtual router over, or all. */
  handOver(wish: Omit<Extract<ControlRequest, { method: 'handover' }>, 'id' | 'method'>): Promise<
    readonly HandOverReport[]
  >;
  /** Begins or ends maintenance. */
  maintain(on: boolean, forMs: number | undefined): Promise<MaintenanceReport>;
  /** The past up to now; from the same moment on, everything new goes to `follower`. */
  openEvents(follower?: (event: JournalEvent) => void): Promise<EventView>;
}

/** plan: says what would be done · apply: does it. */
export type ReloadMode = 'plan' | 'apply';

/** The past, and the end of following. */
export interface EventView {
  events(): AsyncIterable<JournalEvent>;
  close(): Promise<void>;
}

/** Why a connection was ended by us. */
export type DropReason =
  /** It did not read its answers in time. */
  | 'slow-reader'
  /** It sent something that is no request. */
  | 'bad-request';

/** Bytes of answers that may wait for a client that follows; a follower that is further behind is dropped. */
export const MAX_WAITING_BYTES = 1024 * 1024;
/** Events that may happen while a client still reads the past. */
export const MAX_EVENTS_BEHIND = 10_000;
/** How long a client may take to read a piece of the past, ms. */
export const READ_PATIENCE_MS = 10_000;
/** A client that asks nothing for this long is dropped, unless it follows, ms. */
export const IDLE_TIMEOUT_MS = 300_000;

/** Serves one socket until it ends. */
export class ControlConnection {
  readonly #socket: Socket;
  readonly #service: ControlService;
  readonly #onDrop: (reason: DropReason) => void;
  readonly #views = new Set<EventView>();
  #received = Buffer.alloc(0);
  #isBusy = false;
  #hasEnded = false;

  constructor(socket: Socket, service: ControlService, onDrop: (reason: DropReason) => void) {
    this.#socket = socket;
    this.#service = service;
    this.#onDrop = onDrop;
    socket.on('data', (chunk: Buffer) => { this.#take(chunk); });
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#next();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => { this.#forgetViews(); });
    socket.setTimeout(IDLE_TIMEOUT_MS, () => {
      if (this.#views.size === 0) socket.destroy();
    });
  }

  /** Ends it now. */
  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    this.#next();
  }

  /** Answers the next line when none is being answered; reads no further than it answers. */
  #next(): void {
    if (this.#isBusy || this.#socket.destroyed) return;
    const end = this.#received.indexOf(0x0a);
    if (end > MAX_REQUEST_BYTES || (end < 0 && this.#received.length > MAX_REQUEST_BYTES)) {
      this.#refuse({
        id: 0, type: 'error', code: 'ERR_CONTROL_BAD_REQUEST',
        message: `a request is at most ${String(MAX_REQUEST_BYTES)} bytes`,
      });
      return;
    }
    if (end < 0) {
      this.#socket.resume();
      // A closed client and one that only closed its sending side look the same: following ends for both.
      if (this.#hasEnded) this.#socket.end();
      return;
    }
    const line = this.#received.subarray(0, end).toString('utf8');
    this.#received = this.#received.subarray(end + 1);
    this.#isBusy = true;
    this.#socket.pause();
    void this.#answer(line).then(() => {
      this.#isBusy = false;
      this.#next();
    });
  }

  async #answer(line: string): Promise<void> {
    const parsed = parseRequest(line);
    if (parsed.ok) {
      await this.#serve(parsed.request);
      return;
    }
    const { id, code, message } = parsed;
    if (code === 'ERR_CONTROL_UNKNOWN_METHOD') {
      const hint = 'the daemon and the command are of different versions; restart the older one';
      this.#send({ id, type: 'error', code, message, hint });
    } else {
      this.#refuse({ id, type: 'error', code, message });
    }
  }

  async #serve(request: ControlRequest): Promise<void> {
    switch (request.method) {
      case 'status': return this.#sendStatus(request.id);
      case 'events': return this.#sendEvents(request);
      case 'reload': {
        const report = await this.#service.reload(request.plan ? 'plan' : 'apply');
        this.#send({ id: request.id, type: 'reload', report });
        return;
      }
      case 'handover': {
        const reports = await this.#service.handOver(request);
        this.#send({ id: request.id, type: 'handover', reports });
        return;
      }
      case 'maintenance': {
        const report = await this.#service.maintain(request.on, request.forMs);
        this.#send({ id: request.id, type: 'maintenance', report });
        return;
      }
      default: assertNever(request);
    }
  }

  async #sendStatus(id: number): Promise<void> {
    try {
      this.#send({ id, type: 'status', status: await this.#service.status() });
    } catch (error) {
      if (!(error instanceof BatonError)) throw error;
      const { message, hint } = error;
      const reply = { id, type: 'error', code: 'ERR_CONTROL_ENGINE_SILENT', message } as const;
      this.#send(hint === undefined ? reply : { ...reply, hint });
    }
  }

  async #sendEvents({ id, follow, sinceMs = 0 }: Extract<ControlRequest, { method: 'events' }>): Promise<void> {
    // What happens while the past is being sent waits for its turn, in the order in which it happened.
    let later: JournalEvent[] | undefined = [];
    const follower = (event: JournalEvent): void => {
      if (later === undefined) this.#send({ id, type: 'event', event });
      else if (later.length < MAX_EVENTS_BEHIND) later.push(event);
      else this.#drop('slow-reader');
    };
    this.#forgetViews();
    const view = await this.#service.openEvents(follow ? follower : undefined);
    this.#views.add(view);
    for await (const event of view.events()) {
      if (Date.parse(event.time) < sinceMs) continue;
      this.#send({ id, type: 'event', event });
      await this.#readerCatchesUp();
      if (this.#socket.destroyed) break;
    }
    for (const event of later) this.#send({ id, type: 'event', event });
    later = undefined;
    if (!follow || this.#socket.destroyed) {
      this.#views.delete(view);
      await view.close();
    }
    if (!follow) this.#send({ id, type: 'done' });
  }

  /** Waits while the client has more to read than the socket holds, at most READ_PATIENCE_MS. */
  async #readerCatchesUp(): Promise<void> {
    if (!this.#socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#socket.off('drain', settle);
        this.#socket.off('close', settle);
        resolve();
      };
      const timer = setTimeout(() => { this.#drop('slow-reader'); }, READ_PATIENCE_MS);
      this.#socket.on('drain', settle);
      this.#socket.on('close', settle);
    });
  }

  #send(reply: ControlReply): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.writableLength > MAX_WAITING_BYTES) {
      this.#drop('slow-reader');
      return;
    }
    this.#socket.write(`${JSON.stringify(reply)}\n`);
  }

  /** Says why and takes nothing more. */
  #refuse(reply: ControlReply): void {
    this.#received = Buffer.alloc(0);
    this.#isBusy = true;
    this.#send(reply);
    this.#socket.removeAllListeners('data').resume();
    this.#socket.destroySoon();
    this.#onDrop('bad-request');
  }

  #drop(reason: DropReason): void {
    this.#socket.destroy();
    this.#onDrop(reason);
  }

  /** A client follows once: its newest request counts. */
  #forgetViews(): void {
    for (const view of this.#views) void view.close();
    this.#views.clear();
  }
}

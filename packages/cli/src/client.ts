// Talks to a running daemon: one request over its control socket, then the lines that answer it. Knows nothing of how
// they are shown.

import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { BatonError } from '@baton/base';
import { CONTROL_SOCKET } from '@baton/agent/control';
import type {
  ControlReply, ControlRequest, HandOverReport, JournalEvent, MaintenanceReport, ReloadReport, StatusReport,
} from '@baton/agent/control';
import { findDaemonProcess } from './daemon-lock.js';
import type { CliErrorCode } from './exit-codes.js';

/** How long a daemon may stay silent while an answer is owed, ms. */
export const REPLY_TIMEOUT_MS = 5000;
/** The same where peers are waited for: 255 routers that no peer takes, one after the other, ms. */
export const HAND_OVER_TIMEOUT_MS = 600_000;
/** Longest line of an answer, bytes: 255 routers with 255 addresses fit. */
const MAX_REPLY_BYTES = 32 * 1024 * 1024;

/** Which events to ask for. */
export interface EventsWanted {
  /** Only events from this wall-clock instant on, ms since the epoch; all that are kept when undefined. */
  readonly sinceMs: number | undefined;
  /** Go on with new events as they happen. */
  readonly follow: boolean;
}

/** Path of the control socket of a daemon. */
export function controlSocketPath(runtimeDirectory: string): string {
  return join(runtimeDirectory, CONTROL_SOCKET);
}

/** Asks a daemon for its status.
 *  @throws {BatonError<CliErrorCode>} when it cannot be reached, is silent for 5 s or refuses */
export async function requestStatus(socketPath: string, timeoutMs = REPLY_TIMEOUT_MS): Promise<StatusReport> {
  let status: StatusReport | undefined;
  await converse(socketPath, { id: 1, method: 'status' }, timeoutMs, (reply) => {
    if (reply.type === 'status') status = reply.status;
    return 'finished';
  });
  if (status === undefined) throw refused('the daemon answered something else than its status');
  return status;
}

/** Asks a daemon to read its configuration file again.
 *  @throws {BatonError<CliErrorCode>} as requestStatus */
export async function requestReload(
  socketPath: string, wanted: { readonly plan: boolean }, timeoutMs = REPLY_TIMEOUT_MS,
): Promise<ReloadReport> {
  let report: ReloadReport | undefined;
  await converse(socketPath, { id: 1, method: 'reload', plan: wanted.plan }, timeoutMs, (reply) => {
    if (reply.type === 'reload') report = reply.report;
    return 'finished';
  });
  if (report === undefined) throw refused('the daemon answered something else than what came of the reload');
  return report;
}

/** Which masterships to hand over, to whom, and for how long they are held. */
export type HandOverWanted = Omit<Extract<ControlRequest, { method: 'handover' }>, 'id' | 'method'>;

/** Asks a daemon to hand masterships over.
 *  @throws {BatonError<CliErrorCode>} as requestStatus; the daemon may take a while */
export async function requestHandOver(
  socketPath: string, wanted: HandOverWanted, timeoutMs = HAND_OVER_TIMEOUT_MS,
): Promise<readonly HandOverReport[]> {
  let reports: readonly HandOverReport[] | undefined;
  await converse(socketPath, { id: 1, method: 'handover', ...wanted }, timeoutMs, (reply) => {
    if (reply.type === 'handover') reports = reply.reports;
    return 'finished';
  });
  if (reports === undefined) throw refused('the daemon answered something else than what came of the hand-over');
  return reports;
}

/** Asks a daemon to begin or to end maintenance.
 *  @throws {BatonError<CliErrorCode>} as requestHandOver */
export async function requestMaintenance(
  socketPath: string, wanted: { readonly on: boolean; readonly forMs?: number }, timeoutMs = HAND_OVER_TIMEOUT_MS,
): Promise<MaintenanceReport> {
  let report: MaintenanceReport | undefined;
  await converse(socketPath, { id: 1, method: 'maintenance', ...wanted }, timeoutMs, (reply) => {
    if (reply.type === 'maintenance') report = reply.report;
    return 'finished';
  });
  if (report === undefined) throw refused('the daemon answered something else than what came of the maintenance');
  return report;
}

/** Hands over past events, oldest first, and with `follow` all that come, until the daemon ends the stream.
 *  @throws {BatonError<CliErrorCode>} as requestStatus; with `follow` also when the daemon goes away */
export async function streamEvents(
  socketPath: string, wanted: EventsWanted, receive: (event: JournalEvent) => void,
  timeoutMs = REPLY_TIMEOUT_MS,
): Promise<void> {
  const since = wanted.sinceMs === undefined ? {} : { sinceMs: wanted.sinceMs };
  const request: ControlRequest = { id: 1, method: 'events', follow: wanted.follow, ...since };
  await converse(socketPath, request, wanted.follow ? 0 : timeoutMs, (reply) => {
    if (reply.type === 'event') receive(reply.event);
    return reply.type === 'event' || (reply.type === 'done' && wanted.follow) ? 'more' : 'finished';
  });
}

/** One request and its answer. `receive` says after each line whether more is expected; `timeoutMs` 0 = for ever. */
function converse(
  socketPath: string, request: ControlRequest, timeoutMs: number,
  receive: (reply: ControlReply) => 'more' | 'finished',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const fail = (error: BatonError<CliErrorCode>): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => { fail(silent(socketPath, timeoutMs)); });
    socket.on('error', (error) => { fail(unreachable(socketPath, error)); });
    socket.on('close', () => { fail(hungUp(socketPath)); });
    socket.on('connect', () => { socket.write(`${JSON.stringify(request)}\n`); });
    readLines(socket, (line) => {
      const reply = readReply(line);
      if (reply === undefined) return fail(refused('the daemon answered something that is no reply'));
      if (reply.type === 'error') return fail(refused(reply.message, reply.hint));
      if (receive(reply) === 'more') return;
      socket.destroy();
      resolve();
    }, () => { fail(refused('the daemon sent a line that is too long')); });
  });
}

function readLines(socket: Socket, receive: (line: string) => void, overflow: () => void): void {
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  socket.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0 && !socket.destroyed; end = chunk.indexOf(0x0a, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      parts = [];
      sizeBytes = 0;
      start = end + 1;
      receive(line);
    }
    parts.push(chunk.subarray(start));
    sizeBytes += chunk.length - start;
    if (sizeBytes > MAX_REPLY_BYTES) overflow();
  });
}

/** A line of the daemon; both sides are of one version, so only the outline is checked. */
function readReply(line: string): ControlReply | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const known = typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
      && ['status', 'event', 'done', 'reload', 'handover', 'maintenance', 'error'].includes(value.type);
    return known ? (value as ControlReply) : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(socketPath: string, cause: Error): BatonError<CliErrorCode> {
  const errno = 'code' in cause ? String(cause.code) : 'unknown error';
  const details = { socket: socketPath, errno };
  const [what, hint] = explainUnreachable(errno, findDaemonProcess(dirname(socketPath)));
  const message = `cannot reach the daemon: ${socketPath}: ${what}`;
  const code = errno === 'EACCES' || errno === 'EPERM' ? 'ERR_CLI_DAEMON_FORBIDDEN' : 'ERR_CLI_DAEMON_UNREACHABLE';
  return new BatonError(code, message, { cause, details, hint });
}

/** What an error of connect(2) means to an operator, and what to do about it.
 *  @param pid of the daemon when it runs */
function explainUnreachable(errno: string, pid: number | undefined): readonly [string, string] {
  if (pid !== undefined && (errno === 'ENOENT' || errno === 'ECONNREFUSED')) {
    return [
      `nobody answers, but the daemon runs (process ${String(pid)})`,
      'its agent is being started: try again in a second, and if it stays like this look at the log of the daemon',
    ];
  }
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return ['there is no such socket', 'start it with `baton run`, or name its configuration file with -c'];
    case 'ECONNREFUSED':
      return ['nobody listens on the socket', 'the daemon has ended: start it with `baton run`'];
    case 'EACCES':
    case 'EPERM':
      return ['permission denied', 'run this command as root or as the user of the daemon'];
    default:
      return [errno, 'look at the log of the daemon'];
  }
}

function hungUp(socketPath: string): BatonError<CliErrorCode> {
  const message = `the daemon ended the connection: ${socketPath}`;
  return new BatonError('ERR_CLI_DAEMON_UNREACHABLE', message, {
    details: { socket: socketPath }, hint: 'it is stopping or restarting: try again',
  });
}

function silent(socketPath: string, timeoutMs: number): BatonError<CliErrorCode> {
  const message = `the daemon did not answer within ${String(timeoutMs / 1000)} s: ${socketPath}`;
  return new BatonError('ERR_CLI_DAEMON_SILENT', message, { details: { socket: socketPath }, hint: 'look at its log' });
}

function refused(message: string, hint?: string): BatonError<CliErrorCode> {
  return new BatonError('ERR_CLI_REFUSED', message, hint === undefined ? {} : { hint });
}

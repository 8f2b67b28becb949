import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { JournalEvent } from '@baton/agent/control';
import { requestStatus, streamEvents } from './client.js';
import { statusReport } from './fixtures.js';

let directory = '';
let socketPath = '';
let server: Server | undefined;
const connections = new Set<Socket>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'baton-cli-'));
  socketPath = join(directory, 'control.sock');
});
afterEach(async () => {
  for (const connection of connections) connection.destroy();
  connections.clear();
  await new Promise((resolve) => { if (server === undefined) resolve(undefined); else server.close(resolve); });
  server = undefined;
  rmSync(directory, { recursive: true });
});

/** A daemon that answers the first request of a connection; `heard` keeps the requests. */
async function daemon(answer: (socket: Socket) => void): Promise<{ readonly heard: unknown[] }> {
  const heard: unknown[] = [];
  const listening = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => { /* the client may leave in the middle of an answer */ });
    socket.once('data', (line) => {
      heard.push(JSON.parse(line.toString()));
      answer(socket);
    });
  });
  server = listening;
  await new Promise<void>((resolve) => { listening.listen(socketPath, resolve); });
  return { heard };
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

const STATUS = statusReport([]);
const event = (name: string): JournalEvent => ({ time: '2026-01-01T00:00:00.000Z', event: name, level: 'info' });

describe('the status', () => {
  test('is asked for with one line and read from one line', async () => {
    const { heard } = await daemon((socket) => { socket.write(line({ id: 1, type: 'status', status: STATUS })); });
    await expect(requestStatus(socketPath)).resolves.toEqual(STATUS);
    expect(heard).toEqual([{ id: 1, method: 'status' }]);
  });

  // The socket hands over pieces of 64 KiB: with one letter more or less, one of the two cuts a character of two bytes.
  test.each(['', 'x'])('may come in pieces that cut a character in two (%p)', async (shift) => {
    const status = { ...STATUS, node: shift + 'ä'.repeat(100_000) };
    await daemon((socket) => { socket.write(line({ id: 1, type: 'status', status })); });
    await expect(requestStatus(socketPath)).resolves.toEqual(status);
  });

  test('is refused with the words of the daemon', async () => {
    const refusal = { id: 1, type: 'error', code: 'ERR_CONTROL_ENGINE_SILENT', message: 'the engine is silent',
      hint: 'wait' };
    await daemon((socket) => { socket.write(line(refusal)); });
    await expect(requestStatus(socketPath)).rejects.toMatchObject(
      { code: 'ERR_CLI_REFUSED', message: 'the engine is silent', hint: 'wait' });
  });

  test.each(['no json\n', '5\n', '{}\n', '{"type":"other"}\n', '{"id":1,"type":"done"}\n'])('is not read from %p',
    async (text) => {
    await daemon((socket) => { socket.write(text); });
    await expect(requestStatus(socketPath)).rejects.toMatchObject({ code: 'ERR_CLI_REFUSED' });
  });

  test('is given up when the daemon stays silent', async () => {
    await daemon(() => { /* says nothing */ });
    await expect(requestStatus(socketPath, 20)).rejects.toMatchObject({
      code: 'ERR_CLI_DAEMON_SILENT', message: `the daemon did not answer within 0.02 s: ${socketPath}`,
    });
  });

  test('is given up when the daemon hangs up in the middle of a line', async () => {
    await daemon((socket) => { socket.end('{"id":1,'); });
    await expect(requestStatus(socketPath)).rejects.toMatchObject({
      code: 'ERR_CLI_DAEMON_UNREACHABLE', message: `the daemon ended the connection: ${socketPath}`,
    });
  });
});

describe('a daemon that cannot be reached is named with its socket and a remedy', () => {
  test('when there is no socket', async () => {
    await expect(requestStatus(socketPath)).rejects.toMatchObject({
      code: 'ERR_CLI_DAEMON_UNREACHABLE', message: `cannot reach the daemon: ${socketPath}: there is no such socket`,
      hint: 'start it with `baton run`, or name its configuration file with -c',
    });
  });

  test('when nobody listens', async () => {
    writeFileSync(socketPath, '');
    await expect(requestStatus(socketPath)).rejects.toMatchObject({
      code: 'ERR_CLI_DAEMON_UNREACHABLE',
        message: `cannot reach the daemon: ${socketPath}: nobody listens on the socket`,
      hint: 'the daemon has ended: start it with `baton run`',
    });
  });
});

describe('events', () => {
  test('are handed over in order until the daemon is done', async () => {
    const { heard } = await daemon((socket) => {
      socket.write(
        ['a', 'b', 'c'].map((name) =>
          line({ id: 1, type: 'event', event: event(name) })).join('') + line({ id: 1, type: 'done' }));
    });
    const received: string[] = [];
    await streamEvents(socketPath, { sinceMs: 5, follow: false }, ({ event: name }) => received.push(name));
    expect(received).toEqual(['a', 'b', 'c']);
    expect(heard).toEqual([{ id: 1, method: 'events', follow: false, sinceMs: 5 }]);
  });

  test('are given up when the daemon stays silent', async () => {
    await daemon(() => { /* says nothing */ });
    const asking = streamEvents(socketPath, { sinceMs: undefined, follow: false }, () => 0, 20);
    await expect(asking).rejects.toMatchObject({ code: 'ERR_CLI_DAEMON_SILENT' });
  });

  test('are followed after the past ones, until the daemon goes away', async () => {
    const { heard } = await daemon((socket) => {
      socket.write(line({ id: 1, type: 'event', event: event('past') }) + line({ id: 1, type: 'done' }));
      socket.end(line({ id: 1, type: 'event', event: event('new') }));
    });
    const received: string[] = [];
    const following = streamEvents(socketPath, { sinceMs: undefined, follow: true }, ({ event: name }) =>
      received.push(name));
    await expect(following).rejects.toMatchObject({ code: 'ERR_CLI_DAEMON_UNREACHABLE' });
    expect(received).toEqual(['past', 'new']);
    expect(heard).toEqual([{ id: 1, method: 'events', follow: true }]);
  });
});

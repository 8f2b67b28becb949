import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BatonError } from '@baton/base';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlService } from './connection.js';
import {
  CONTROL_SOCKET, MAX_REQUEST_BYTES, type HandOverReport, type JournalEvent, type MaintenanceReport, type ReloadReport,
  type StatusReport,
} from './messages.js';
import { ControlServer, MAX_CLIENTS } from './server.js';

const STATUS = { node: 'lb-a' } as StatusReport;
const event = (number: number, padding = ''): JournalEvent =>
  ({ time: new Date(number).toISOString(), event: 'state-changed', level: 'info', number, padding });

/** Answers from memory. */
class FakeService implements ControlService {
  past: readonly JournalEvent[] = [];
  readonly followers = new Set<(event: JournalEvent) => void>();
  engineIsSilent = false;
  asked = 0;
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();

  async status(): Promise<StatusReport> {
    this.asked += 1;
    await this.gate;
    if (!this.engineIsSilent) return STATUS;
    throw new BatonError('ERR_AGENT_ENGINE_SILENT', 'no answer', { hint: 'look' });
  }

  reload(mode: 'plan' | 'apply'): Promise<ReloadReport> {
    const outcome = mode === 'plan' ? 'planned' : 'applied';
    return Promise.resolve({ outcome, generation: 2, plan: [], findings: [], detail: null });
  }

  handOver(
    { router = 'all', to, forMs = 0 }: Parameters<ControlService['handOver']>[0],
  ): Promise<readonly HandOverReport[]> {
    return Promise.resolve([{ router, outcome: 'done', to: to ?? null, took_ms: forMs, why: null }]);
  }

  maintain(on: boolean, forMs: number | undefined): Promise<MaintenanceReport> {
    return Promise.resolve({ on, until: forMs === undefined ? null : new Date(forMs).toISOString(), handovers: [] });
  }

  openEvents(follower?: (event: JournalEvent) => void): ReturnType<ControlService['openEvents']> {
    const { past } = this;
    if (follower !== undefined) this.followers.add(follower);
    return Promise.resolve({
      // eslint-disable-next-line @typescript-eslint/require-await -- the journal's is asynchronous
      async* events() { yield* past; },
      close: () => {
        if (follower !== undefined) this.followers.delete(follower);
        return Promise.resolve();
      },
    });
  }

  happens(happened: JournalEvent): void {
    for (const follower of this.followers) follower(happened);
  }
}

/** A client that collects lines. */
class Client {
  readonly lines: Record<string, unknown>[] = [];
  readonly socket: Socket;
  isClosed = false;
  #rest = '';

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => { this.isClosed = true; });
    this.socket.on('data', (chunk) => {
      const lines = (this.#rest + chunk.toString('utf8')).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.lines.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  say(text: string): void { this.socket.write(text); }

  async until(condition: (client: Client) => boolean): Promise<void> {
    const deadline = Date.now() + 4000;
    while (!condition(this)) {
      if (Date.now() > deadline) {
        throw new Error(`did not come true; heard ${JSON.stringify(this.lines).slice(0, 300)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

let directory: string;
let service: FakeService;
let server: ControlServer;
const clients: Client[] = [];
const open = (): Client => {
  const client = new Client(join(directory, CONTROL_SOCKET));
  clients.push(client);
  return client;
};

beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'baton-control-')), 'run');
  service = new FakeService();
  server = new ControlServer(service);
  await server.listen(directory);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await server.close();
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

describe('the control socket', () => {
  test('is open to its owner and group only, and so is its directory', () => {
    expect((statSync(directory).mode & 0o777).toString(8)).toBe('750');
    expect((statSync(join(directory, CONTROL_SOCKET)).mode & 0o777).toString(8)).toBe('660');
  });

  test('takes the place of what a killed daemon left behind', async () => {
    const other = join(directory, 'other');
    const second = new ControlServer(service);
    await second.listen(other);
    await second.close();
    writeFileSync(join(other, CONTROL_SOCKET), 'left behind');
    const third = new ControlServer(service);
    await third.listen(other);
    const client = new Client(join(other, CONTROL_SOCKET));
    client.say('{"id":1,"method":"status"}\n');
    await client.until(({ lines }) => lines.length === 1);
    client.socket.destroy();
    await third.close();
  });

  test('that a successor has published stays when its predecessor ends late', async () => {
    const successor = new ControlServer(service);
    await successor.listen(directory);
    await server.close();
    const client = open();
    client.say('{"id":1,"method":"status"}\n');
    await client.until(({ lines }) => lines.length === 1);
    client.socket.destroy();
    await successor.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('that cannot be opened is an error with a hint', async () => {
    writeFileSync(join(directory, 'file'), '');
    await expect(new ControlServer(service).listen(join(directory, 'file')))
      .rejects.toMatchObject({ code: 'ERR_AGENT_CONTROL_SOCKET', hint: expect.any(String) });
  });

  test('answers requests one by one in order, also when they come in pieces or together', async () => {
    const client = open();
    client.say('{"id":1,"method":"sta');
    client.say('tus"}\n{"id":2,"method":"events","follow":false}\n{"id":3,"method":"status"}\n');
    await client.until(({ lines }) => lines.length === 3);
    expect(client.lines).toEqual([
      { id: 1, type: 'status', status: STATUS }, { id: 2, type: 'done' }, { id: 3, type: 'status', status: STATUS },
    ]);
  });

  test('passes on a hand-over and maintenance with all that was asked for', async () => {
    const client = open();
    client.say('{"id":1,"method":"handover","router":"web","to":"lb-b","forMs":5}\n{"id":2,"method":"handover"}\n');
    client.say('{"id":3,"method":"maintenance","on":true,"forMs":5}\n{"id":4,"method":"maintenance","on":false}\n');
    await client.until(({ lines }) => lines.length === 4);
    expect(client.lines).toEqual([
      { id: 1, type: 'handover', reports: [{ router: 'web', outcome: 'done', to: 'lb-b', took_ms: 5, why: null }] },
      { id: 2, type: 'handover', reports: [{ router: 'all', outcome: 'done', to: null, took_ms: 0, why: null }] },
      { id: 3, type: 'maintenance', report: { on: true, until: '1970-01-01T00:00:00.005Z', handovers: [] } },
      { id: 4, type: 'maintenance', report: { on: false, until: null, handovers: [] } },
    ]);
  });

  test.each([
    '{"id":1,"method":"handover","router":7}', '{"id":1,"method":"handover","forMs":"30m"}',
    '{"id":1,"method":"maintenance"}', '{"id":1,"method":"maintenance","on":true,"forMs":-1}',
  ])('refuses %s', async (line) => {
    const client = open();
    client.say(`${line}\n`);
    await client.until(({ lines }) => lines.length === 1);
    expect(client.lines[0]).toMatchObject({ type: 'error', code: 'ERR_CONTROL_BAD_REQUEST' });
  });

  test.each([[true, 'planned'], [false, 'applied']])('passes on a reload, with plan %s, and what came of it', async (
    plan, outcome,
  ) => {
    const client = open();
    client.say(`{"id":1,"method":"reload","plan":${String(plan)}}\n`);
    await client.until(({ lines }) => lines.length === 1);
    const report = { outcome, generation: 2, plan: [], findings: [], detail: null };
    expect(client.lines).toEqual([{ id: 1, type: 'reload', report }]);
  });

  test('a request waits until the one before it has been answered', async () => {
    let release: () => void = () => undefined;
    service.gate = new Promise((resolve) => { release = resolve; });
    const client = open();
    client.say('{"id":1,"method":"status"}\n');
    await client.until(() => service.asked === 1);
    client.say('{"id":2,"method":"events","follow":true}\n');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(service.followers.size).toBe(0);
    release();
    await client.until(() => service.followers.size === 1);
    expect(client.lines).toEqual([{ id: 1, type: 'status', status: STATUS }]);
  });

  test('a client that closes its sending side still gets its answer, and then the end', async () => {
    const client = open();
    client.socket.end('{"id":1,"method":"status"}\n');
    await client.until(({ isClosed }) => isClosed);
    expect(client.lines).toEqual([{ id: 1, type: 'status', status: STATUS }]);
  });

  test('says when the engine is silent, with what to do', async () => {
    service.engineIsSilent = true;
    const client = open();
    client.say('{"id":1,"method":"status"}\n');
    await client.until(({ lines }) => lines.length === 1);
    expect(client.lines).toEqual([
      { id: 1, type: 'error', code: 'ERR_CONTROL_ENGINE_SILENT', message: 'no answer', hint: 'look' },
    ]);
  });

  test.each([
    ['bytes that are no text', Buffer.from([0xff, 0x00, 0xfe, 0x0a])],
    ['text that is no JSON', 'GET / HTTP/1.1\n'],
    ['JSON that is no object', 'null\n'],
    ['a request without an id', '{"method":"status"}\n'],
    ['an id that is no integer', '{"id":1.5,"method":"status"}\n'],
    ['a request without a method', '{"id":0}\n'],
    ['a method with wrong arguments', '{"id":0,"method":"events","follow":"yes"}\n'],
    ['a reload that does not say whether to plan', '{"id":0,"method":"reload"}\n'],
  ])('%s is answered with an error and ends the connection, not the server', async (_, bytes) => {
    const client = open();
    client.socket.write(bytes);
    await client.until(({ isClosed }) => isClosed);
    expect(client.lines).toMatchObject([{ id: 0, type: 'error', code: 'ERR_CONTROL_BAD_REQUEST' }]);
    expect(server.counters.badRequests).toBe(1);
    const next = open();
    next.say('{"id":1,"method":"status"}\n');
    await next.until(({ lines }) => lines.length === 1);
  });

  test.each([
    ['with', '\n'], ['without', ''],
  ])('a request that is too long ends the connection, %s a line end', async (_, end) => {
    const client = open();
    client.say('x'.repeat(MAX_REQUEST_BYTES + 1) + end);
    await client.until(({ isClosed }) => isClosed);
    expect(client.lines).toEqual([
      { id: 0, type: 'error', code: 'ERR_CONTROL_BAD_REQUEST', message: 'a request is at most 65536 bytes' },
    ]);
  });

  test('an unknown method is an error for that request only', async () => {
    const client = open();
    client.say('{"id":7,"method":"sing"}\n{"id":8,"method":"status"}\n');
    await client.until(({ lines }) => lines.length === 2);
    expect(client.lines).toMatchObject([
      { id: 7, type: 'error', code: 'ERR_CONTROL_UNKNOWN_METHOD' }, { id: 8, type: 'status' },
    ]);
  });

  test('turns away more clients than allowed, and serves again when one has left', async () => {
    const held = Array.from({ length: MAX_CLIENTS }, open);
    for (const client of held) client.say('{"id":1,"method":"status"}\n');
    for (const client of held) await client.until(({ lines }) => lines.length === 1);
    const late = open();
    await late.until(({ isClosed }) => isClosed);
    expect(late.lines).toMatchObject([{ type: 'error', code: 'ERR_CONTROL_TOO_MANY_CLIENTS' }]);
    expect(server.counters).toEqual({ accepted: MAX_CLIENTS, refused: 1, slowReaders: 0, badRequests: 0 });
    const [leaving] = held;
    leaving?.socket.destroy();
    const again = open();
    again.say('{"id":1,"method":"status"}\n');
    await again.until(({ lines }) => lines.length === 1);
  });
});

describe('events over the control socket', () => {
  test('past events from a moment on, oldest first, then done', async () => {
    service.past = [event(1), event(2), event(3)];
    const client = open();
    client.say('{"id":1,"method":"events","follow":false,"sinceMs":2}\n');
    await client.until(({ lines }) => lines.some(({ type }) => type === 'done'));
    expect(client.lines).toEqual([
      { id: 1, type: 'event', event: event(2) }, { id: 1, type: 'event', event: event(3) }, { id: 1, type: 'done' },
    ]);
    expect(service.followers.size).toBe(0);
  });

  test('following gives the past, then what happens, and ends with the client', async () => {
    service.past = [event(1)];
    const client = open();
    client.say('{"id":1,"method":"events","follow":true}\n');
    await client.until(({ lines }) => lines.length === 1);
    service.happens(event(2));
    await client.until(({ lines }) => lines.length === 2);
    expect(client.lines.map(({ event: heard }) => heard)).toEqual([event(1), event(2)]);
    client.socket.destroy();
    await client.until(() => service.followers.size === 0);
  });

  test('a follower that does not read is dropped and counted; the others go on', async () => {
    const slow = open();
    const quick = open();
    for (const client of [slow, quick]) client.say('{"id":1,"method":"events","follow":true}\n');
    await quick.until(() => service.followers.size === 2);
    slow.socket.pause();
    const padding = 'x'.repeat(10_000);
    for (let number = 1; number <= 300; number += 1) {
      service.happens(event(number, padding));
      await quick.until(({ lines }) => lines.length === number);
    }
    expect(server.counters.slowReaders).toBe(1);
    expect(service.followers.size).toBe(1);
  });
});

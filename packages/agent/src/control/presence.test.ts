import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlService } from './connection.js';
import { CONTROL_SOCKET, type StatusReport } from './messages.js';
import { ControlPresence, type PresenceListener } from './presence.js';
import { ControlServer } from './server.js';

const service: ControlService = {
  status: () => Promise.resolve({ node: 'lb-a' } as StatusReport),
  reload: () => Promise.reject(new Error('not asked for here')),
  handOver: () => Promise.reject(new Error('not asked for here')),
  maintain: () => Promise.reject(new Error('not asked for here')),
  openEvents: () => Promise.reject(new Error('not asked for here')),
};

class News implements PresenceListener {
  readonly said: string[] = [];
  away(detail: string): void { this.#say(`away: ${detail}`); }
  present(): void { this.#say('present'); }

  #say(text: string): void {
    if (this.said.at(-1) !== text) this.said.push(text);
  }

  async until(length: number): Promise<void> {
    const deadline = Date.now() + 4000;
    while (this.said.length < length) {
      if (Date.now() > deadline) throw new Error(`heard only ${this.said.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

let directory: string;
let path: string;
let news: News;
let presence: ControlPresence;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'baton-presence-')), 'run');
  path = join(directory, CONTROL_SOCKET);
  news = new News();
  presence = new ControlPresence(new ControlServer(service), news, 5);
});
afterEach(async () => {
  await presence.close();
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

async function answerAt(socketPath: string): Promise<string> {
  const socket = connect(socketPath);
  socket.end('{"id":1,"method":"status"}\n');
  const chunks: Buffer[] = await socket.toArray() as Buffer[];
  return Buffer.concat(chunks).toString('utf8');
}

describe('the control socket', () => {
  test('that is removed is said and made again; who was connected stays connected', async () => {
    await presence.keep(directory);
    const client = connect(path);
    await once(client, 'connect');
    unlinkSync(path);
    await news.until(3);
    expect(news.said).toEqual(['present', 'away: control.sock was removed; making it again', 'present']);
    expect(await answerAt(path)).toContain('lb-a');
    client.end('{"id":2,"method":"status"}\n');
    expect(String(await once(client, 'data'))).toContain('"id":2');
    client.destroy();
  });

  test('is made again with its directory', async () => {
    await presence.keep(directory);
    rmSync(directory, { recursive: true });
    await news.until(3);
    expect(await answerAt(path)).toContain('lb-a');
  });

  test('whose place is taken is away until the place is free, and leaves nothing else behind', async () => {
    mkdirSync(path, { recursive: true });
    await presence.keep(directory);
    expect(news.said).toEqual([expect.stringMatching(/^away: cannot open the control socket .*make runtime_directory/u)]);
    expect(readdirSync(directory)).toEqual([CONTROL_SOCKET]);
    rmdirSync(path);
    await news.until(2);
    expect(news.said.at(-1)).toBe('present');
    expect(await answerAt(path)).toContain('lb-a');
  });

  test('that a successor has put in its place is left to it', async () => {
    await presence.keep(directory);
    const successor = new ControlServer(service);
    await successor.listen(directory);
    const { ino } = lstatSync(path);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lstatSync(path).ino).toBe(ino);
    await successor.close();
  });

  test('is not made again once it is closed, also when it is closed while it is being made', async () => {
    const making = presence.keep(directory);
    await presence.close();
    await making;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(path)).toBe(false);
  });
});

// What the tests of the control channel share: nodes on loopback addresses with real sockets, and waiting for what they
// tell.

import type { ChannelCredentials, Configuration } from '@baton/config';
import { connect, createServer, type Socket } from 'node:net';
import { settings } from '../machine.fixture.js';
import { PeerChannel } from './channel.js';
import { encodeFrame, FrameReader } from './frames.js';

/** A pre-shared key. */
export const KEY: ChannelCredentials = { kind: 'pre-shared-key', key: '11'.repeat(32) };
/** Longest wait for anything that has to happen, ms. */
const DEADLINE_MS = 8000;

/** A node, with everything that its channel told. */
export class ChannelNode {
  readonly told: string[] = [];
  readonly alarms = new Map<string, string>();
  readonly channel: PeerChannel;
  configuration: Configuration;

  constructor(configuration: Configuration) {
    this.configuration = configuration;
    this.channel = new PeerChannel({
      clock: { now: () => performance.now() }, random: () => 0.5, version: '1.2.3', boot: 'boot',
      connected: (node) => this.told.push(`connected ${node}`),
      lost: (node, reason) => this.told.push(`lost ${node} ${reason}`),
      refused: ({ reason, node }) => this.told.push(`refused ${reason}${node === undefined ? '' : ` ${node}`}`),
      alarm: (name, detail, subject) => {
        if (detail === undefined) this.alarms.delete(`${name} ${subject}`);
        else this.alarms.set(`${name} ${subject}`, detail);
      },
    });
  }

  /** Takes a configuration that differs in this. */
  configure(change: Partial<Configuration> = {}): Promise<void> {
    this.configuration = { ...this.configuration, ...change };
    return this.channel.configure(this.configuration);
  }

  /** Waits until it has told this. */
  async until(told: string): Promise<void> {
    await waitUntil(`${told} among ${this.told.join(', ')}`, () => this.told.includes(told));
  }
}

/** The nodes lb-a and lb-b on 127.0.0.11 and 127.0.0.12 with one port, not configured yet. */
export async function pair(
  a: ChannelCredentials = KEY, b: ChannelCredentials = a,
): Promise<{ readonly a: ChannelNode; readonly b: ChannelNode; readonly port: number }> {
  const port = await freePort();
  return { a: new ChannelNode(node('lb-a', port, a)), b: new ChannelNode(node('lb-b', port, b)), port };
}

const ADDRESSES: Readonly<Record<string, string>> = { 'lb-a': '127.0.0.11', 'lb-b': '127.0.0.12' };

function node(name: string, port: number, credentials: ChannelCredentials): Configuration {
  const [other = ''] = Object.keys(ADDRESSES).filter((each) => each !== name);
  return {
    file: '/etc/baton/baton.yaml', node: name, peers: [{ node: other, address: ADDRESSES[other] ?? '', port }],
    places: {}, controlChannel: { listen: { address: ADDRESSES[name] ?? '', port }, credentials },
    routers: [settings('web')], syncGroups: [], hooks: [],
    log: { level: 'debug', format: 'text', file: undefined }, observe: false,
    stateDirectory: '/var/lib/baton', runtimeDirectory: '/run/baton',
  };
}

/** Waits for a condition.
 *  @throws {Error} after DEADLINE_MS */
export async function waitUntil(what: string, condition: () => boolean): Promise<void> {
  const endAt = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > endAt) throw new Error(`did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A client without TLS, and what it was told in frames. */
export class PlainClient {
  readonly heard: unknown[] = [];
  readonly socket: Socket;
  isClosed = false;

  constructor(address: string, port: number, localAddress: string) {
    const frames = new FrameReader();
    this.socket = connect({ host: address, port, localAddress });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => { this.isClosed = true; });
    this.socket.on('data', (bytes) => {
      const result = frames.push(bytes);
      if (result.ok) this.heard.push(...result.bodies.map((body) => JSON.parse(body.toString('utf8')) as unknown));
    });
  }

  say(message: unknown): void {
    this.socket.write(encodeFrame(message) ?? '');
  }
}

/** A port that nobody listens on now on any loopback address. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, () => {
      const bound = server.address();
      server.close(() => { resolve(typeof bound === 'object' && bound !== null ? bound.port : 0); });
    });
  });
}

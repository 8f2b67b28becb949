import { afterEach, describe, expect, test } from '@jest/globals';
import { connect as connectTls } from 'node:tls';
import { settings } from '../machine.fixture.js';
import { connectingTls } from './credentials.js';
import { MAX_UNPROVEN } from './listener.js';
import { ChannelNode, KEY, pair, PlainClient, waitUntil } from './peers.fixture.js';
import type { Standing } from './messages.js';

const STANDING: Standing = {
  router: 'web', state: 'master', priority: { configured: 200, effective: 200 }, epoch: 3, sinceMs: 1000,
  reason: 'startup', held: false, maintenance: false, faults: [],
};
const OTHER_KEY = { kind: 'pre-shared-key', key: '22'.repeat(32) } as const;
const NONE = { kind: 'none' } as const;

const open: (ChannelNode | PlainClient)[] = [];

afterEach(() => {
  for (const each of open.splice(0)) {
    if (each instanceof ChannelNode) each.channel.close();
    else each.socket.destroy();
  }
});

/** A pair that is closed at the end. */
async function openPair(...credentials: Parameters<typeof pair>): ReturnType<typeof pair> {
  const made = await pair(...credentials);
  open.push(made.a, made.b);
  return made;
}

function client(port: number, localAddress = '127.0.0.11', address = '127.0.0.12'): PlainClient {
  const made = new PlainClient(address, port, localAddress);
  open.push(made);
  return made;
}

async function connected(...credentials: Parameters<typeof pair>): ReturnType<typeof pair> {
  const made = await openPair(...credentials);
  await made.b.configure();
  await made.a.configure();
  await made.a.until('connected lb-b');
  await made.b.until('connected lb-a');
  return made;
}

describe('two nodes with the same key', () => {
  test('are connected once, see a round trip, no drift, and what each says of its routers', async () => {
    const { a, b } = await connected();
    a.channel.tell([STANDING]);
    await waitUntil('the state at b', () => b.channel.view()?.peers[0]?.standings.length === 1);
    await waitUntil('round trips', () => [a, b].every(({ channel }) =>
      channel.view()?.peers[0]?.roundTripMs !== undefined));
    expect(b.channel.view()).toMatchObject({
      authentication: 'pre-shared-key', refused: {},
      peers: [{ node: 'lb-a', version: '1.2.3', drift: [], standings: [STANDING] }],
    });
    a.channel.tell([{ ...STANDING, state: 'backup' }]);
    await waitUntil('the change at b', () => b.channel.view()?.peers[0]?.standings[0]?.state === 'backup');
    expect([a.told, b.told]).toEqual([['connected lb-b'], ['connected lb-a']]);
  });

  test('show drift as soon as a reload makes it, without a new connection', async () => {
    const { a, b } = await connected();
    await b.configure({ routers: [settings('web'), settings('inside')] });
    await waitUntil('drift at a', () => a.channel.view()?.peers[0]?.drift.length === 1);
    expect(a.channel.view()?.peers[0]?.drift).toEqual(['inside: is configured on lb-b only']);
    expect(b.channel.view()?.peers[0]?.drift).toEqual(['inside: is not configured on lb-a']);
    expect(a.told).toEqual(['connected lb-b']);
  });

  test('ask each other, and what stands in the way is an answer', async () => {
    const { a, b } = await connected();
    const request = { method: 'take-over', router: 'web', epoch: 3 } as const;
    expect(await a.channel.request('lb-b', request, 5000)).toEqual({ ok: false, why: 'not-supported' });
    b.channel.handleRequests((node, asked) =>
      Promise.resolve({ ok: false, why: `${node}-${asked.router}-${String(asked.epoch)}` }));
    expect(await a.channel.request('lb-b', request, 5000)).toEqual({ ok: false, why: 'lb-a-web-3' });
    b.channel.handleRequests(() => new Promise(() => undefined));
    expect(await a.channel.request('lb-b', request, 20)).toEqual({ ok: false, why: 'timeout' });
    const lost = a.channel.request('lb-b', request, 5000);
    b.channel.close();
    expect(await lost).toEqual({ ok: false, why: 'peer-lost' });
    expect(await a.channel.request('lb-b', request, 5000)).toEqual({ ok: false, why: 'not-connected' });
  });

  test('find each other again when one was away', async () => {
    const { a, b } = await connected();
    b.channel.close();
    await a.until('lost lb-b closed');
    const again = new ChannelNode(b.configuration);
    open.push(again);
    await again.configure();
    await again.until('connected lb-a');
  });

  test('keep their connection when the key changes, and need the new key for the next one', async () => {
    const { a, b } = await connected();
    const channel = { listen: b.configuration.controlChannel?.listen, credentials: OTHER_KEY };
    await b.configure({ controlChannel: channel });
    expect(await a.channel.request('lb-b', { method: 'take-over', router: 'web', epoch: 1 }, 5000))
      .toEqual({ ok: false, why: 'not-supported' });
    expect(b.told).toEqual(['connected lb-a']);
    b.channel.close();
    const again = new ChannelNode(b.configuration);
    open.push(again);
    await again.configure();
    await again.until('refused handshake-failed');
    await a.configure({ controlChannel: { listen: a.configuration.controlChannel?.listen, credentials: OTHER_KEY } });
    await again.until('connected lb-a');
  });

  test('part when one does not have the other as its peer any more', async () => {
    const { a, b } = await connected();
    await b.configure({ peers: [] });
    await a.until('lost lb-b closed');
    expect(b.told).toEqual(['connected lb-a', 'lost lb-a reconfigured']);
    expect(b.channel.view()).toBeUndefined();
  });

  test('use an ephemeral key exchange besides their key (psk_dhe_ke), and TLS 1.3', async () => {
    const { b, port } = await openPair();
    await b.configure();
    const seen = await new Promise<unknown>((resolve, reject) => {
      const place = { host: '127.0.0.12', port, localAddress: '127.0.0.11' };
      const socket = connectTls({ ...place, ...connectingTls(KEY, 'lb-a', 'lb-b') }, () => {
        resolve([socket.getProtocol(), socket.isSessionReused(), socket.getEphemeralKeyInfo()]);
        socket.destroy();
      });
      socket.on('error', reject);
    });
    expect(seen).toEqual(['TLSv1.3', true, expect.objectContaining({ type: 'ECDH' })]);
  });
});

describe('whoever is not a peer is refused, counted and an alarm when it comes again', () => {
  test('with another key, on both sides', async () => {
    const { a, b } = await openPair(KEY, OTHER_KEY);
    await b.configure();
    await a.configure();
    await b.until('refused handshake-failed');
    await a.until('refused handshake-failed');
    await waitUntil('the alarm', () => b.alarms.has('peer-refused '));
    expect(b.alarms.get('peer-refused ')).toContain('the last one of 127.0.0.11: handshake-failed');
    expect([a, b].flatMap(({ channel }) => channel.view()?.peers)).toEqual([]);
  });

  test('without TLS at all, while a peer stays connected', async () => {
    const { b, port } = await connected();
    const garbage = client(port, '127.0.0.99');
    garbage.socket.write('GET / HTTP/1.0\r\n\r\n');
    await b.until('refused handshake-failed');
    await waitUntil('its end', () => garbage.isClosed);
    expect(b.channel.view()?.peers.map(({ node }) => node)).toEqual(['lb-a']);
  });

  test('that says nothing, after 3 s', async () => {
    const { b, port } = await openPair();
    await b.configure();
    const silent = client(port);
    await b.until('refused handshake-timeout');
    await waitUntil('its end', () => silent.isClosed);
  });

  test('as one too many, but not a peer, whose address has a room of its own', async () => {
    const { a, b, port } = await openPair();
    await b.configure();
    for (let count = 0; count <= MAX_UNPROVEN; count += 1) client(port, '127.0.0.99');
    await b.until('refused too-many-connections');
    await a.configure();
    await b.until('connected lb-a');
    expect(b.channel.view()?.refused).toEqual({ 'too-many-connections': 1 });
  });
});

describe('without a key, between loopback addresses', () => {
  test('nodes are connected', async () => {
    const { a } = await connected(NONE);
    expect(a.channel.view()?.authentication).toBe('none');
  });

  test.each([
    ['of another version', { oldest: 2, newest: 2 }, 'no-common-version'],
    ['of an unknown node', { node: 'lb-x' }, 'unknown-node'],
    ['of our own name', { node: 'lb-b' }, 'own-name'],
    ['that is none', { node: 5 }, 'bad-message'],
  ])('a hello %s is answered by the reason', async (_, change, reason) => {
    const { b, port } = await openPair(NONE);
    await b.configure();
    const peer = client(port);
    peer.say({ type: 'hello', oldest: 1, newest: 1, node: 'lb-a', version: '1', boot: '1', ...change });
    await waitUntil('the end', () => peer.isClosed);
    expect(peer.heard).toEqual([{ type: 'refuse', reason }]);
    expect(b.channel.view()?.refused).toEqual({ [reason]: 1 });
  });

  test('a peer at the address of another one is refused', async () => {
    const { b, port } = await openPair(NONE);
    await b.configure();
    const peer = client(port, '127.0.0.99');
    peer.say({ type: 'hello', oldest: 1, newest: 1, node: 'lb-a', version: '1', boot: '1' });
    await waitUntil('the end', () => peer.isClosed);
    expect(b.channel.view()?.refused).toEqual({ 'wrong-node': 1 });
  });

  test('a message that is too large is refused at its length', async () => {
    const { b, port } = await openPair(NONE);
    await b.configure();
    const peer = client(port);
    peer.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await waitUntil('the end', () => peer.isClosed);
    expect(b.channel.view()?.refused).toEqual({ 'frame-too-large': 1 });
  });

  test('a hello that comes byte by byte is refused after 3 s', async () => {
    const { b, port } = await openPair(NONE);
    await b.configure();
    const peer = client(port);
    const drip = (): void => {
      if (peer.isClosed) return;
      peer.socket.write(Buffer.from([0]));
      setTimeout(drip, 900);
    };
    peer.socket.write(Buffer.from([0, 0, 1, 0]), drip);
    await b.until('refused hello-timeout');
  });

  test('a peer that does not read is cut', async () => {
    const { b, port } = await openPair(NONE);
    await b.configure();
    const peer = client(port);
    peer.say({ type: 'hello', oldest: 1, newest: 1, node: 'lb-a', version: '1', boot: '1' });
    peer.say({ type: 'welcome', protocol: 1 });
    await b.until('connected lb-a');
    peer.socket.pause();
    for (let epoch = 0; epoch < 50_000 && !b.told.includes('lost lb-a slow-reader'); epoch += 1) {
      b.channel.tell([{ ...STANDING, epoch, faults: ['x'.repeat(200)] }]);
    }
    expect(b.told).toEqual(['connected lb-a', 'lost lb-a slow-reader']);
  });

  test('a peer that falls silent is lost after a second, and its alarm comes only later', async () => {
    const { b, port } = await openPair(NONE);
    await b.configure();
    const peer = client(port);
    peer.say({ type: 'hello', oldest: 1, newest: 1, node: 'lb-a', version: '1', boot: '1' });
    peer.say({ type: 'welcome', protocol: 1 });
    await b.until('lost lb-a silent');
    expect([...b.alarms.keys()]).toEqual([]);
  });

  test('a peer elsewhere is not talked to, and nothing listens', async () => {
    const { a } = await openPair(NONE);
    await a.configure({ peers: [{ node: 'lb-b', address: '192.0.2.1', port: 1 }] });
    expect(a.channel.view()).toBeUndefined();
  });
});

import { describe, expect, test } from '@jest/globals';
import type { Hello, PeerMessage } from './messages.js';
import { HELLO_TIMEOUT_MS, PING_INTERVAL_MS, Session, SILENCE_MS, type SessionStep } from './session.js';

function hello(node: string): Hello {
  return { type: 'hello', oldest: 1, newest: 1, node, version: '1.0.0', boot: node };
}

function session(role: 'connecting' | 'accepting', node: string, peer: string): Session {
  const judge = (name: string): 'unknown-node' | undefined => name === peer ? undefined : 'unknown-node';
  return new Session({ role, hello: hello(node), judge }, 0);
}

/** A session of lb-a, which connects, that is up since 0. */
function upSession(): Session {
  const a = session('connecting', 'lb-a', 'lb-b');
  a.hear(hello('lb-b'), 0);
  a.hear({ type: 'welcome', protocol: 1 }, 0);
  return a;
}

function sent(steps: readonly SessionStep[]): readonly PeerMessage[] {
  return steps.flatMap((step) => step.type === 'send' ? [step.message] : []);
}

describe('an introduction', () => {
  test('is up on each side only when its hello was welcomed and the other one accepted', () => {
    const a = session('connecting', 'lb-a', 'lb-b');
    const b = session('accepting', 'lb-b', 'lb-a');
    expect(b.open()).toEqual([]);
    const [first] = sent(a.open());
    expect(first).toEqual(hello('lb-a'));
    const answer = b.hear(first ?? hello(''), 1);
    expect(answer.map(({ type }) => type)).toEqual(['send', 'send']);
    expect(sent(answer)).toEqual([hello('lb-b'), { type: 'welcome', protocol: 1 }]);
    expect(b.isUp).toBe(false);
    expect(a.hear(hello('lb-b'), 2)).toEqual([{ type: 'send', message: { type: 'welcome', protocol: 1 } }]);
    expect(a.isUp).toBe(false);
    expect(a.hear({ type: 'welcome', protocol: 1 }, 2)).toEqual([{ type: 'up', hello: hello('lb-b') }]);
    expect(b.hear({ type: 'welcome', protocol: 1 }, 3)).toEqual([{ type: 'up', hello: hello('lb-a') }]);
  });

  test('by a name that may not be here is refused with the reason, and by our own name too', () => {
    expect(session('accepting', 'lb-b', 'lb-a').hear(hello('lb-x'), 1))
      .toEqual([{ type: 'refuse', reason: 'unknown-node', node: 'lb-x' }]);
    expect(session('accepting', 'lb-b', 'lb-b').hear(hello('lb-b'), 1))
      .toEqual([{ type: 'refuse', reason: 'own-name', node: 'lb-b' }]);
  });

  test('that is not complete after 3 s is refused', () => {
    const b = session('accepting', 'lb-b', 'lb-a');
    expect(b.tick(HELLO_TIMEOUT_MS - 1)).toEqual([]);
    expect(b.tick(HELLO_TIMEOUT_MS)).toEqual([{ type: 'refuse', reason: 'hello-timeout', node: undefined }]);
    expect(b.hear(hello('lb-a'), HELLO_TIMEOUT_MS)).toEqual([]);
  });

  test.each<PeerMessage>([
    { type: 'welcome', protocol: 1 }, { type: 'ping', id: 1 }, { type: 'agreement', routers: [], omitted: 0 },
    { type: 'request', id: 1, request: { method: 'take-over', router: 'web', epoch: 1 } },
  ])('that begins with $type is refused', (message) => {
    expect(session('accepting', 'lb-b', 'lb-a').hear(message, 1))
      .toEqual([{ type: 'refuse', reason: 'bad-message', node: undefined }]);
  });

  test('is over when the peer refuses', () => {
    const a = session('connecting', 'lb-a', 'lb-b');
    const refused = { type: 'refused-by-peer', reason: 'own-name' };
    expect(a.hear({ type: 'refuse', reason: 'own-name' }, 1)).toEqual([refused]);
  });
});

describe('a session that is up', () => {
  test('is lost after a second of silence', () => {
    const a = upSession();
    for (let now = PING_INTERVAL_MS; now < SILENCE_MS; now += PING_INTERVAL_MS) {
      expect(a.tick(now).map(({ type }) => type)).toEqual(['send']);
    }
    expect(a.tick(SILENCE_MS)).toEqual([{ type: 'lost', reason: 'silent' }]);
    expect(a.isUp).toBe(false);
  });

  test('is not lost because this process slept: the peer gets until the next tick', () => {
    const a = upSession();
    a.tick(PING_INTERVAL_MS);
    expect(a.tick(60_000).map(({ type }) => type)).toEqual(['send']);
    a.hear({ type: 'ping', id: 9 }, 60_001);
    expect(a.tick(60_250).map(({ type }) => type)).toEqual(['send']);
  });

  test('is lost at the next tick when there was nothing to read after a sleep', () => {
    const a = upSession();
    a.tick(60_000);
    expect(a.tick(60_250)).toEqual([{ type: 'lost', reason: 'silent' }]);
  });

  test('answers a ping, and measures the way of its own', () => {
    const a = upSession();
    expect(a.hear({ type: 'ping', id: 7 }, 10)).toEqual([{ type: 'send', message: { type: 'pong', id: 7 } }]);
    a.tick(100);
    a.hear({ type: 'pong', id: 1 }, 108);
    expect(a.roundTripMs).toBe(8);
    a.tick(350);
    a.hear({ type: 'pong', id: 1 }, 352); // not the one under way
    a.hear({ type: 'pong', id: 2 }, 354);
    expect(a.roundTripMs).toBe(7);
  });

  test('refuses a second hello, and is over', () => {
    const a = upSession();
    expect(a.hear(hello('lb-b'), 10)).toEqual([
      { type: 'refuse', reason: 'bad-message', node: undefined }, { type: 'lost', reason: 'bad-message' },
    ]);
  });

  test('passes on what concerns routers, and answers to their questions', () => {
    const a = upSession();
    const message: PeerMessage = { type: 'request', id: 3, request: undefined };
    expect(a.hear(message, 1)).toEqual([{ type: 'heard', message }]);
    expect(a.hear({ type: 'answer', id: 5, answer: { ok: true } }, 1))
      .toEqual([{ type: 'answered', id: 5, answer: { ok: true } }]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { parseMessage, type PeerMessage } from './messages.js';

const HELLO: PeerMessage = { type: 'hello', oldest: 1, newest: 1, node: 'lb-b', version: '1.0.0', boot: 'b1' };
const STATE: PeerMessage = {
  type: 'state',
  standing: {
    router: 'web', state: 'master', priority: { configured: 200, effective: 150 }, epoch: 7, sinceMs: 1000,
    reason: 'master-down-timer', held: false, maintenance: false, faults: ['link-down'],
  },
};
const AGREEMENT: PeerMessage = {
  type: 'agreement', omitted: 0,
  routers: [{
    name: 'web', vrid: 51, version: 3, advertIntervalMs: 1000, addresses: ['192.0.2.10/24'], authentication: 'none',
  }],
};
const EVERY: readonly PeerMessage[] = [
  HELLO, STATE, AGREEMENT, { type: 'welcome', protocol: 1 }, { type: 'refuse', reason: 'unknown-node' },
  { type: 'ping', id: 1 }, { type: 'pong', id: 1 },
  { type: 'request', id: 1, request: { method: 'take-over', router: 'web', epoch: 7 } },
  { type: 'answer', id: 1, answer: { ok: true } }, { type: 'answer', id: 1, answer: { ok: false, why: 'not-ready' } },
];

function parse(value: unknown): ReturnType<typeof parseMessage> {
  return parseMessage(Buffer.from(JSON.stringify(value)));
}

describe('messages between peers', () => {
  test.each(EVERY)('$type is read as it was written, and what a newer peer adds is left out', (message) => {
    expect(parse({ ...message, later: [1] })).toEqual({ ok: true, message });
  });

  test.each(EVERY)('$type without one of its fields, or with another kind of value there, is none', (message) => {
    for (const field of Object.keys(message).filter((name) => name !== 'type')) {
      for (const wrong of [undefined, null, -1, 1.5, [null], { why: 5 }, 'x'.repeat(300), '\u001b[2J']) {
        const isMethod = message.type === 'request' && field === 'request' && typeof wrong === 'object';
        if (isMethod && wrong !== null && !Array.isArray(wrong)) continue;
        expect([field, wrong, parse({ ...message, [field]: wrong })])
          .toEqual([field, wrong, { ok: false, reason: 'bad-message' }]);
      }
    }
  });

  test.each([
    ['state', 'broken'], ['priority', { configured: 1 }], ['sinceMs', Number.MAX_SAFE_INTEGER], ['faults', [5]],
    ['held', 'no'], ['reason', 'two words'],
  ])('a state whose %s is %j is none', (field, wrong) => {
    expect(parse({ ...STATE, standing: { ...STATE.standing, [field]: wrong } })).toEqual(
      { ok: false, reason: 'bad-message' });
  });

  test('a method that is not known is a request without one', () => {
    expect(parse({ type: 'request', id: 4, request: { method: 'dance' } }))
      .toEqual({ ok: true, message: { type: 'request', id: 4, request: undefined } });
  });

  test('a type that is not known is told apart from what is no message', () => {
    expect(parse({ type: 'later' })).toEqual({ ok: false, reason: 'unknown-type' });
    expect(parse([])).toEqual({ ok: false, reason: 'bad-message' });
    expect(parseMessage(Buffer.from([0xff, 0x00]))).toEqual({ ok: false, reason: 'bad-message' });
  });

  test('a hello of versions that have nothing in common with ours is told by its versions alone', () => {
    expect(parse({ type: 'hello', oldest: 2, newest: 3 })).toEqual({ ok: false, reason: 'no-common-version' });
    expect(parse({ type: 'hello', oldest: 0, newest: 0 })).toEqual({ ok: false, reason: 'no-common-version' });
    expect(parse({ ...HELLO, newest: 9 })).toEqual({ ok: true, message: { ...HELLO, newest: 9 } });
  });
});

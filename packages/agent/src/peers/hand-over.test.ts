import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { AgentMessage, EngineMessage, RouterSnapshot } from '@baton/engine/messages';
import { EventReporter } from '../events.js';
import type { ChannelView } from './channel.js';
import { HandOvers, LETTING_GO_TIMEOUT_MS, TAKE_OVER_TIMEOUT_MS } from './hand-over.js';
import type { Answer, Standing } from './messages.js';

/** What happened, in order: messages to the engine, requests to peers, events. */
let told: unknown[] = [];
/** The engine's routers. */
let routers: readonly Partial<RouterSnapshot>[] = [];
let peers: readonly Partial<Standing>[] = [];
let answer: () => Promise<Answer> = () => Promise.resolve({ ok: true });

const MASTER: Partial<RouterSnapshot> = {
  name: 'web', state: 'master', epoch: 7, priority: { configured: 200, effective: 200 }, masterDownIntervalMs: 3609,
};
const taken: EngineMessage & { type: 'state-changed' } = {
  type: 'state-changed', router: 'web', steps: {}, evidence: {}, at: 0,
  change: {
    from: 'master', to: 'backup', reason: 'handover', epoch: 7, priority: 1, master: undefined, faults: [],
  },
} as unknown as EngineMessage & { type: 'state-changed' };

function create(): HandOvers {
  const say = (event: string, fields: unknown): void => { told.push([event, fields]); };
  const logger = { error: say, warn: say, info: say, debug: say };
  return new HandOvers({
    engine: {
      send: (message: AgentMessage) => { told.push(message); },
      snapshot: () => Promise.resolve({ type: 'snapshot', id: 1, routers, engine: {} } as never),
    },
    channel: {
      request: (node, request) => {
        told.push([node, request]);
        return answer();
      },
      view: () => ({
        peers: peers.map((standing) => ({ node: 'lb-b', standings: [{ router: 'web', ...standing }] })),
      }) as unknown as ChannelView,
    },
    reporter: new EventReporter(logger, () => 0),
    clock: { now: () => performance.now() },
  });
}

const HOLD = { type: 'hold', router: 'web', hold: true };
const LIFT = { type: 'hold', router: 'web', hold: false };
const TAKE_OVER = ['lb-b', { method: 'take-over', router: 'web', epoch: 7 }];
const READY: Partial<Standing> = { state: 'backup', priority: { configured: 100, effective: 100 }, faults: [] };

beforeEach(() => {
  jest.useFakeTimers();
  told = [];
  routers = [MASTER];
  peers = [READY];
  answer = () => Promise.resolve({ ok: true });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a hand-over', () => {
  test('holds the master, asks the ready peer, and is done when the master has let go', async () => {
    const handOvers = create();
    const handing = handOvers.handOver('web');
    await jest.advanceTimersByTimeAsync(10);
    expect(told).toEqual([HOLD, TAKE_OVER]);
    handOvers.noteChange(taken);
    await expect(handing).resolves.toMatchObject({ router: 'web', outcome: 'done', to: 'lb-b', why: null });
    expect(told.at(-1)).toMatchObject(['handover-finished', { router: 'web', outcome: 'done', to: 'lb-b' }]);
    await jest.advanceTimersByTimeAsync(100_000);
    expect(told).not.toContainEqual(LIFT);
  });

  test('is done when the master had let go before the peer answered', async () => {
    answer = () => {
      routers = [{ ...MASTER, state: 'backup' }];
      return Promise.resolve({ ok: true });
    };
    const handing = create().handOver('web');
    await jest.advanceTimersByTimeAsync(10);
    await expect(handing).resolves.toMatchObject({ outcome: 'done' });
  });

  test('lifts the hold when the peer refuses, and says why', async () => {
    answer = () => Promise.resolve({ ok: false, why: 'address-install-failed' });
    const report = await create().handOver('web');
    expect(report).toMatchObject({ outcome: 'failed', why: 'lb-b did not take over: address-install-failed' });
    expect(told.slice(0, 3)).toEqual([HOLD, TAKE_OVER, LIFT]);
  });

  test('lifts the hold when nobody is heard who took over', async () => {
    const handing = create().handOver('web');
    await jest.advanceTimersByTimeAsync(LETTING_GO_TIMEOUT_MS + 10);
    await expect(handing).resolves.toMatchObject({ outcome: 'failed', why: 'lb-b took over, and was not heard' });
    expect(told).toContainEqual(LIFT);
  });

  test('ends the hold after the time that was asked for', async () => {
    const handOvers = create();
    const handing = handOvers.handOver('web', { holdMs: 60_000 });
    await jest.advanceTimersByTimeAsync(10);
    handOvers.noteChange(taken);
    await handing;
    await jest.advanceTimersByTimeAsync(59_000);
    expect(told).not.toContainEqual(LIFT);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(told).toContainEqual(LIFT);
  });

  test('without a ready peer waits for one that preempts by its timer, or gives up when it is told to', async () => {
    peers = [];
    const handOvers = create();
    const handing = handOvers.handOver('web');
    await jest.advanceTimersByTimeAsync(3_600);
    expect(told).toEqual([HOLD]);
    handOvers.noteChange(taken);
    await expect(handing).resolves.toMatchObject({ outcome: 'done', to: null });
    await expect(handOvers.handOver('web', { withoutPeer: 'give-up' })).resolves.toMatchObject(
      { outcome: 'failed', why: 'no peer is connected' });
    await expect(handOvers.handOver('web', { to: 'lb-c' })).resolves.toMatchObject(
      { outcome: 'failed', why: 'lb-c is not connected' });
  });

  test.each([
    ['there is no such virtual router', []],
    ['it is backup here', [{ ...MASTER, state: 'backup' as const }]],
    ['it owns its addresses (priority 255)', [{ ...MASTER, priority: { configured: 255, effective: 255 } }]],
  ])('is refused: %s', async (why, present) => {
    routers = present;
    expect(await create().handOver('web')).toMatchObject({ why });
    expect(told.filter((each) => !Array.isArray(each))).toEqual([]);
  });

  test('of everything takes each master in turn, and of a group that has moved the first alone', async () => {
    routers = [MASTER, { ...MASTER, name: 'inside' }, { ...MASTER, name: 'idle', state: 'backup' }];
    answer = () => {
      routers = routers.map((router) => ({ ...router, state: 'backup' as const }));
      return Promise.resolve({ ok: true });
    };
    const handing = create().handOverAll();
    await jest.advanceTimersByTimeAsync(10);
    await expect(handing).resolves.toMatchObject([{ router: 'web', outcome: 'done' }]);
  });
});

describe('a peer that asks to be succeeded', () => {
  test('is answered as the engine answers, and nobody else is meanwhile', async () => {
    const handOvers = create();
    const request = { method: 'take-over', router: 'web', epoch: 7 } as const;
    const first = handOvers.answer('lb-b', request);
    await expect(handOvers.answer('lb-c', request)).resolves.toEqual({ ok: false, why: 'busy' });
    expect(told).toContainEqual({ type: 'take-over', router: 'web' });
    handOvers.noteTakeOver({ type: 'take-over-answered', router: 'web', ok: false, why: 'fault' });
    await expect(first).resolves.toEqual({ ok: false, why: 'fault' });
    const second = handOvers.answer('lb-b', request);
    handOvers.noteTakeOver({ type: 'take-over-answered', router: 'web', ok: true });
    await expect(second).resolves.toEqual({ ok: true });
  });

  test('is told that the engine is silent', async () => {
    const answering = create().answer('lb-b', { method: 'take-over', router: 'web', epoch: 7 });
    await jest.advanceTimersByTimeAsync(TAKE_OVER_TIMEOUT_MS);
    await expect(answering).resolves.toEqual({ ok: false, why: 'engine-silent' });
  });
});

describe('a mastership that is lost', () => {
  test('is passed on to a ready peer, without a hold', async () => {
    await create().pass('web', 7);
    expect(told[0]).toEqual(TAKE_OVER);
    expect(told).not.toContainEqual(HOLD);
  });

  test('is left to the timers where nobody is ready', async () => {
    peers = [{ ...READY, state: 'fault' }];
    await create().pass('web', 7);
    expect(told).toEqual([]);
  });
});

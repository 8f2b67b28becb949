import { describe, expect, test } from '@jest/globals';
import { f3, heard, LOWER, OWN, P, QUIET, Timeline, VIP, VIP_2 } from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';
import { VirtualRouter } from './virtual-router.js';

/** The trace of a promotion of F3 at an instant. */
const promotion = (at: number, reason = 'master-down-timer', from = 'backup'): string[] => [
  `${String(at)} claim 10.9.0.100`, `${String(at)} send 100`, `${String(at)} announce 10.9.0.100 x5`,
  `${String(at)} ${from} -> master: ${reason}`,
];
const trackerFailed = (active: boolean): VirtualRouterInput =>
  ({ kind: 'fault-changed', reason: 'tracker-failed', active });

describe('initialize', () => {
  test('D01: an owner is master at once, and the address is announced after it is claimed [RFC9568-6.4.1-1]', () => {
    const timeline = Timeline.started(f3({ ...QUIET, priority: 255 }));
    expect(timeline.take()).toEqual([
      '0 claim 10.9.0.100', '0 send 255', '0 announce 10.9.0.100 x5', '0 initialize -> master: address-owner',
    ]);
    expect(timeline.router.nextDeadline()).toBe(1000);
  });

  test('D02: any other router waits as backup, by its own interval [RFC9568-6.4.1-2]', () => {
    const timeline = Timeline.started();
    expect(timeline.take()).toEqual(['0 initialize -> backup: startup']);
    expect(timeline.router.state)
      .toMatchObject({ kind: 'backup', masterDownAt: 3609.375, masterAdvertIntervalMs: 1000 });
    expect([timeline.router.skewTimeMs, timeline.router.masterDownIntervalMs]).toEqual([609.375, 3609.375]);
  });

  test('D04: a router without a primary address is in fault until it has one', () => {
    const router = new VirtualRouter(f3(), { epochFloor: 0 });
    expect(router.handle({ kind: 'startup' }, 0)).toMatchObject([
      { kind: 'state-changed', change: { to: 'fault', reason: 'no-primary-address', faults: ['no-primary-address'] } },
    ]);
    expect(router.nextDeadline()).toBeUndefined();
    expect(router.handle({ kind: 'address-changed', primaryAddress: OWN }, 500)).toMatchObject([
      { kind: 'state-changed', change: { from: 'fault', to: 'backup', reason: 'fault-cleared' } },
    ]);
    expect(router.nextDeadline()).toBe(500 + 3609.375);
  });

  test('D05: a router starts in fault while its link is down, and names every reason that holds', () => {
    const timeline = new Timeline();
    timeline.at(0, trackerFailed(true)).at(0, { kind: 'fault-changed', reason: 'link-down', active: true });
    timeline.at(0, { kind: 'startup' });
    expect(timeline.take()).toEqual(['0 initialize -> fault: link-down']);
    expect(timeline.router.state)
      .toEqual({ kind: 'fault', reasons: ['link-down', 'tracker-failed'], retryAt: undefined });
    timeline.at(1000, { kind: 'fault-changed', reason: 'link-down', active: false });
    expect(timeline.router.state).toMatchObject({ reasons: ['tracker-failed'] });
    timeline.at(2000, trackerFailed(false));
    expect(timeline.take()).toEqual(['2000 fault -> backup: fault-cleared']);
  });

  test('an owner whose last fault goes is master at once', () => {
    const timeline = new Timeline(f3({ ...QUIET, priority: 255 }));
    timeline.at(0, trackerFailed(true)).at(0, { kind: 'startup' }).take();
    timeline.at(100, trackerFailed(false));
    expect(timeline.take().at(-1)).toBe('100 fault -> master: address-owner');
  });

  test('D08, D09: shutdown before startup and a second startup do nothing', () => {
    const timeline = new Timeline();
    timeline.at(0, { kind: 'shutdown' }).at(0, { kind: 'startup' }).take();
    timeline.at(1000, { kind: 'startup' });
    expect(timeline.take()).toEqual([]);
    expect(timeline.router.nextDeadline()).toBe(3609.375);
  });

  test('B45: what is heard before startup and after shutdown is ignored [RFC9568-6.4.1-3]', () => {
    const timeline = new Timeline();
    timeline.at(0, heard(0)).at(0, heard(255)).at(0, { kind: 'timer' }).at(0, { kind: 'startup' });
    timeline.at(10, { kind: 'shutdown' }).take();
    timeline.at(20, heard(0)).at(20, heard(50)).at(9000, { kind: 'timer' });
    expect(timeline.take()).toEqual([]);
    expect([timeline.router.state.kind, timeline.router.nextDeadline(), timeline.router.master])
      .toEqual(['initialize', undefined, undefined]);
  });

  test('a startup delay keeps the router silent and deaf, and begins to count only once', () => {
    const timeline = Timeline.started(f3({ startupDelayMs: 30_000 }));
    timeline.at(10_000, { kind: 'startup' }).at(20_000, heard(200)).at(20_001, heard(0)).until(30_000);
    expect(timeline.take()).toEqual(['30000 initialize -> backup: startup']);
    expect(timeline.router.nextDeadline()).toBe(33_609.375);
  });

  test('a startup delay ends in fault when a fault came meanwhile, and is not repeated when it goes', () => {
    const timeline = Timeline.started(f3({ startupDelayMs: 1000 }));
    timeline.at(500, trackerFailed(true)).until(1000).at(2000, trackerFailed(false));
    expect(timeline.take())
      .toEqual(['1000 initialize -> fault: tracker-failed', '2000 fault -> backup: fault-cleared']);
  });

  test('a shutdown cancels a startup delay', () => {
    const timeline = Timeline.started(f3({ startupDelayMs: 1000 }));
    timeline.at(500, { kind: 'shutdown' });
    expect([timeline.take(), timeline.router.nextDeadline()]).toEqual([[], undefined]);
  });
});

describe('backup', () => {
  test('E01, E02: takes over from silence: addresses, advert, announcement, then it is told [RFC9568-6.4.2-2]', () => {
    const timeline = Timeline.started();
    timeline.take();
    timeline.until(3609.375);
    expect(timeline.take()).toEqual(promotion(3609.375));
    expect(timeline.router.nextDeadline()).toBe(4609.375);
  });

  test('E03: never takes over while a better master is heard every interval', () => {
    const timeline = Timeline.started();
    timeline.take();
    for (let second = 1; second <= 100; second += 1) timeline.at(second * 1000, heard(200));
    expect([timeline.take(), timeline.router.master]).toEqual([[], { address: P, priority: 200 }]);
  });

  test.each([
    ['higher', P], ['lower', LOWER],
  ])('E04: accepts its own priority from a %s address [RFC9568-6.4.2-5]', (_which, source) => {
    const timeline = Timeline.started().at(1000, heard(100, source));
    expect(timeline.router.nextDeadline()).toBe(4609.375);
  });

  test('E05, C12: discards lower priorities: the timer runs on, and the takeover says why [RFC9568-6.4.2-6]', () => {
    const timeline = Timeline.started();
    timeline.take();
    for (let at = 500; at <= 3500; at += 500) timeline.at(at, heard(99));
    timeline.until(3700);
    expect(timeline.take()).toEqual(promotion(3609.375, 'preempted-lower-priority'));
  });

  test('E06, E07: accepts any priority unless it preempts, and takes over from silence [RFC9568-6.4.2-5]', () => {
    const timeline = Timeline.started(f3({ preemptMode: false }));
    timeline.take();
    for (let second = 1; second <= 60; second += 1) timeline.at(second * 1000, heard(1, P, { advertIntervalMs: 2000 }));
    timeline.until(70_000);
    // 3 × 2000 + (256 − 100) × 2000 ÷ 256 after the last one.
    expect(timeline.take().slice(0, 4)).toEqual(promotion(67_218.75));
  });

  test('E08: an owner preempts although Preempt_Mode is false, and without a delay [RFC9568-6.1-3]', () => {
    const owner = f3({ priority: 255, preemptMode: false, preemptDelayMs: 60_000 });
    const timeline = Timeline.started(owner).at(0, heard(255)); // demoted by the higher address of another owner
    expect(timeline.router.state.kind).toBe('backup');
    timeline.at(500, heard(254)).at(1000, heard(254));
    expect(timeline.router.nextDeadline()).toBe(3003.90625);
  });

  test('E09, E11: a resignation leaves Skew_Time only, whether it may preempt or not [RFC9568-6.4.2-4]', () => {
    for (const preemptMode of [true, false]) {
      const timeline = Timeline.started(f3({ preemptMode }));
      timeline.take();
      timeline.at(1000, heard(200)).at(1500, heard(0)).until(2200);
      expect(timeline.take()).toEqual(promotion(1500 + 609.375, 'priority-zero-received'));
    }
  });

  test('a second resignation counts from its own arrival', () => {
    const timeline = Timeline.started().at(1000, heard(0)).at(1300, heard(0));
    expect(timeline.router.nextDeadline()).toBe(1909.375);
  });

  test('Skew_Time after a resignation follows the interval learned before [RFC9568-6.4.2-4]', () => {
    const timeline = Timeline.started().at(1000, heard(200, P, { advertIntervalMs: 100 })).at(1050, heard(0, P));
    expect(timeline.router.nextDeadline()).toBe(1050 + 60.9375);
  });

  test('a new master that is heard within Skew_Time ends the takeover', () => {
    const timeline = Timeline.started().at(1000, heard(0)).at(1100, heard(150));
    expect(timeline.router.state).toMatchObject({ masterDownAt: 4709.375, expiryReason: 'master-down-timer' });
  });

  test('E12: leaves without a word [RFC9568-6.4.2-1]', () => {
    const timeline = Timeline.started();
    timeline.take();
    timeline.at(1000, { kind: 'shutdown' });
    expect([timeline.take(), timeline.router.nextDeadline()])
      .toEqual([['1000 backup -> initialize: shutdown'], undefined]);
  });

  test('E13: accepts an owner like any higher priority', () => {
    expect(Timeline.started().at(1000, heard(255)).router.nextDeadline()).toBe(4609.375);
  });

  test('C07: learns the interval of the master before it arms its timer [RFC9568-6.4.2-5]', () => {
    const timeline = Timeline.started();
    timeline.take();
    timeline.at(1000, heard(200, P, { advertIntervalMs: 500 })).until(3000);
    expect(timeline.take()).toEqual(promotion(1000 + 1804.6875));
  });

  test('C09: sends by its own interval after takeover, whatever it had learned [RFC9568-6.4.2-3]', () => {
    const timeline = Timeline.started();
    timeline.at(1000, heard(200, P, { advertIntervalMs: 500 })).until(1000 + 1804.6875).take();
    expect(timeline.router.nextDeadline()).toBe(2804.6875 + 1000);
    expect(timeline.router.masterDownIntervalMs).toBe(3609.375);
  });

  test('E16: a preempt delay leaves a lower-priority master alone until it has run out', () => {
    const timeline = Timeline.started(f3({ preemptDelayMs: 5000 }));
    timeline.take();
    for (let at = 1000; at <= 9000; at += 1000) timeline.at(at, heard(50));
    // The last one accepted came at 5000; the one at 6000 is the first to be discarded.
    expect(timeline.take().slice(0, 4)).toEqual(promotion(5000 + 3609.375, 'preempted-lower-priority'));
  });

  test('E16: a preempt delay learns the lower master\'s interval, as without preemption [RFC9568-6.4.2-5]', () => {
    const timeline = Timeline.started(f3({ preemptDelayMs: 5000 })).at(1000, heard(50, P, { advertIntervalMs: 500 }));
    expect(timeline.router.state).toMatchObject({ masterAdvertIntervalMs: 500, preemptAt: 6000 });
    expect(timeline.router.nextDeadline()).toBe(1000 + 1500 + 156 * 500 / 256);
    // Discarded once the delay is over: what was learned stays, and the timer runs on.
    timeline.at(2000, heard(50)).at(6000, heard(50, P, { advertIntervalMs: 500 }));
    expect(timeline.router.state.kind).toBe('master');
  });

  test('E17: a preempt delay never delays a takeover from a silent master', () => {
    const timeline = Timeline.started(f3({ ...QUIET, preemptDelayMs: 60_000 }));
    timeline.take();
    timeline.at(1000, heard(50)).at(2000, heard(50)).until(6000);
    expect(timeline.take().slice(0, 4)).toEqual(promotion(2000 + 3609.375));
    const resigned = Timeline.started(f3({ ...QUIET, preemptDelayMs: 60_000 }));
    resigned.take();
    resigned.at(1000, heard(50)).at(2000, heard(0)).until(3000);
    expect(resigned.take()).toEqual(promotion(2609.375, 'priority-zero-received'));
  });

  test.each([
    ['a better master', heard(100)], ['a resignation', heard(0)],
    ['a changed configuration', { kind: 'parameters-changed', parameters: f3({ preemptDelayMs: 5000 }) }],
  ] as const)('%s ends a preempt delay: the next lower-priority master gets all of it', (_what, input) => {
    const timeline = Timeline.started(f3({ preemptDelayMs: 5000 })).at(1000, heard(50)).at(1500, input);
    expect(timeline.router.state).toMatchObject({ preemptAt: undefined });
    timeline.at(1600, heard(50));
    expect(timeline.router.state).toMatchObject({ preemptAt: 6600 });
  });

  test('knows the master it hears, also one that it will preempt, until that one resigns', () => {
    const timeline = Timeline.started().at(100, heard(50, LOWER));
    expect(timeline.router.master).toEqual({ address: LOWER, priority: 50 });
    timeline.at(200, heard(0, P));
    expect(timeline.router.master).toEqual({ address: LOWER, priority: 50 });
    timeline.at(300, heard(0, LOWER));
    expect(timeline.router.master).toBeUndefined();
  });

  test('a changed priority counts from when the timer was armed, after a resignation too', () => {
    const timeline = Timeline.started().at(1000, heard(200));
    timeline.at(2000, { kind: 'priority-changed', adjustment: 100 });
    expect(timeline.router.nextDeadline()).toBe(1000 + 3218.75);
    timeline.at(2500, heard(0)).at(2510, { kind: 'priority-changed', adjustment: 0 });
    expect(timeline.router.nextDeadline()).toBe(2500 + 609.375);
  });

  test('a changed own interval counts at once only while no master has been heard', () => {
    const faster: VirtualRouterInput = { kind: 'parameters-changed', parameters: f3({ advertIntervalMs: 100 }) };
    expect(Timeline.started().at(1000, faster).router.nextDeadline()).toBe(1000 + 360.9375);
    expect(Timeline.started().at(1000, heard(200)).at(1500, faster).router.nextDeadline()).toBe(4609.375);
  });

  test('a changed own interval does not count after it has yielded to a better master', () => {
    const timeline = Timeline.master().at(4000, heard(200));
    timeline.at(4500, { kind: 'parameters-changed', parameters: f3({ advertIntervalMs: 100 }) });
    expect(timeline.router.nextDeadline()).toBe(4000 + 3609.375);
  });

  test('J03: shows the durations that follow from the learned interval', () => {
    const { router } = Timeline.started().at(1000, heard(200, P, { advertIntervalMs: 100 }));
    expect([router.skewTimeMs, router.masterDownIntervalMs]).toEqual([60.9375, 360.9375]);
  });

  test('knows the master also while it is in fault, and forgets it when it leaves', () => {
    const timeline = Timeline.started().at(100, trackerFailed(true)).at(200, heard(200));
    expect(timeline.router.master).toEqual({ address: P, priority: 200 });
    expect(timeline.at(300, { kind: 'shutdown' }).router.master).toBeUndefined();
  });

  test('has forgotten the master before it when it stops being master itself', () => {
    const timeline = Timeline.started().at(100, heard(200)).until(4000).at(4000, trackerFailed(true));
    expect([timeline.router.state.kind, timeline.router.master]).toEqual(['fault', undefined]);
  });

  test('a reload that leaves the interval alone does not prolong the wait', () => {
    const reload: VirtualRouterInput = { kind: 'parameters-changed', parameters: f3({ addresses: [VIP, VIP_2] }) };
    expect(Timeline.started().at(1000, reload).router.nextDeadline()).toBe(3609.375);
  });

  test('becomes owner by configuration, and waits for the timer all the same', () => {
    const timeline = Timeline.started().at(1000, { kind: 'parameters-changed', parameters: f3({ priority: 255 }) });
    expect(timeline.router.nextDeadline()).toBe(3003.90625);
  });
});

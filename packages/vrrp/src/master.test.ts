import { InvariantError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { adv, f3, heard, LOWER, P, QUIET, Timeline, VIP, VIP_2, VIP_3 } from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';
import { DEFAULT_RULES, type ProtocolRules, type VirtualRouterParameters } from './parameters.js';

/** When F3 has become master of a silent network. */
const T = 3609.375;

const reconfigured = (changes: Partial<VirtualRouterParameters>): VirtualRouterInput =>
  ({ kind: 'parameters-changed', parameters: f3({ ...QUIET, ...changes }) });
/** A line of the trace, some milliseconds after it has become master. */
const after = (elapsedMs: number, line: string): string => `${String(T + elapsedMs)} ${line}`;
const quietMaster = (): Timeline => Timeline.master(f3(QUIET));

describe('a master advertises', () => {
  test('F01: every interval [RFC9568-6.4.3-2]', () => {
    const timeline = quietMaster().until(T + 10_000);
    expect(timeline.take()).toEqual(Array.from({ length: 10 }, (_, index) => after(1000 * (index + 1), 'send 100')));
  });

  test('C15: without drift although every timer fires late', () => {
    const { router } = quietMaster();
    for (let count = 1; count <= 1000; count += 1) {
      expect(router.nextDeadline()).toBe(T + 1000 * count);
      router.handle({ kind: 'timer' }, T + 1000 * count + (count % 7) * 100);
    }
  });

  test('C17: once, not five times, after five intervals of sleep, and on a new grid', () => {
    const { router } = quietMaster();
    expect(router.handle({ kind: 'timer' }, T + 5300)).toEqual([{ kind: 'send-advertisement', priority: 100 }]);
    expect(router.nextDeadline()).toBe(T + 6300);
  });

  test('nothing when the timer fires early', () => {
    const { router } = quietMaster();
    expect(router.handle({ kind: 'timer' }, T + 999.9)).toEqual([]);
    expect(router.nextDeadline()).toBe(T + 1000);
  });
});

describe('a master announces', () => {
  test('G09: once more after the delay, and at every refresh', () => {
    const announce = { count: 2, delayMs: 1500, delayedCount: 3, refreshMs: 2000 };
    const timeline = Timeline.master(f3({ announce })).until(T + 4000);
    expect(timeline.take().filter((line) => line.includes('announce'))).toEqual([
      after(1500, 'announce 10.9.0.100 x3'), after(2000, 'announce 10.9.0.100 x1'),
      after(4000, 'announce 10.9.0.100 x1'),
    ]);
  });

  test('after the advertisement when both are due', () => {
    const announce = { count: 2, delayMs: 1000, delayedCount: 3, refreshMs: 0 };
    const timeline = Timeline.master(f3({ announce })).until(T + 1000);
    expect(timeline.take()).toEqual([after(1000, 'send 100'), after(1000, 'announce 10.9.0.100 x3')]);
  });

  test('nothing at takeover with a count of 0', () => {
    const announce = { count: 0, delayMs: 0, delayedCount: 0, refreshMs: 0 };
    const timeline = Timeline.started(f3({ priority: 255, announce }));
    expect(timeline.take()).toEqual(['0 claim 10.9.0.100', '0 send 255', '0 initialize -> master: address-owner']);
  });

  test('no second burst when it has ceased to be master', () => {
    const timeline = Timeline.master().at(T + 100, heard(200));
    timeline.take();
    expect(timeline.until(T + 3000).take()).toEqual([]);
  });
});

describe('a master hears', () => {
  test('F02: a resignation: it advertises at once and restarts its timer [RFC9568-6.4.3-3]', () => {
    const timeline = quietMaster().at(T + 300, heard(0)).until(T + 1300);
    expect(timeline.take().filter((line) => line.includes('send')))
      .toEqual([after(300, 'send 100'), after(1300, 'send 100')]);
  });

  test('a resignation: it repairs caches, because whoever resigns was master', () => {
    const timeline = quietMaster().at(T + 300, heard(0)).until(T + 1300);
    expect(timeline.take().filter((line) => line.includes('announce')))
      .toEqual([after(300, 'announce 10.9.0.100 x1'), after(1300, 'announce 10.9.0.100 x1')]);
  });

  test.each([['F03: a lower priority', 50, P], ['F04: its own priority from a lower address', 100, LOWER]])(
    '%s: it advertises at once, keeps its phase and repairs caches [RFC9568-6.4.3-5]', (_case, priority, source) => {
      const timeline = quietMaster().at(T + 300, heard(priority, source)).until(T + 1400);
      expect(timeline.take()).toEqual([
        after(300, 'send 100'), after(300, `overruled ${source} ${String(priority)}`),
        after(300, 'announce 10.9.0.100 x1'), after(1000, 'send 100'), after(1300, 'announce 10.9.0.100 x1'),
      ]);
    });

  test('F20: many losing ones: each is answered, but caches are repaired once a second', () => {
    const timeline = quietMaster();
    for (let at = 0; at < 900; at += 100) timeline.at(T + at, heard(50));
    const lines = timeline.take();
    expect(lines.filter((line) => line.endsWith('send 100'))).toHaveLength(9);
    expect(lines.filter((line) => line.includes('announce'))).toEqual([after(0, 'announce 10.9.0.100 x1')]);
  });

  test.each([
    ['F05: its own priority from a higher address', 100, P],
    ['F08: a higher priority from a lower address', 101, LOWER],
    ['F10: an owner', 255, LOWER],
  ])('%s: it lets go without a word when it is told to be silent [RFC9568-6.4.3-4]', (_case, priority, source) => {
    const rules: ProtocolRules = { ...DEFAULT_RULES, yieldingAdvert: 'silent' };
    const timeline = Timeline.master(f3({ ...QUIET, rules })).at(T + 300, heard(priority, source));
    expect(timeline.take())
      .toEqual([after(300, 'release 10.9.0.100'), after(300, 'master -> backup: higher-priority-advert')]);
    expect(timeline.router.nextDeadline()).toBe(T + 300 + 3609.375);
    expect(timeline.router.master).toEqual({ address: source, priority });
  });

  test('C10: a better master with another interval, and waits by that one [RFC9568-6.4.3-4]', () => {
    const timeline = quietMaster().at(T, heard(200, P, { advertIntervalMs: 5000 }));
    expect(timeline.router.nextDeadline()).toBe(T + 18_046.875);
  });

  test('F09: a better master although it must not preempt [RFC9568-6.4.3-4]', () => {
    expect(Timeline.master(f3({ preemptMode: false })).at(T, heard(150)).router.state.kind).toBe('backup');
  });

  test('F17: a better master with other addresses', () => {
    expect(quietMaster().at(T, heard(150, P, { addresses: ['10.9.0.77'] })).router.state.kind).toBe('backup');
  });

  test.each([['F11', '10.9.0.2', 'backup'], ['F12', '10.9.0.0', 'master']])(
    '%s: another owner at %s, and the higher address wins [RFC9568-7.1-7]', (_case, source, state) => {
      const timeline = Timeline.started(f3({ ...QUIET, priority: 255 }));
      timeline.take();
      timeline.at(100, heard(255, source));
      expect(timeline.router.state.kind).toBe(state);
      expect(timeline.take().slice(0, 2))
        .toEqual(['100 send 255', state === 'master' ? '100 overruled 10.9.0.0 255' : '100 release 10.9.0.100']);
    });

  test('an advertisement for another virtual router never: that is a mistake of the caller', () => {
    const input: VirtualRouterInput = { kind: 'advertisement', advertisement: adv(50, { vrid: 8 }), source: P };
    expect(() => quietMaster().at(T, input)).toThrow(InvariantError);
  });
});

describe('a master leaves', () => {
  test('F13: priority 0 is out before the address is off, and nothing is due any more [RFC9568-6.4.3-1]', () => {
    const timeline = quietMaster().at(T + 300, { kind: 'shutdown' });
    expect(timeline.take()).toEqual([
      after(300, 'send 0'), after(300, 'release 10.9.0.100'), after(300, 'master -> initialize: shutdown'),
    ]);
    expect(timeline.until(T + 60_000).take()).toEqual([]);
  });

  test('and can be started again, with a higher epoch', () => {
    const timeline = quietMaster().at(T, { kind: 'shutdown' }).at(T, { kind: 'startup' });
    timeline.until(2 * T);
    expect([timeline.router.state.kind, timeline.router.epoch]).toEqual(['master', 2]);
  });

  test('the epoch is higher than the one of an earlier life', () => {
    const timeline = new Timeline(f3({ priority: 255 }), 41);
    expect(timeline.router.epoch).toBe(41);
    expect(timeline.at(0, { kind: 'startup' }).router.epoch).toBe(42);
  });

  test.each(['link-down', 'interface-missing'] as const)('%s: nothing is sent, the address goes', (reason) => {
    const timeline = quietMaster().at(T, { kind: 'fault-changed', reason, active: true });
    expect(timeline.take()).toEqual([after(0, 'release 10.9.0.100'), after(0, `master -> fault: ${reason}`)]);
  });

  test('a fault is told once, however many reasons follow', () => {
    const timeline = quietMaster();
    for (const reason of ['tracker-failed', 'link-down', 'link-down'] as const) {
      timeline.at(T, { kind: 'fault-changed', reason, active: true });
    }
    expect(timeline.take()).toHaveLength(3);
    expect(timeline.router.state).toMatchObject({ kind: 'fault', reasons: ['link-down', 'tracker-failed'] });
  });

  test('after a stall without a packet, and then waits like any backup', () => {
    const timeline = quietMaster().at(T + 900, { kind: 'stalled' });
    expect(timeline.take())
      .toEqual([after(900, 'release 10.9.0.100'), after(900, 'master -> backup: woke-from-stall')]);
    expect(timeline.router.nextDeadline()).toBe(T + 900 + 3609.375);
  });
});

describe('a master is reconfigured', () => {
  test('F22: a further address is claimed with the others and announced alone, and peers see it at once', () => {
    const timeline = quietMaster().at(T + 300, reconfigured({ addresses: [VIP, VIP_2] }));
    expect(timeline.take()).toEqual([
      after(300, 'send 100'), after(300, 'claim 10.9.0.100,10.9.0.101'), after(300, 'announce 10.9.0.101 x5'),
    ]);
    expect(timeline.router.nextDeadline()).toBe(T + 1000);
  });

  test('a replaced address is given up before the whole set is claimed', () => {
    const timeline = Timeline.master(f3({ ...QUIET, addresses: [VIP, VIP_2] }));
    timeline.at(T, reconfigured({ addresses: [VIP_3, VIP_2] }));
    expect(timeline.take()).toEqual([
      after(0, 'send 100'), after(0, 'release 10.9.0.100'), after(0, 'claim 10.9.0.102,10.9.0.101'),
      after(0, 'announce 10.9.0.102 x5'),
    ]);
  });

  test('another order of the addresses is advertised at once and touches none of them', () => {
    const timeline = Timeline.master(f3({ ...QUIET, addresses: [VIP, VIP_2] }));
    timeline.at(T, reconfigured({ addresses: [VIP_2, VIP] }));
    expect(timeline.take()).toEqual([after(0, 'send 100')]);
  });

  test('F23: another interval is advertised at once and its timer begins anew', () => {
    const timeline = quietMaster().at(T + 300, reconfigured({ advertIntervalMs: 100 })).until(T + 500);
    expect(timeline.take()).toEqual([300, 400, 500].map((elapsedMs) => after(elapsedMs, 'send 100')));
  });

  test('F24: another priority is advertised at once, the phase stays', () => {
    const timeline = quietMaster().at(T + 300, reconfigured({ priority: 90 }));
    timeline.at(T + 400, { kind: 'priority-changed', adjustment: -20 }).until(T + 1000);
    expect(timeline.take()).toEqual([after(300, 'send 90'), after(400, 'send 70'), after(1000, 'send 70')]);
  });

  test('an adjustment that changes nothing is not advertised', () => {
    const timeline = quietMaster().at(T, { kind: 'priority-changed', adjustment: -500 });
    expect(timeline.take()).toEqual([after(0, 'send 1')]);
    expect(timeline.at(T, { kind: 'priority-changed', adjustment: -600 }).take()).toEqual([]);
  });

  test('another primary address is advertised at once', () => {
    const timeline = quietMaster().at(T, { kind: 'address-changed', primaryAddress: '10.9.0.9' });
    expect(timeline.take()).toEqual([after(0, 'send 100')]);
    expect(timeline.router.master).toEqual({ address: '10.9.0.9', priority: 100 });
    expect(timeline.at(T, { kind: 'address-changed', primaryAddress: '10.9.0.9' }).take()).toEqual([]);
  });

  test('another refresh begins at once', () => {
    const announce = { ...QUIET.announce, refreshMs: 400 };
    expect(quietMaster().at(T + 100, reconfigured({ announce })).until(T + 500).take())
      .toEqual([after(500, 'announce 10.9.0.100 x1')]);
  });

  test.each([
    { name: 'other' }, { interface: 'eth1' }, { vrid: 8 },
  ])('%j would be another router: a mistake of the caller', (changes) => {
    expect(() => quietMaster().at(T, reconfigured(changes))).toThrow(InvariantError);
  });
});

describe('a refused claim', () => {
  /** A router that is refused whenever it claims, observed for a while. */
  function refusedUntil(parameters: VirtualRouterParameters, end: number): string[] {
    const timeline = Timeline.started(parameters);
    for (;;) {
      while (timeline.router.state.kind !== 'master') {
        const deadline = timeline.router.nextDeadline();
        if (deadline === undefined || deadline > end) return timeline.take();
        timeline.until(deadline);
      }
      // The engine drops what follows the claim.
      timeline.trace.splice(timeline.trace.findLastIndex((line) => line.includes('claim')) + 1);
      timeline.at(timeline.now, { kind: 'claim-failed' });
    }
  }

  test('leads to fault, never through master, and is tried again after a back-off that doubles', () => {
    const told = refusedUntil(f3(QUIET), 60_000).filter((line) => line.includes('->'));
    expect(told).toEqual([
      '0 initialize -> backup: startup',
      '3609.375 backup -> fault: address-install-failed',
      '14437.5 fault -> backup: fault-cleared',
      '18046.875 backup -> fault: address-install-failed',
      '39703.125 fault -> backup: fault-cleared',
      '43312.5 backup -> fault: address-install-failed',
    ]);
  });

  test('of an owner is told once, and heard by nobody: it is in fault all the time', () => {
    const lines = refusedUntil(f3({ ...QUIET, priority: 255 }), 10_000);
    expect(lines).toEqual([
      '0 claim 10.9.0.100', '0 release 10.9.0.100', '0 initialize -> fault: address-install-failed',
      '9011.71875 claim 10.9.0.100', '9011.71875 release 10.9.0.100',
    ]);
  });

  test('takes its epoch back, since no hook has seen it', () => {
    const timeline = Timeline.started(f3(QUIET)).until(T);
    expect(timeline.router.epoch).toBe(1);
    expect(timeline.at(T, { kind: 'claim-failed' }).router.epoch).toBe(0);
  });

  test('of a master that others know leads from master to fault and keeps its epoch', () => {
    const timeline = quietMaster().at(T + 10, reconfigured({ addresses: [VIP, VIP_2] }));
    timeline.take();
    timeline.at(T + 10, { kind: 'claim-failed' });
    expect(timeline.take()).toEqual([
      after(10, 'send 0'), after(10, 'release 10.9.0.100,10.9.0.101'),
      after(10, 'master -> fault: address-install-failed'),
    ]);
    expect(timeline.router.epoch).toBe(1);
  });

  test('is forgotten by a claim that succeeds: the next back-off is short again', () => {
    const timeline = Timeline.started(f3(QUIET)).until(T).at(T, { kind: 'claim-failed' });
    timeline.until(18_046.875 + 1000); // tried again, and master for an interval
    expect(timeline.router.state.kind).toBe('master');
    timeline.at(timeline.now, { kind: 'claim-failed' });
    expect(timeline.router.nextDeadline()).toBe(timeline.now + 3 * T);
  });

  test('waits with other faults, and is tried again only when the last of them has gone', () => {
    const timeline = Timeline.started(f3(QUIET)).until(T).at(T, { kind: 'claim-failed' });
    timeline.at(T, { kind: 'fault-changed', reason: 'link-down', active: true }).take();
    timeline.until(60_000);
    expect(timeline.router.state).toEqual({ kind: 'fault', reasons: ['link-down'], retryAt: undefined });
    timeline.at(60_000, { kind: 'fault-changed', reason: 'link-down', active: false });
    expect(timeline.take()).toEqual(['60000 fault -> backup: fault-cleared']);
  });

  test('keeps its retry when another fault comes and goes', () => {
    const timeline = Timeline.started(f3(QUIET)).until(T).at(T, { kind: 'claim-failed' });
    timeline.at(T, { kind: 'fault-changed', reason: 'link-down', active: true });
    timeline.at(5000, { kind: 'fault-changed', reason: 'link-down', active: false });
    expect(timeline.router.state).toEqual({ kind: 'fault', reasons: ['address-install-failed'], retryAt: 4 * T });
  });

  test('is forgotten by a new start', () => {
    const timeline = Timeline.started(f3(QUIET)).until(T).at(T, { kind: 'claim-failed' }).at(T, { kind: 'shutdown' });
    timeline.take();
    expect(timeline.at(T, { kind: 'startup' }).take()).toEqual([after(0, 'initialize -> backup: startup')]);
    timeline.until(2 * T).at(2 * T, { kind: 'claim-failed' });
    expect(timeline.router.nextDeadline()).toBe(2 * T + 3 * T);
  });

  test('is not tried again by a reload that leaves the addresses alone', () => {
    const timeline = Timeline.started(f3(QUIET)).until(T).at(T, { kind: 'claim-failed' });
    timeline.take();
    expect(timeline.at(T, reconfigured({ priority: 90 })).take()).toEqual([]);
  });
});

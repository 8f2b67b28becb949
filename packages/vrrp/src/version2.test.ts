import { InvariantError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import {
  adv2, datagramOf, f2, f3, f6, GLOBAL6, heard, OWN, P, QUIET, Timeline, VIP, VIP6, VIP_2,
} from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';
import { DEFAULT_RULES, type VirtualRouterParameters } from './parameters.js';
import { checkReceived } from './receive-checks.js';
import { VirtualRouter } from './virtual-router.js';

/** When F2 has become master of a silent network; as long as F3, because the interval is one second. */
const T = 3609.375;

const heard2 = (priority: number, changes: Parameters<typeof adv2>[1] = {}): VirtualRouterInput =>
  heard(priority, P, { version: 2, ...changes });
const after = (elapsedMs: number, line: string): string => `${String(T + elapsedMs)} ${line}`;
const quietMaster = (changes: Partial<VirtualRouterParameters> = {}): Timeline =>
  Timeline.master(f2({ ...QUIET, ...changes }));
const ANSWER = { rules: { ...DEFAULT_RULES, losingAdvert: 'answer' } } as const;
const DISCARD = { rules: { ...DEFAULT_RULES, losingAdvert: 'discard' } } as const;

describe('a version 2 backup', () => {
  test('C06: waits three intervals and a skew that does not grow with them [RFC3768-6.1-1] [RFC3768-6.1-2]', () => {
    const timeline = Timeline.started(f2({ ...QUIET, advertIntervalMs: 5000 }));
    expect(timeline.router.nextDeadline()).toBe(15_609.375);
    expect(timeline.router.masterDownIntervalMs).toBe(15_609.375);
    expect(timeline.router.skewTimeMs).toBe(609.375);
  });

  test('C11: arms its timer by its own interval, which is the master\'s [RFC3768-6.1-2]', () => {
    const timeline = Timeline.started(f2()).at(1000, heard2(200));
    expect(timeline.router.nextDeadline()).toBe(1000 + 3609.375);
  });

  test('C11: a changed interval of its own counts at once, whatever it has heard [RFC3768-6.1-2]', () => {
    const timeline = Timeline.started(f2()).at(1000, heard2(200));
    timeline.at(1500, { kind: 'parameters-changed', parameters: f2({ advertIntervalMs: 2000 }) });
    expect(timeline.router.nextDeadline()).toBe(1500 + 6609.375);
  });

  test('waits the same skew after a resignation at any interval, also when the interval is changed meanwhile', () => {
    const timeline = Timeline.started(f2({ advertIntervalMs: 5000 }));
    timeline.at(1000, heard2(0, { advertIntervalMs: 5000 }));
    expect(timeline.router.nextDeadline()).toBe(1609.375);
    timeline.at(1500, { kind: 'parameters-changed', parameters: f2({ advertIntervalMs: 2000 }) });
    expect(timeline.router.nextDeadline()).toBe(1609.375);
  });
});

describe('a version 2 master', () => {
  test('F14: does not answer a losing advertisement, but repairs caches [RFC3768-6.4.3-1]', () => {
    const timeline = quietMaster().at(T + 300, heard2(50)).until(T + 1000);
    expect(timeline.take()).toEqual([
      after(300, `overruled ${P} 50`), after(300, 'announce 10.9.0.100 x1'), after(1000, 'send 100'),
    ]);
    expect(timeline.router.statistics).toMatchObject({ adverts_sent: 2, lower_priority_received: 1 });
  });

  test('F14: answers it when it is to assert itself as keepalived does [RFC3768-6.4.3-1]', () => {
    const timeline = quietMaster(ANSWER).at(T + 300, heard2(50)).until(T + 1000);
    expect(timeline.take()).toEqual([
      after(300, 'send 100'), after(300, `overruled ${P} 50`), after(300, 'announce 10.9.0.100 x1'),
      after(1000, 'send 100'),
    ]);
  });

  test('F15: in version 3 it is silent too, when it is to do as RFC 5798 says', () => {
    const timeline = Timeline.master(f3({ ...QUIET, ...DISCARD })).at(T + 300, heard(50)).until(T + 1000);
    expect(timeline.take()).toEqual([
      after(300, `overruled ${P} 50`), after(300, 'announce 10.9.0.100 x1'), after(1000, 'send 100'),
    ]);
  });

  test('answers a resignation in every case', () => {
    for (const rules of [{}, ANSWER, DISCARD]) {
      expect(quietMaster(rules).at(T + 300, heard2(0)).take())
        .toEqual([after(300, 'send 100'), after(300, 'announce 10.9.0.100 x1')]);
    }
  });

  test('yields to a better one and waits by its own interval', () => {
    const timeline = quietMaster().at(T + 300, heard2(150));
    expect(timeline.take()).toEqual([
      after(300, 'send 100'), after(300, 'release 10.9.0.100'),
      after(300, 'master -> backup: higher-priority-advert'),
    ]);
    expect(timeline.router.nextDeadline()).toBe(T + 300 + 3609.375);
  });

  test('F18: a better one with other addresses never reaches it [RFC3768-7.1-5]', () => {
    for (const [addresses, reason] of [
      [[VIP.address, VIP_2.address], 'address-list-error'], [[VIP_2.address], 'vrid-collision'],
    ] as const) {
      const result = checkReceived(datagramOf(adv2(150, { addresses })), () => (
        { parameters: quietMaster().router.parameters, primaryAddress: OWN }));
      expect(result).toEqual({ ok: false, reason, vrid: 7 });
    }
  });
});

describe('a router refuses', () => {
  test.each<[string, Partial<VirtualRouterParameters>]>([
    ['A12: an interval of 0', { version: 2, advertIntervalMs: 0 }],
    ['A12: half a second in version 2', { version: 2, advertIntervalMs: 500 }],
    ['A12: 256 s in version 2', { version: 2, advertIntervalMs: 256_000 }],
    ['A12: 40 960 ms in version 3', { advertIntervalMs: 40_960 }],
    ['version 2 over IPv6', { version: 2, family: 6, addresses: [VIP6] }],
    ['A10: an IPv6 list without a link-local address', { family: 6, addresses: [GLOBAL6] }],
    ['an IPv6 address among IPv4 ones', { addresses: [VIP, VIP6] }],
    ['no address', { addresses: [] }],
    ['D06: priority 0', { priority: 0 }],
    ['priority 256', { priority: 256 }],
    ['half a priority', { priority: 1.5 }],
    ['VRID 0', { vrid: 0 }],
    ['VRID 256', { vrid: 256 }],
    ['A18: 91 addresses over IPv6', {
      family: 6,
      addresses: Array.from({ length: 91 }, (_, index) => ({ address: `fe80::${String(index)}`, prefixLength: 64 })),
    }],
  ])('%s', (_what, wrong) => {
    expect(() => new VirtualRouter(f3(wrong), { epochFloor: 0 })).toThrow(InvariantError);
    const { router } = Timeline.started();
    expect(() => router.handle({ kind: 'parameters-changed', parameters: f3(wrong) }, 1)).toThrow(InvariantError);
  });

  test('another version or family than it began with, and an advertisement of another version', () => {
    const { router } = Timeline.started(f2());
    expect(() => router.handle({ kind: 'parameters-changed', parameters: f3() }, 1)).toThrow(InvariantError);
    expect(() => router.handle(heard(200), 1)).toThrow(InvariantError);
    const overIpv4 = Timeline.started().router;
    expect(() => overIpv4.handle({ kind: 'parameters-changed', parameters: f6() }, 1)).toThrow(InvariantError);
  });
});

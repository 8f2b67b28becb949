import type { Instant, IpAddress } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { advertisementOf, type Advertisement } from './advertisement.js';
import { isBetterMaster } from './election.js';
import { f3, QUIET } from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';
import { DEFAULT_RULES, type VirtualRouterParameters } from './parameters.js';
import { VirtualRouter } from './virtual-router.js';

/** An advertisement under way. */
interface Packet {
  readonly at: Instant;
  readonly from: IpAddress;
  readonly to: IpAddress;
  readonly advertisement: Advertisement;
}

/** Routers on one wire: what one sends, all others that are plugged in hear a little later, before their timers
 *  fire. */
class Wire {
  now: Instant = 0;
  /** `10.9.0.1 master`: who became what. */
  readonly told: string[] = [];
  /** Who announced its addresses, and whose losing advertisements were told. */
  readonly announced: IpAddress[] = [];
  readonly overruled: IpAddress[] = [];
  /** How long more than one router was master, ms. */
  contestedMs = 0;
  private readonly routers = new Map<IpAddress, VirtualRouter>();
  private readonly unplugged = new Set<IpAddress>();
  private readonly delayMs: number;
  private underway: Packet[] = [];

  constructor(delayMs: number) {
    this.delayMs = delayMs;
  }

  start(address: IpAddress, changes: Partial<VirtualRouterParameters>): void {
    this.routers.set(address, new VirtualRouter(f3({ ...QUIET, ...changes }), { epochFloor: 0 }));
    this.feed(address, { kind: 'address-changed', primaryAddress: address });
    this.feed(address, { kind: 'startup' });
  }

  /** From now on the router neither hears nor is heard. */
  unplug(address: IpAddress): void {
    this.unplugged.add(address);
  }

  plug(address: IpAddress): void {
    this.unplugged.delete(address);
  }

  feed(address: IpAddress, input: VirtualRouterInput): void {
    const router = this.router(address);
    for (const output of router.handle(input, this.now)) {
      if (output.kind === 'state-changed') this.told.push(`${address} ${output.change.to}`);
      if (output.kind === 'announce-addresses') this.announced.push(address);
      if (output.kind === 'lower-priority-received') this.overruled.push(output.source);
      if (output.kind !== 'send-advertisement') continue;
      this.broadcast(address, advertisementOf(router.parameters, output.priority));
    }
  }

  until(end: Instant): void {
    for (;;) {
      const packet = this.underway[0];
      const timer = this.nextTimer();
      const next = Math.min(packet?.at ?? Infinity, timer?.at ?? Infinity);
      this.passTo(Math.min(next, end));
      if (next > end) return;
      if (packet !== undefined && packet.at <= next) this.deliver(packet);
      else if (timer !== undefined) this.feed(timer.address, { kind: 'timer' });
    }
  }

  masters(): IpAddress[] {
    return [...this.routers].filter(([, router]) => router.state.kind === 'master').map(([address]) => address);
  }

  router(address: IpAddress): VirtualRouter {
    const router = this.routers.get(address);
    if (router === undefined) throw new Error(`no router at ${address}`);
    return router;
  }

  private passTo(instant: Instant): void {
    if (this.masters().length > 1) this.contestedMs += instant - this.now;
    this.now = instant;
  }

  private nextTimer(): { address: IpAddress; at: Instant } | undefined {
    const timers = [...this.routers].flatMap(([address, router]) => {
      const at = router.nextDeadline();
      return at === undefined ? [] : [{ address, at }];
    });
    return timers.sort((a, b) => a.at - b.at)[0];
  }

  private broadcast(from: IpAddress, advertisement: Advertisement): void {
    if (this.unplugged.has(from)) return;
    for (const to of this.routers.keys()) {
      if (to !== from) this.underway.push({ at: this.now + this.delayMs, from, to, advertisement });
    }
  }

  private deliver(packet: Packet): void {
    this.underway = this.underway.slice(1);
    if (this.unplugged.has(packet.to)) return;
    this.feed(packet.to, { kind: 'advertisement', advertisement: packet.advertisement, source: packet.from });
  }
}

const A = '10.9.0.1';
const B = '10.9.0.2';
const C = '10.9.0.3';

describe('several routers', () => {
  test('F26: two equals that wake together have one master after one way, the one with the higher address', () => {
    const wire = new Wire(0.1);
    wire.start(A, {});
    wire.start(B, {});
    wire.until(10_000);
    expect(wire.told).toEqual([`${A} backup`, `${B} backup`, `${A} master`, `${B} master`, `${A} backup`]);
    expect(wire.contestedMs).toBeCloseTo(0.1, 6);
  });

  test('F27: of two backups only the better one follows a master that falls silent', () => {
    const wire = new Wire(0.1);
    wire.start(A, { priority: 200 });
    wire.start(B, { priority: 150 });
    wire.start(C, { priority: 100 });
    wire.until(60_000);
    wire.unplug(A);
    wire.until(120_000);
    expect(wire.told.filter((line) => line.endsWith('master'))).toEqual([`${A} master`, `${B} master`]);
  });

  test('F29: after a partition the better master stays, and the other one lets go within an interval', () => {
    const wire = new Wire(0.1);
    wire.start(A, { priority: 200 });
    wire.start(B, { priority: 100 });
    wire.until(20_000);
    wire.unplug(B);
    wire.until(30_000);
    expect(wire.masters()).toEqual([A, B]);
    wire.plug(B);
    wire.until(31_000);
    expect([wire.masters(), wire.router(A).statistics.released_master]).toEqual([[A], 0]);
  });

  test.each([['send', 1, 2], ['silent', 0, 0]] as const)(
    'F29: after a partition the better master hears of it and announces again when the other one says so: %s',
    (yieldingAdvert, overruled, announced) => {
      const wire = new Wire(0.1);
      const rules = { ...DEFAULT_RULES, yieldingAdvert };
      wire.start(A, { priority: 200, rules });
      wire.start(B, { priority: 100, rules });
      wire.until(20_000);
      wire.unplug(B);
      wire.until(30_000);
      wire.announced.length = 0;
      wire.plug(B);
      wire.until(40_000);
      expect([wire.router(A).statistics.lower_priority_received, wire.announced]).toEqual([
        overruled, Array.from({ length: announced }, () => A),
      ]);
    });

  test('the last word of a preempted master is no news to the one that has preempted it', () => {
    const wire = new Wire(0.1);
    wire.start(B, { priority: 100 });
    wire.until(10_000);
    wire.start(A, { priority: 200 });
    wire.until(20_000);
    expect([wire.masters(), wire.overruled]).toEqual([[A], []]);
    expect(wire.router(A).statistics.lower_priority_received).toBe(1);
  });

  test('the last word of a loser with another interval lets no third router take over', () => {
    for (const intervals of [[1000, 10, 1000], [10, 1000, 10], [1000, 10, 10]]) {
      const wire = new Wire(0.1);
      [A, B, C].forEach((address, index) => {
        wire.start(address, {
          priority: [200, 150, 100][index] ?? 0, advertIntervalMs: intervals[index] ?? 0, preemptMode: false,
          // Like a master of RFC 5798, which answers nobody.
          rules: { ...DEFAULT_RULES, losingAdvert: 'discard' },
        });
      });
      wire.until(20_000);
      wire.unplug(B);
      wire.until(40_000);
      wire.plug(B);
      wire.until(60_000);
      expect([wire.masters(), wire.told.filter((line) => line === `${C} master`)]).toEqual([[A], []]);
    }
  });

  test('F24: a master that lowers its priority hands over when the other one\'s timer runs out', () => {
    const wire = new Wire(0.1);
    wire.start(A, { priority: 200 });
    wire.start(B, { priority: 100 });
    wire.until(20_000);
    wire.feed(A, { kind: 'priority-changed', adjustment: -150 });
    const lastAccepted = 20_000 - ((20_000 - 3218.75) % 1000) + 0.1;
    wire.until(lastAccepted + 3609.375 + 0.1);
    expect([wire.masters(), wire.told.slice(-2)]).toEqual([[B], [`${B} master`, `${A} backup`]]);
  });

  test('I07: a fast backup does not overrun a slow master once it has heard it', () => {
    const wire = new Wire(0.1);
    wire.start(A, { priority: 200, advertIntervalMs: 1000 });
    wire.until(3300);
    wire.start(B, { priority: 100, advertIntervalMs: 400 });
    wire.until(60_000);
    expect(wire.told.filter((line) => line.startsWith(B))).toEqual([`${B} backup`]);
  });
});

describe('property: whatever two routers are configured to do', () => {
  const router = fc.record({
    priority: fc.integer({ min: 1, max: 255 }),
    advertIntervalMs: fc.constantFrom(10, 100, 250, 1000, 2000),
    preemptMode: fc.boolean(),
    preemptDelayMs: fc.constantFrom(0, 500, 5000),
  });
  /** 3 × 2 s and a skew under 2 s, twice, the longest preempt delay, and a margin. */
  const settledMs = 25_000;

  test('one of them is master in the end, and stays it', () => {
    const late = fc.integer({ min: 0, max: 5000 });
    fc.assert(fc.property(router, router, late, fc.constantFrom(0, 0.1, 3), (a, b, lateMs, delayMs) => {
      const wire = new Wire(delayMs);
      wire.start(A, a);
      wire.until(lateMs);
      wire.start(B, b);
      wire.until(lateMs + settledMs);
      const masters = wire.masters();
      expect(masters).toHaveLength(1);
      const changes = wire.told.length;
      wire.until(lateMs + 2 * settledMs);
      expect([wire.masters(), wire.told.length]).toEqual([masters, changes]);
    }), { numRuns: 100 });
  });

  test('the better one is master in the end when both preempt and their priorities differ', () => {
    fc.assert(fc.property(router, router, fc.integer({ min: 0, max: 5000 }), (a, b, lateMs) => {
      fc.pre(a.priority !== b.priority);
      const wire = new Wire(0.1);
      wire.start(A, { ...a, preemptMode: true });
      wire.until(lateMs);
      wire.start(B, { ...b, preemptMode: true });
      wire.until(lateMs + settledMs);
      const aIsBetter = isBetterMaster({ priority: a.priority, address: A }, { priority: b.priority, address: B });
      expect(wire.masters()).toEqual([aIsBetter ? A : B]);
    }), { numRuns: 100 });
  });

  test('the other one is master within its Master_Down_Interval after the master has gone', () => {
    fc.assert(fc.property(router, router, fc.boolean(), (a, b, says) => {
      const wire = new Wire(0);
      wire.start(A, a);
      wire.start(B, b);
      wire.until(settledMs);
      const [master] = wire.masters();
      const other = master === A ? B : A;
      if (master === undefined) throw new Error('no master');
      const { skewTimeMs, masterDownIntervalMs } = wire.router(other);
      if (says) wire.feed(master, { kind: 'shutdown' });
      else wire.unplug(master);
      wire.until(settledMs + (says ? skewTimeMs : masterDownIntervalMs));
      expect(wire.router(other).state.kind).toBe('master');
    }), { numRuns: 100 });
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomSource } from './fixtures.js';
import { GroupLan, type MemberPlan } from './group-lan.fixture.js';

/** What one segment is like: what each node brings to it, and in which order their addresses are. */
interface Segment {
  readonly priorities: readonly number[];
  /** Whether all have the first one's priority. */
  readonly equal: boolean;
  readonly addresses: readonly number[];
  readonly advertIntervalMs: number;
}

/** Two or three nodes on two or three segments. */
interface World {
  readonly nodes: number;
  readonly segments: readonly Segment[];
  readonly preempt: readonly boolean[];
  /** Which nodes list their members in the other order, and which start how late. */
  readonly reversed: readonly boolean[];
  readonly lateMs: readonly number[];
  /** Whether the members of the last node move together, like those of the others. */
  readonly together: boolean;
  readonly seed: number;
  /** The longest delay of an advert, ms; and whether every way has the same one each time. */
  readonly slowMs: number;
  readonly steady: boolean;
}

const NODES = ['x', 'y', 'z'];
const SEGMENTS = ['a', 'b', 'c'];
/** Several times the Master_Down_Interval of the slowest. */
const SETTLED_MS = 30_000;
const RUNS = 60;

const three = <Value>(each: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(each, { minLength: 3, maxLength: 3 });
const segment: fc.Arbitrary<Segment> = fc.record({
  priorities: three(fc.constantFrom(1, 100, 200, 254, 255)),
  equal: fc.boolean(),
  addresses: fc.shuffledSubarray([1, 2, 3], { minLength: 3 }),
  advertIntervalMs: fc.constantFrom(100, 1000),
});
const world: fc.Arbitrary<World> = fc.record({
  nodes: fc.constantFrom(2, 3),
  segments: fc.array(segment, { minLength: 2, maxLength: 3 }),
  preempt: three(fc.boolean()),
  reversed: three(fc.boolean()),
  lateMs: three(fc.constantFrom(0, 0.05, 50, 3000, 20_000)),
  together: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  slowMs: fc.constantFrom(0, 1, 10),
  steady: fc.boolean(),
});

function plansOf(node: number, { segments, preempt }: World): MemberPlan[] {
  return segments.map(({ priorities, equal, addresses, advertIntervalMs }, index) => ({
    segment: SEGMENTS[index] ?? '', vrid: 7 + index, advertIntervalMs,
    address: `10.${String(index)}.0.${String(addresses[node])}`,
    priority: priorities[equal ? 0 : node] ?? 100,
    preemptMode: preempt[node] === true,
  }));
}

/** Adverts arrive in any order, and none is lost. */
function deliver(lan: GroupLan, { seed, slowMs, steady }: World): void {
  const random = randomSource(seed);
  const delays = new Map<string, number>();
  lan.fate = (...way) => {
    const key = way.join(' ');
    const delayMs = (steady ? delays.get(key) : undefined) ?? 0.01 + (slowMs * random(1000)) / 1000;
    delays.set(key, delayMs);
    return delayMs;
  };
}

function start(given: World): GroupLan {
  const lan = new GroupLan();
  deliver(lan, given);
  for (let node = 0; node < given.nodes; node += 1) {
    const plans = plansOf(node, given);
    const isLast = node === given.nodes - 1;
    lan.until(lan.now + (given.lateMs[node] ?? 0));
    lan.add(NODES[node] ?? '', given.reversed[node] === true ? plans.toReversed() : plans, !isLast || given.together);
  }
  return lan;
}

/** Four intervals of the slowest: no Master_Down_Interval is longer. */
function longestDownMs({ segments }: World): number {
  return 4 * Math.max(...segments.map(({ advertIntervalMs }) => advertIntervalMs));
}

/** Every segment has one master, groups are whole, nobody was contested for long, and nothing changes any more. */
function expectPeace(lan: GroupLan, given: World): void {
  const masters = lan.masters();
  expect(masters.map((each) => each.split(' ')[0])).toEqual(SEGMENTS.slice(0, given.segments.length));
  if (given.together) expect(lan.holders()).toHaveLength(1);
  expect(lan.longestContestMs).toBeLessThan(longestDownMs(given));
  lan.take();
  lan.until(lan.now + SETTLED_MS);
  expect([lan.masters(), lan.take('->')]).toEqual([masters, []]);
  expect(lan.torn).toEqual([]);
}

describe('property: whatever two or three nodes with groups are configured to do, the last one perhaps without', () => {
  test('one of them is master in the end, and stays it', () => {
    fc.assert(fc.property(world, (given) => {
      const lan = start(given);
      lan.until(lan.now + SETTLED_MS);
      expectPeace(lan, given);
    }), { numRuns: RUNS });
  });

  test('one of them is master again after a time in which all were, whichever segment heals first', () => {
    fc.assert(fc.property(world, three(fc.constantFrom(0, 5, 700, 5000)), (given, healMs) => {
      const lan = start(given);
      lan.fate = () => 'lost';
      lan.until(lan.now + SETTLED_MS);
      expect(lan.holders()).toEqual(NODES.slice(0, given.nodes));
      const healAt = new Map(SEGMENTS.map((name, index) => [name, lan.now + (healMs[index] ?? 0)]));
      deliver(lan, given);
      const delivered = lan.fate;
      lan.fate = (name, from, to) => (lan.now < (healAt.get(name) ?? 0) ? 'lost' : delivered(name, from, to));
      lan.until(Math.max(...healAt.values()));
      lan.forgetContests();
      lan.until(lan.now + SETTLED_MS);
      expectPeace(lan, given);
    }), { numRuns: RUNS });
  });

  test('one of them is master in the end although adverts were lost for a while', () => {
    fc.assert(fc.property(world, (given) => {
      const lan = start(given);
      const random = randomSource(given.seed);
      const delivered = lan.fate;
      lan.fate = (...way) => (random(2) === 0 ? 'lost' : delivered(...way));
      lan.until(lan.now + SETTLED_MS);
      deliver(lan, given);
      lan.forgetContests();
      lan.until(lan.now + SETTLED_MS);
      expectPeace(lan, given);
    }), { numRuns: RUNS });
  });
});

import { InvariantError } from '@baton/base';
import { describe, expect, test } from '@jest/globals';
import { adv } from './fixtures.js';
import { GroupLan, type GroupNode, type MemberPlan } from './group-lan.fixture.js';
import type { VirtualRouterInput } from './inputs.js';
import type { VirtualRouterParameters } from './parameters.js';

const DOWN = 3609.375;
const SKEW = 609.375;

/** The routers of node x (lower addresses) or y (higher ones) on the segments `out` and `in`. */
function plans(
  node: 'x' | 'y', changes: Partial<VirtualRouterParameters> = {}, segments = ['out', 'in'],
): MemberPlan[] {
  return segments.map((segment, index) =>
    ({ segment, address: `10.${String(index)}.0.${node === 'x' ? '1' : '2'}`, ...changes }));
}

const X: Partial<VirtualRouterParameters> = { priority: 200 };
const faulty: VirtualRouterInput = { kind: 'fault-changed', reason: 'link-down', active: true };
const repaired: VirtualRouterInput = { kind: 'fault-changed', reason: 'link-down', active: false };

/** x with priority 200 is master of both segments, y with 100 follows. */
function settled(changes: Partial<VirtualRouterParameters> = {}): { lan: GroupLan; x: GroupNode; y: GroupNode } {
  const lan = new GroupLan();
  const x = lan.add('x', plans('x', { ...X, ...changes }));
  const y = lan.add('y', plans('y', changes));
  lan.until(10_000).take();
  expect([lan.holders(), y.held]).toEqual([['x'], []]);
  return { lan, x, y };
}

describe('the promotion of a sync group', () => {
  test('happens in one step: every member has its addresses before anybody hears of it or is told', () => {
    const lan = new GroupLan();
    lan.add('x', plans('x'));
    lan.take();
    expect(lan.until(DOWN).take()).toEqual([
      'x: out claim 10.9.0.100', 'x: in claim 10.9.0.100',
      'x: out send 100', 'x: out announce 10.9.0.100 x5', 'x: out backup -> master: master-down-timer',
      'x: in send 100', 'x: in announce 10.9.0.100 x5', 'x: in backup -> master: master-down-timer',
    ].map((line) => `${String(DOWN)} ${line}`));
  });

  test('waits for the member with the longest startup delay', () => {
    const lan = new GroupLan();
    const [out, inside] = plans('x');
    if (out === undefined || inside === undefined) throw new Error('two plans');
    const x = lan.add('x', [out, { ...inside, startupDelayMs: 5000 }]);
    lan.until(5000 + DOWN - 1);
    expect(x.held).toEqual([]);
    expect(lan.until(5000 + DOWN).holders()).toEqual(['x']);
  });

  test('waits for the member with the longest preempt delay, and not at all for one without a master', () => {
    const lan = new GroupLan();
    lan.add('y', plans('y'));
    lan.until(10_000);
    const [out, inside] = plans('x', X);
    if (out === undefined || inside === undefined) throw new Error('two plans');
    const x = lan.add('x', [out, { ...inside, preemptDelayMs: 8000 }]);
    lan.until(18_000);
    expect(x.held).toEqual([]);
    expect(lan.until(18_000 + 3218.75 + 1000).holders()).toEqual(['x']);
  });

  test('of owners does not wait, but is one step as well', () => {
    const lan = new GroupLan();
    lan.add('x', plans('x', { priority: 255 }));
    expect(lan.take('->')).toEqual([
      '0 x: out initialize -> backup: startup', '0 x: in initialize -> backup: startup',
      '0 x: out backup -> master: address-owner', '0 x: in backup -> master: address-owner',
    ]);
  });

  test('does not happen while one member is in fault', () => {
    const lan = new GroupLan();
    const x = lan.add('x', plans('x'));
    lan.feed(x, 'in', faulty);
    lan.until(60_000);
    expect(x.held).toEqual([]);
    lan.feed(x, 'in', repaired);
    expect(lan.until(60_000 + DOWN).holders()).toEqual(['x']);
  });

  test('ends when a due member hears a better master', () => {
    const lan = new GroupLan();
    const x = lan.add('x', plans('x', { startupDelayMs: 0 }));
    lan.feed(x, 'in', faulty);
    lan.until(5000);
    lan.feed(x, 'out', { kind: 'advertisement', advertisement: adv(200), source: '10.0.0.9' });
    lan.feed(x, 'in', repaired);
    lan.until(5000 + DOWN - 1);
    expect(x.held).toEqual([]);
  });

  test('follows a silent death within a Master_Down_Interval', () => {
    const { lan, x } = settled();
    lan.fate = () => 'lost';
    const y = lan.nodes[1];
    lan.until(10_000 + DOWN);
    expect([x.holdsAll, y?.holdsAll]).toEqual([true, true]);
  });
});

describe('a member that leaves', () => {
  test('because of a fault takes the others along: they resign', () => {
    const { lan, x } = settled();
    lan.feed(x, 'out', faulty);
    expect(lan.take()).toEqual([
      '10000 x: out release 10.9.0.100', '10000 x: out master -> fault: link-down',
      '10000 x: in send 0', '10000 x: in release 10.9.0.100', '10000 x: in master -> backup: group-member-left',
    ]);
  });

  test('by a link that nobody else sees is replaced one interval and a skew later, not three', () => {
    const { lan, x } = settled();
    const before = lan.fate;
    lan.fate = (segment, from, to) => (segment === 'out' ? 'lost' : before(segment, from, to));
    lan.feed(x, 'out', faulty);
    lan.until(10_000 + 0.1 + 1000 + SKEW);
    expect(lan.holders()).toEqual(['y']);
    expect(lan.take('y: out backup')).toEqual(['11609.475 y: out backup -> master: priority-zero-received']);
  });

  test('by the shutdown of its node is replaced after the skew, and no member is told of another', () => {
    const { lan, x } = settled();
    lan.shutdown(x);
    expect(lan.take('->')).toEqual([
      '10000 x: out master -> initialize: shutdown', '10000 x: in master -> initialize: shutdown',
    ]);
    expect(lan.until(10_000 + 0.1 + SKEW).holders()).toEqual(['y']);
  });

  test('by its own shutdown takes the others along', () => {
    const { lan, x } = settled();
    lan.feed(x, 'in', { kind: 'shutdown' });
    expect(lan.take('->')).toEqual([
      '10000 x: in master -> initialize: shutdown', '10000 x: out master -> backup: group-member-left',
    ]);
  });

  test('after a sleep takes the others along, and nobody sends', () => {
    const { lan, x } = settled();
    lan.feed(x, 'out', { kind: 'stalled' });
    expect(lan.take()).toEqual([
      '10000 x: out release 10.9.0.100', '10000 x: out master -> backup: woke-from-stall',
      '10000 x: in release 10.9.0.100', '10000 x: in master -> backup: woke-from-stall',
    ]);
  });

  test('because a better master is heard takes the others along', () => {
    const { lan, x } = settled();
    lan.feed(x, 'out', { kind: 'advertisement', advertisement: adv(250), source: '10.0.0.9' });
    expect(lan.take('->')).toEqual([
      '10000 x: out master -> backup: higher-priority-advert', '10000 x: in master -> backup: group-member-left',
    ]);
  });

  test('because its addresses are refused takes the others along before anybody is told, and no epoch is used', () => {
    const lan = new GroupLan();
    const x = lan.add('x', plans('x'));
    x.refuses.add('in');
    lan.until(DOWN);
    expect(lan.take('->').slice(2)).toEqual([`${String(DOWN)} x: in backup -> fault: address-install-failed`]);
    expect([...x.routers.values()].map(({ epoch }) => epoch)).toEqual([0, 0]);
    expect([...x.routers.values()].map(({ statistics }) => statistics.became_master)).toEqual([0, 0]);
  });

  test('that was proven is told even when it hears nothing between', () => {
    const lan = new GroupLan();
    const x = lan.add('x', plans('x', {}, ['a', 'b', 'c']));
    lan.until(DOWN).take();
    lan.feed(x, 'a', faulty);
    expect(lan.take('->')).toHaveLength(3);
  });
});

describe('a group of which one member hears no adverts', () => {
  function half(): { lan: GroupLan; x: GroupNode; y: GroupNode } {
    const nodes = settled();
    nodes.lan.fate = (segment) => (segment === 'in' ? 'lost' : 0.1);
    return nodes;
  }

  test('stays backup, and says so a Master_Down_Interval after it became due', () => {
    const { lan, y } = half();
    lan.until(60_000);
    expect(y.held).toEqual([]);
    // x sends at 3218.75 + n × 1000; the last one heard on `in` arrived at 9218.85.
    expect(lan.take('y:')).toEqual(['16437.6 y: in split true out']);
  });

  test('says so when it is over', () => {
    const { lan, y } = half();
    lan.until(20_000).take();
    lan.fate = () => 0.1;
    lan.until(21_000);
    expect(lan.take('y:')).toEqual(['20218.85 y: in split false']);
    lan.until(60_000);
    expect([lan.holders(), y.held]).toEqual([['x'], []]);
  });

  test('takes over at once when the other segment\'s master resigns', () => {
    const { lan, x } = half();
    lan.until(20_000);
    lan.feed(x, 'out', { kind: 'shutdown' });
    expect(lan.until(20_000 + 0.1 + SKEW).holders()).toEqual(['y']);
    expect(lan.take('split')).toContain(`${String(20_000 + 0.1 + SKEW)} y: in split false`);
  });

  test('says so once, also when the group is made anew meanwhile', () => {
    const { lan, y } = half();
    lan.until(20_000).take();
    lan.regroup(y, [['out', 'in']]);
    lan.until(60_000);
    expect(lan.take('split')).toEqual([]);
    lan.regroup(y, [['out'], ['in']]);
    expect(lan.take('split')).toEqual(['60000 y: in split false']);
  });

  test('says that it is over when another member fails, and so again soon after that is repaired', () => {
    const { lan, y } = half();
    lan.until(20_000).take();
    lan.feed(y, 'out', faulty);
    expect(lan.take('split')).toEqual(['20000 y: in split false']);
    lan.feed(y, 'out', repaired);
    lan.until(20_000 + DOWN);
    expect(lan.take('split').map((line) => line.replace(/^\S+ /u, ''))).toEqual(['y: in split true out']);
  });

  test('is not called split while another member is in fault: that is told already', () => {
    const lan = new GroupLan();
    const x = lan.add('x', plans('x'));
    lan.feed(x, 'in', faulty);
    lan.until(60_000);
    expect(lan.take('split')).toEqual([]);
  });
});

describe('elections that differ from member to member', () => {
  /** x wins `out` (VRID 7, which decides), y wins `in`. */
  const contradiction = (node: 'x' | 'y', changes: Partial<VirtualRouterParameters> = {}): MemberPlan[] => [
    { segment: 'out', address: `10.0.0.${node === 'x' ? '2' : '1'}`, ...changes },
    { segment: 'in', address: `10.1.0.${node === 'x' ? '1' : '2'}`, ...changes },
  ];

  test('are settled by one member: after a partition x keeps everything, without a gap, and y lets go', () => {
    const lan = new GroupLan(() => 'lost');
    lan.add('x', contradiction('x'));
    lan.add('y', contradiction('y'));
    lan.until(10_000);
    expect(lan.holders()).toEqual(['x', 'y']);
    lan.fate = () => 0.1;
    lan.take();
    lan.until(60_000);
    expect(lan.holders()).toEqual(['x']);
    expect(lan.take('->').filter((line) => line.includes(' x:'))).toEqual([]);
  });

  test('make the deciding member advertise at once, and only once, when another one hears a better master', () => {
    const { lan, x } = settled();
    for (const laterMs of [0, 1]) {
      lan.until(10_000 + laterMs);
      lan.feed(x, 'in', { kind: 'advertisement', advertisement: adv(250, { vrid: 8 }), source: '10.1.0.9' });
    }
    expect(lan.take()).toEqual(['10000 x: out send 200']);
  });

  test('are followed where they were lost when the better master is still there half an interval later', () => {
    const { lan, x } = settled();
    lan.feed(x, 'in', { kind: 'advertisement', advertisement: adv(250, { vrid: 8 }), source: '10.1.0.9' });
    lan.until(10_500);
    expect(x.holdsAll).toBe(true);
    lan.feed(x, 'in', { kind: 'advertisement', advertisement: adv(250, { vrid: 8 }), source: '10.1.0.9' });
    expect(lan.take('->')).toEqual([
      '10500 x: in master -> backup: higher-priority-advert', '10500 x: out master -> backup: group-member-left',
    ]);
  });

  test('are forgotten when the better master has resigned, or was not heard for three intervals', () => {
    const hear = (priority: number): VirtualRouterInput =>
      ({ kind: 'advertisement', advertisement: adv(priority, { vrid: 8 }), source: '10.1.0.9' });
    const { lan, x } = settled();
    lan.feed(x, 'in', hear(250));
    lan.feed(x, 'in', hear(0));
    lan.until(10_600);
    lan.feed(x, 'in', hear(250));
    lan.until(14_000);
    lan.feed(x, 'in', hear(250));
    expect(x.holdsAll).toBe(true);
  });

  test('are settled by the same member whatever the order of the members', () => {
    const lan = new GroupLan();
    lan.add('x', contradiction('x').map((plan) => ({ ...plan, vrid: plan.segment === 'out' ? 7 : 8 })));
    lan.add('y', contradiction('y').map((plan) => ({ ...plan, vrid: plan.segment === 'out' ? 7 : 8 })).toReversed());
    lan.until(60_000);
    expect(lan.holders()).toEqual(['x']);
  });

  test('leave the group to a neighbour that does not move together, within two intervals', () => {
    const lan = new GroupLan(() => 'lost');
    const x = lan.add('x', contradiction('x'));
    const y = lan.add('y', contradiction('y'), false);
    lan.until(10_000);
    lan.fate = () => 0.1;
    lan.until(60_000);
    expect([x.held, y.held]).toEqual([[], ['out', 'in']]);
    expect(lan.longestContestMs).toBeLessThan(10_000 - DOWN + 2000);
  });
});

describe('the weights of a sync group', () => {
  test('are those of its least fit member: one failed tracker moves all', () => {
    const { lan, x } = settled();
    lan.feed(x, 'in', { kind: 'priority-changed', adjustment: -150 });
    expect(lan.take()).toEqual(['10000 x: out send 50', '10000 x: in send 50']);
    expect(lan.until(20_000).holders()).toEqual(['y']);
    lan.feed(x, 'out', { kind: 'priority-changed', adjustment: 20 });
    expect([...x.routers.values()].map(({ effectivePriority }) => effectivePriority)).toEqual([50, 50]);
    lan.feed(x, 'in', { kind: 'priority-changed', adjustment: 0 });
    expect([...x.routers.values()].map(({ effectivePriority }) => effectivePriority)).toEqual([200, 200]);
    expect(lan.until(30_000).holders()).toEqual(['x']);
  });
});

describe('the host of a group', () => {
  test('must not feed it a router that is no member', () => {
    const { lan, x } = settled();
    expect(() => x.groupOf('out').handle('elsewhere', { kind: 'timer' }, lan.now)).toThrow(InvariantError);
    expect(x.groupOf('out').keys).toEqual(['out', 'in']);
  });
});

describe('a resignation', () => {
  test('makes no other member wait longer than before', () => {
    const { lan, x, y } = settled();
    lan.fate = () => 'lost';
    lan.until(12_000);
    // The last adverts arrived at 9218.85: 609.375 + 1000 ms from now would be later than the timer.
    lan.feed(y, 'out', { kind: 'advertisement', advertisement: adv(0), source: '10.0.0.1' });
    lan.until(9218.85 + DOWN);
    expect([x.holdsAll, y.holdsAll]).toEqual([true, true]);
  });
});

describe('a changed membership', () => {
  test('lets a new member follow a master group without taking it down', () => {
    const lan = new GroupLan();
    const x = lan.add('x', plans('x', {}, ['a', 'b', 'c']));
    lan.regroup(x, [['a', 'b'], ['c']]);
    lan.until(DOWN);
    lan.feed(x, 'c', { kind: 'shutdown' });
    lan.regroup(x, [['a', 'b', 'c']]);
    lan.take();
    lan.feed(x, 'c', { kind: 'startup' });
    lan.until(2 * DOWN);
    expect(lan.take('->').map((line) => line.replace(/^\S+ /u, ''))).toEqual([
      'x: c initialize -> backup: startup', 'x: c backup -> master: master-down-timer',
    ]);
    expect(x.holdsAll).toBe(true);
  });

  test('lets a member leave without the others', () => {
    const { lan, x } = settled();
    lan.regroup(x, [['out'], ['in']]);
    lan.feed(x, 'in', { kind: 'shutdown' });
    expect(lan.take('->')).toEqual(['10000 x: in master -> initialize: shutdown']);
    expect(x.held).toEqual(['out']);
  });

  test('lets a due member that is alone now take over', () => {
    const { lan, y } = settled();
    lan.fate = (segment) => (segment === 'in' ? 'lost' : 0.1);
    lan.until(20_000).take();
    lan.regroup(y, [['out'], ['in']]);
    expect(lan.take()).toEqual(['20000 y: in split false']);
    lan.until(20_001);
    expect(y.held).toEqual(['in']);
  });

  test('makes a master yield when its new fellow follows somebody else', () => {
    const lan = new GroupLan();
    const [xOut, xIn] = [{ ...plans('x')[0], priority: 200 }, { ...plans('x')[1], priority: 100 }] as MemberPlan[];
    const [yOut, yIn] = [{ ...plans('y')[0], priority: 100 }, { ...plans('y')[1], priority: 200 }] as MemberPlan[];
    const x = lan.add('x', [xOut, xIn] as MemberPlan[], false);
    const y = lan.add('y', [yOut, yIn] as MemberPlan[], false);
    lan.until(10_000);
    expect([x.held, y.held]).toEqual([['out'], ['in']]);
    lan.regroup(x, [['out', 'in']]);
    expect(x.held).toEqual([]);
    lan.until(20_000);
    expect(y.held).toEqual(['out', 'in']);
    lan.regroup(y, [['out', 'in']]);
    lan.until(60_000);
    expect([x.held, y.held]).toEqual([[], ['out', 'in']]);
  });
});

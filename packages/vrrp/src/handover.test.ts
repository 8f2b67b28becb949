import { describe, expect, test } from '@jest/globals';
import { f3, heard, LOWER, P, QUIET, Timeline } from './fixtures.js';
import { GroupLan, type GroupNode, type MemberPlan } from './group-lan.fixture.js';
import { VirtualRouter } from './virtual-router.js';

/** Longer than the Master_Down_Interval of the slowest. */
const SETTLED_MS = 20_000;

/** A node with these segments; its number is its host number. */
function plans(number: number, priority: number, segments: readonly string[], preempt = true): MemberPlan[] {
  return segments.map((segment, index) =>
    ({ segment, address: `10.${String(index)}.0.${String(number)}`, priority, preemptMode: preempt }));
}

interface Pair {
  readonly lan: GroupLan;
  readonly a: GroupNode;
  readonly b: GroupNode;
}

/** A, the better one, is master of everything, and B its backup. */
function settled(segments: readonly string[] = ['web'], preempt = true): Pair {
  const lan = new GroupLan();
  const a = lan.add('a', plans(1, 200, segments, preempt));
  const b = lan.add('b', plans(2, 100, segments, preempt));
  lan.until(SETTLED_MS);
  lan.take();
  return { lan, a, b };
}

/** What the agents do: A is held, and once B has heard of it, B takes over. */
function handOver({ lan, a, b }: Pair, segment = 'web'): void {
  lan.feed(a, segment, { kind: 'held-changed', held: true });
  lan.until(lan.now + 1);
  lan.feed(b, segment, { kind: 'takeover-requested' });
}

/** The trace without its instants. */
function story(lan: GroupLan): string[] {
  return lan.take().map((line) => line.slice(line.indexOf(' ') + 1));
}

describe('a hand-over from a master to a lower-priority backup', () => {
  test('lets go only after the successor has the address [BATON-handover-1] [BATON-handover-2]', () => {
    const pair = settled();
    handOver(pair);
    pair.lan.until(pair.lan.now + 5);
    expect(story(pair.lan)).toEqual([
      'a: web send 1',
      'b: web claim 10.9.0.100', 'b: web announce 10.9.0.100 x5', 'b: web send 100',
      'b: web backup -> master: handover',
      'a: web send 1', 'a: web release 10.9.0.100', 'a: web master -> backup: handover',
      'b: web send 100', 'b: web announce 10.9.0.100 x1',
    ]);
  });

  test('is not undone by preemption [BATON-handover-3]', () => {
    const pair = settled();
    handOver(pair);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    expect(pair.lan.holders()).toEqual(['b']);
  });

  test('is undone when the hold is lifted from a backup that preempts', () => {
    const pair = settled();
    handOver(pair);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    pair.lan.feed(pair.a, 'web', { kind: 'held-changed', held: false });
    pair.lan.until(pair.lan.now + SETTLED_MS);
    expect(pair.lan.holders()).toEqual(['a']);
  });

  test('goes back the same way', () => {
    const pair = settled();
    handOver(pair);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    handOver({ lan: pair.lan, a: pair.b, b: pair.a });
    pair.lan.until(pair.lan.now + SETTLED_MS);
    expect([pair.lan.holders(), pair.a.routers.get('web')?.held]).toEqual([['a'], false]);
  });

  test('leaves the master as it was when the hold is lifted before anybody has taken over', () => {
    const pair = settled();
    pair.lan.feed(pair.a, 'web', { kind: 'held-changed', held: true });
    pair.lan.until(pair.lan.now + 2000);
    pair.lan.take();
    pair.lan.feed(pair.a, 'web', { kind: 'held-changed', held: false });
    expect(story(pair.lan)).toEqual(['a: web send 200']);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    expect(pair.lan.holders()).toEqual(['a']);
  });

  test('ends with the held router as master by its full priority when the successor resigns [BATON-handover-3]', () => {
    const pair = settled();
    handOver(pair);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    const resignedAt = pair.lan.now;
    pair.lan.shutdown(pair.b);
    pair.lan.until(resignedAt + 250);
    expect([pair.lan.holders(), pair.a.routers.get('web')?.held]).toEqual([['a'], false]);
  });

  test('ends with the held router as master, by its full priority, when the successor falls silent', () => {
    const pair = settled();
    handOver(pair);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    pair.lan.fate = () => 'lost';
    pair.lan.until(pair.lan.now + 3300);
    expect([pair.a.held, pair.a.routers.get('web')?.held]).toEqual([['web'], false]);
  });

  test('says nothing to anybody when the claim is refused, and the master goes on [BATON-handover-2]', () => {
    const pair = settled();
    pair.b.refuses.add('web');
    handOver(pair);
    expect(story(pair.lan)).toEqual([
      'a: web send 1', 'b: web claim 10.9.0.100', 'b: web release 10.9.0.100',
      'b: web backup -> fault: address-install-failed',
    ]);
    expect(pair.b.routers.get('web')?.statistics)
      .toMatchObject({ adverts_sent: 0, became_master: 0, claims_refused: 1 });
    expect(pair.lan.holders()).toEqual(['a']);
  });

  test('survives an advertisement that was under way before the hold [BATON-handover-5]', () => {
    const pair = settled();
    pair.lan.fate = () => 20; // slower than the agents
    pair.lan.until(21_001); // A has just sent
    handOver(pair);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    expect(pair.lan.take('->').map((line) => line.split(' ').slice(1).join(' '))).toEqual([
      'b: web backup -> master: handover', 'a: web master -> backup: handover',
    ]);
  });

  test('is given up when the old master keeps its priority: two masters never persist [BATON-handover-5]', () => {
    const pair = settled();
    pair.lan.feed(pair.b, 'web', { kind: 'takeover-requested' }); // A was not held, or was started again
    pair.lan.until(pair.lan.now + 2100);
    expect(pair.lan.holders()).toEqual(['a']);
    expect(pair.lan.longestContestMs).toBeLessThan(2001);
  });

  test('is overruled by a third router with a priority in between, after which the first one stays backup', () => {
    const pair = settled();
    pair.lan.add('c', plans(3, 150, ['web']));
    pair.lan.until(pair.lan.now + SETTLED_MS);
    handOver(pair);
    pair.lan.until(pair.lan.now + 2 * SETTLED_MS);
    expect(pair.lan.holders()).toEqual(['c']);
  });
});

describe('a hand-over of a group', () => {
  test('claims everything before anybody hears of it, and waits for no deciding member [BATON-handover-6]', () => {
    const pair = settled(['web', 'inside']);
    // The deciding member is the last one to hear of the successor.
    pair.lan.fate = (segment) => (segment === 'web' ? 5 : 0.1);
    handOver(pair, 'inside');
    pair.lan.until(pair.lan.now + 10);
    const lines = story(pair.lan);
    expect(lines.filter((line) => /^b: .* (claim|send 100|backup)/.test(line)).slice(0, 6)).toEqual([
      'b: web claim 10.9.0.100', 'b: inside claim 10.9.0.100', 'b: web send 100', 'b: web backup -> master: handover',
      'b: inside send 100', 'b: inside backup -> master: handover',
    ]);
    expect(lines.filter((line) => line.startsWith('a: inside master') || line.startsWith('a: web master'))).toEqual([
      'a: inside master -> backup: handover', 'a: web master -> backup: group-member-left',
    ]);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    expect([pair.lan.holders(), pair.lan.torn]).toEqual([['b'], []]);
  });

  test('leaves the master untouched when one claim is refused [BATON-handover-6]', () => {
    const pair = settled(['web', 'inside']);
    pair.b.refuses.add('inside');
    handOver(pair);
    pair.lan.until(pair.lan.now + 100);
    expect(pair.lan.take('b: ').filter((line) => line.includes('send'))).toEqual([]);
    expect(pair.lan.holders()).toEqual(['a']);
  });

  test('ends for all members when one of them hears a resignation', () => {
    const pair = settled(['web', 'inside']);
    handOver(pair);
    pair.lan.until(pair.lan.now + SETTLED_MS);
    pair.lan.fate = (segment) => (segment === 'web' ? 'lost' : 0.1);
    pair.lan.shutdown(pair.b);
    pair.lan.until(pair.lan.now + 1);
    expect([...pair.a.routers.values()].map(({ held }) => held)).toEqual([false, false]);
    pair.lan.until(pair.lan.now + 1300);
    expect(pair.lan.holders()).toEqual(['a']);
  });

  test('is refused while one member is in fault, and nothing changes', () => {
    const pair = settled(['web', 'inside']);
    pair.lan.feed(pair.b, 'inside', { kind: 'fault-changed', reason: 'link-down', active: true });
    pair.lan.take();
    const [group] = pair.b.groups;
    expect(group?.refusalOf('takeover-requested')).toBe('fault');
    pair.lan.feed(pair.b, 'web', { kind: 'takeover-requested' });
    expect(story(pair.lan)).toEqual([]);
  });
});

describe('a held router', () => {
  test('is no address owner [BATON-handover-4]', () => {
    const owner = Timeline.master(f3({ ...QUIET, priority: 255 }));
    expect(owner.router.refusalOf('held-changed')).toBe('address-owner');
    owner.at(owner.now, { kind: 'held-changed', held: true });
    expect([owner.take(), owner.router.held]).toEqual([[], false]);
  });

  test('is not held any more when it turns owner', () => {
    const master = Timeline.master(f3(QUIET)).at(5000, { kind: 'held-changed', held: true });
    master.at(5001, { kind: 'parameters-changed', parameters: f3({ ...QUIET, priority: 255 }) });
    expect([master.router.held, master.router.effectivePriority]).toEqual([false, 255]);
  });

  test('waits its preempt delay from when the hold is lifted', () => {
    const backup = Timeline.started(f3({ ...QUIET, preemptDelayMs: 60_000 }));
    backup.at(1, { kind: 'held-changed', held: true });
    for (let at = 1000; at <= 90_000; at += 1000) backup.at(at, heard(50, P));
    backup.at(90_000, { kind: 'held-changed', held: false });
    for (let at = 91_000; at <= 150_000; at += 1000) backup.at(at, heard(50, P));
    expect(backup.router.state.kind).toBe('backup');
    for (let at = 151_000; at <= 155_000; at += 1000) backup.at(at, heard(50, P));
    expect(backup.take()).toContain('153609.375 backup -> master: preempted-lower-priority');
  });

  test('has forgotten it when it is started again', () => {
    const router = Timeline.started(f3(QUIET)).at(1, { kind: 'held-changed', held: true });
    router.at(2, { kind: 'shutdown' }).at(3, { kind: 'startup' });
    expect(router.router.held).toBe(false);
  });

  test('stays master against another held one with a lower address', () => {
    const master = Timeline.master(f3(QUIET)).at(5000, { kind: 'held-changed', held: true });
    master.at(5001, heard(1, LOWER));
    expect(master.router.state.kind).toBe('master');
  });
});

describe('a router that is told to take over', () => {
  test.each([['initialize', true], ['fault', false]] as const)('refuses in %s', (why, isFresh) => {
    const router = new VirtualRouter(f3(QUIET), { epochFloor: 0 });
    if (!isFresh) router.handle({ kind: 'startup' }, 0); // without an address
    expect([router.refusalOf('takeover-requested'), router.handle({ kind: 'takeover-requested' }, 1)])
      .toEqual([why, []]);
  });

  test('has nothing to do when it is master', () => {
    const master = Timeline.master(f3(QUIET)).at(5000, { kind: 'takeover-requested' });
    expect([master.router.refusalOf('takeover-requested'), master.take().filter((line) => !line.includes('send'))])
      .toEqual([undefined, []]);
  });
});

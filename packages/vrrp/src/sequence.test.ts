import { describe, expect, test } from '@jest/globals';
import { MAX_SENDERS, ReplayWindow, SequenceClock, type Moment } from './sequence.js';
import { P } from './fixtures.js';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 5000;
const QUIET_MS = 2000;
/** Any wall clock time, ms. */
const NOON = 1_700_000_000_000;

/** A node with a monotonic clock, which began at another value than any other's, and a wall clock that can be set. */
class Node {
  readonly clock = new SequenceClock(WINDOW_MS);
  readonly window: ReplayWindow;
  stepMs = 0;
  readonly #beganAt: number;

  constructor(beganAt: number, antiReplay: 'time' | 'monotonic' = 'time') {
    this.#beganAt = beganAt;
    this.window = new ReplayWindow(antiReplay, WINDOW_MS, QUIET_MS);
  }

  at(elapsedMs: number): Moment {
    return { now: this.#beganAt + elapsedMs, wallClockMs: NOON + elapsedMs + this.stepMs };
  }
}

/** What the receiver makes of one advertisement each second, from one second to another. */
function verdicts(sender: Node, receiver: Node, fromS: number, untilS: number): string[] {
  return Array.from({ length: untilS - fromS }, (_, index) => {
    const elapsedMs = (fromS + index) * 1000;
    return receiver.window.judge(P, sender.clock.next(sender.at(elapsedMs)), receiver.at(elapsedMs + 1));
  });
}

const fresh = (count: number): string[] => new Array<string>(count).fill('fresh');

describe('sequence numbers', () => {
  test('are seconds and their fraction, which is all that a clock has', () => {
    const clock = new SequenceClock(WINDOW_MS);
    expect(clock.next({ now: 0, wallClockMs: 0x68000000 * 1000 + 500 })).toBe(0x6800000080000000n);
  });

  test('grow even if no time passes', () => {
    const clock = new SequenceClock(WINDOW_MS);
    const numbers = [1, 2, 3].map(() => clock.next({ now: 0, wallClockMs: NOON }));
    expect(numbers.map((number) => number - (numbers[0] ?? 0n))).toEqual([0n, 1n, 2n]);
  });

  test('follow a clock that is set forward at once, and one that is set back after a silence', () => {
    const node = new Node(0);
    const seconds = (elapsedMs: number): number => Number(node.clock.next(node.at(elapsedMs)) >> 32n) - NOON / 1000;
    expect(seconds(0)).toBe(0);
    node.stepMs = HOUR_MS;
    expect(seconds(1000)).toBe(3601);
    node.stepMs = -HOUR_MS;
    expect(seconds(2000)).toBe(3602);
    expect(seconds(7000)).toBe(3607);
    expect(seconds(12_001)).toBe(12 - 3600);
  });

  test('run over the end of their seconds in 2106', () => {
    const end = 2 ** 32 * 1000;
    const clock = new SequenceClock(WINDOW_MS);
    const window = new ReplayWindow('time', WINDOW_MS, QUIET_MS);
    const judge = (now: number): string => {
      const moment = { now, wallClockMs: end - 1500 + now };
      return window.judge(P, clock.next(moment), moment);
    };
    expect([0, 1000, 2000, 3000].map(judge)).toEqual(fresh(4));
    expect(clock.next({ now: 3500, wallClockMs: end + 2000 })).toBe(2n << 32n);
  });
});

describe('the window', () => {
  test('lets pass what is new, once', () => {
    const [sender, receiver] = [new Node(0), new Node(77_777)];
    const number = sender.clock.next(sender.at(0));
    const later = sender.clock.next(sender.at(1000));
    expect(receiver.window.judge(P, later, receiver.at(1000))).toBe('fresh');
    expect(receiver.window.judge(P, later, receiver.at(1001))).toBe('replayed');
    expect(receiver.window.judge(P, number, receiver.at(1002))).toBe('replayed');
  });

  test('demands of a sender that it meets for the first time a clock like its own', () => {
    for (const [stepMs, verdict] of [[-5002, 'stale'], [-4998, 'fresh'], [5000, 'fresh'], [5002, 'stale']] as const) {
      const [sender, receiver] = [new Node(0), new Node(0)];
      sender.stepMs = stepMs;
      expect([stepMs, verdicts(sender, receiver, 0, 1)]).toEqual([stepMs, [verdict]]);
    }
  });

  test('demands no such thing in monotonic mode, only order', () => {
    const [sender, receiver] = [new Node(0), new Node(0, 'monotonic')];
    sender.stepMs = -24 * HOUR_MS;
    const first = sender.clock.next(sender.at(0));
    expect(receiver.window.judge(P, first, receiver.at(0))).toBe('fresh');
    expect(verdicts(sender, receiver, 1, 10)).toEqual(fresh(9));
    expect(receiver.window.judge(P, first, receiver.at(HOUR_MS))).toBe('replayed');
  });

  test.each([
    ['the sender', 'forward', HOUR_MS], ['the sender', 'back', -HOUR_MS],
    ['the receiver', 'forward', HOUR_MS], ['the receiver', 'back', -HOUR_MS],
  ])('C16, D17: lets all pass when the wall clock of %s is set %s by an hour, and when it is set right', (
    who, _way, stepMs,
  ) => {
    const [sender, receiver] = [new Node(0), new Node(77_777)];
    expect(verdicts(sender, receiver, 0, 10)).toEqual(fresh(10));
    (who === 'the sender' ? sender : receiver).stepMs = stepMs;
    expect(verdicts(sender, receiver, 10, 5000)).toEqual(fresh(4990));
    (who === 'the sender' ? sender : receiver).stepMs = 0;
    expect(verdicts(sender, receiver, 5000, 9000)).toEqual(fresh(4000));
  });

  test('lets pass nothing that was held back for longer than the window', () => {
    const [sender, receiver] = [new Node(0), new Node(77_777)];
    const held = Array.from({ length: 20 }, (_, second) => sender.clock.next(sender.at(second * 1000)));
    // One at a time, each as late as it may be: the master is dead, and somebody wants to hide that.
    const released = held.map((number, index) => receiver.window.judge(P, number, receiver.at(index * 1500)));
    // 5 s late at the eleventh, which the drift that is allowed does not change.
    expect(released).toEqual([...fresh(11), ...new Array<string>(9).fill('stale')]);
  });

  test('bears clocks that run apart slowly', () => {
    const [sender, receiver] = [new Node(0), new Node(77_777)];
    receiver.stepMs = HOUR_MS; // so that only the drift is left to judge by
    receiver.window.judge(P, sender.clock.next(sender.at(0)), { now: 0, wallClockMs: NOON });
    const days = Array.from({ length: 30 }, (_, day) => {
      const elapsedMs = (day + 1) * 24 * HOUR_MS;
      const moment = { now: elapsedMs * 1.0002, wallClockMs: NOON + HOUR_MS + elapsedMs };
      return receiver.window.judge(P, sender.clock.next(sender.at(elapsedMs)), moment);
    });
    expect(days).toEqual(fresh(30));
  });

  test('bears a sender that starts anew with lower numbers, after two silent intervals', () => {
    const receiver = new Node(77_777);
    const ahead = new Node(0);
    expect(verdicts(ahead, receiver, 0, 3)).toEqual(fresh(3));
    ahead.stepMs = HOUR_MS;
    expect(verdicts(ahead, receiver, 3, 6)).toEqual(fresh(3));
    // Started again with its clock put right: numbers of an hour ago, but true ones.
    expect(verdicts(new Node(0), receiver, 6, 12)).toEqual(['replayed', ...fresh(5)]);
  });

  test('lets no old number pass while the sender is heard, however wrong its own clock is', () => {
    const [sender, receiver] = [new Node(0), new Node(77_777)];
    const recorded = Array.from({ length: 20 }, (_, second) => sender.clock.next(sender.at(second * 1000)));
    receiver.stepMs = 0;
    verdicts(sender, receiver, 20, 3600);
    receiver.stepMs = -HOUR_MS; // now the recorded numbers seem current
    const replayed: string[] = [];
    for (let second = 3600; second < 3620; second += 1) {
      verdicts(sender, receiver, second, second + 1);
      for (const number of recorded) replayed.push(receiver.window.judge(P, number, receiver.at(second * 1000 + 900)));
    }
    expect(new Set(replayed)).not.toContain('fresh');
  });

  test('does not let the last advertisements of a dead master live again', () => {
    for (const stepMs of [0, HOUR_MS, -HOUR_MS]) {
      const [sender, receiver] = [new Node(0), new Node(77_777)];
      const numbers = Array.from({ length: 4 }, (_, second) => sender.clock.next(sender.at(second * 1000)));
      const judge = (index: number, elapsedMs: number): string =>
        receiver.window.judge(P, numbers[index] ?? 0n, receiver.at(elapsedMs));
      expect([0, 1, 2, 3].map((index) => judge(index, index * 1000))).toEqual(fresh(4));
      receiver.stepMs = stepMs; // by the receiver's own clock they are current, or not
      expect([2, 3].map((index) => judge(index, 5500))).toEqual(['replayed', 'replayed']);
    }
  });

  test('remembers a bounded number of senders, the one silent for longest is forgotten first', () => {
    const receiver = new Node(0);
    const number = new Node(0).clock.next(new Node(0).at(0));
    const judge = (index: number): string =>
      receiver.window.judge(`10.0.0.${String(index)}`, number, receiver.at(100));
    for (let index = 0; index < MAX_SENDERS; index += 1) expect(judge(index)).toBe('fresh');
    expect(judge(0)).toBe('replayed');
    expect(judge(MAX_SENDERS)).toBe('fresh');
    expect(judge(1)).toBe('replayed');
    expect(judge(0)).toBe('fresh'); // forgotten, and now known again in place of 1
    const next = number + 1n;
    expect(receiver.window.judge('10.0.0.2', next, receiver.at(100))).toBe('fresh');
    expect(judge(MAX_SENDERS + 1)).toBe('fresh');
    expect(receiver.window.judge('10.0.0.2', next, receiver.at(100))).toBe('replayed');
    expect(judge(3)).toBe('fresh');
  });
});

import { expect, test } from '@jest/globals';
import { NodeDeadlineTimer } from './deadline-timer.js';

const clock = { now: () => performance.now() };

/** Arms a timer `delayMs` ahead and resolves with how far from its instant it fired, ms. */
function firedAfter(timer: NodeDeadlineTimer, delayMs: number): Promise<number> {
  return new Promise((resolve) => {
    const at = clock.now() + delayMs;
    timer.arm(at, () => {
      resolve(clock.now() - at);
    });
  });
}

test('a deadline never fires before its instant, whole milliseconds or not', async () => {
  const timer = new NodeDeadlineTimer(clock);
  for (const delayMs of [0, 0.078, 0.9, 1, 1.5, 7.8125, 12.3]) {
    expect(await firedAfter(timer, delayMs)).toBeGreaterThanOrEqual(0);
  }
});

test('an earlier deadline replaces a later one', async () => {
  const timer = new NodeDeadlineTimer(clock);
  timer.arm(clock.now() + 60_000, () => {
    throw new Error('the replaced deadline fired');
  });
  expect(await firedAfter(timer, 5)).toBeGreaterThanOrEqual(0);
});

test('a later deadline replaces an earlier one', async () => {
  const timer = new NodeDeadlineTimer(clock);
  timer.arm(clock.now() + 5, () => {
    throw new Error('the replaced deadline fired');
  });
  expect(await firedAfter(timer, 30)).toBeGreaterThanOrEqual(0);
});

test('a disarmed deadline does not fire', async () => {
  const timer = new NodeDeadlineTimer(clock);
  timer.arm(clock.now() + 5, () => {
    throw new Error('the disarmed deadline fired');
  });
  timer.arm(undefined, () => undefined);
  expect(await firedAfter(new NodeDeadlineTimer(clock), 20)).toBeGreaterThanOrEqual(0);
});

import { expect, test } from '@jest/globals';
import { DriftingClock } from './clock.js';
import { Random } from './random.js';
import { World } from './world.js';

test('events run in the order of their instants, and in the order of planning when these are equal', () => {
  const world = new World();
  const random = Random.fromSeed(1);
  const planned = Array.from({ length: 500 }, (_, index) => ({ at: random.below(20), index }));
  const ran: typeof planned = [];
  for (const event of planned) {
    world.plan(event.at, () => {
      expect(world.now).toBe(event.at);
      ran.push(event);
    });
  }
  while (world.step(100));
  expect(ran).toEqual([...planned].sort((a, b) => a.at - b.at || a.index - b.index));
  expect(world.now).toBe(100);
});

test('a cancelled event does not run, and time does not pass its end', () => {
  const world = new World();
  const ran: string[] = [];
  world.plan(1, () => ran.push('cancelled')).cancel();
  world.plan(2, () => ran.push('in time'));
  world.plan(4, () => ran.push('too late'));
  expect([world.step(3), world.step(3), ran, world.now]).toEqual([true, false, ['in time'], 3]);
});

test('nothing is planned for the past', () => {
  const world = new World();
  world.step(5);
  expect(() => world.plan(4, () => undefined)).toThrow('nothing is planned for the past');
});

test('a clock that runs fast reaches an instant earlier, and never shows less than it did', () => {
  const world = new World();
  const clock = new DriftingClock(world, 500, 1000);
  expect(clock.now()).toBe(500);
  expect(clock.trueTimeOf(500 + 1001)).toBeCloseTo(1000, 9);
  clock.reach(600);
  expect([clock.now(), clock.trueTimeOf(400)]).toEqual([600, 0]);
});

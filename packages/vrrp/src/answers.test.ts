import { describe, expect, test } from '@jest/globals';
import { DEFAULT_RULES } from './parameters.js';
import { f3, heard, P, QUIET, Timeline } from './fixtures.js';

const T = 3609.375;
const after = (elapsedMs: number, line: string): string => `${String(T + elapsedMs)} ${line}`;
const quietMaster = (): Timeline => Timeline.master(f3(QUIET));
const sent = (timeline: Timeline): string[] => timeline.take().filter((line) => line.includes('send'));

describe('answers to other routers', () => {
  test('are at most one in 10 ms: of 10,000 losing advertisements in a second 100 are answered, 2 bursts made', () => {
    const timeline = quietMaster();
    for (let count = 0; count < 10_000; count += 1) timeline.at(T + count / 10, heard(50));
    const lines = timeline.take();
    expect(lines.filter((line) => line.endsWith('send 100'))).toHaveLength(100);
    expect(lines.filter((line) => line.includes('announce'))).toHaveLength(1);
    expect(timeline.router.statistics).toMatchObject({ lower_priority_received: 10_000, answers_withheld: 9_900 });
    expect(timeline.until(T + 3000).take().filter((line) => line.includes('announce'))).toHaveLength(1);
  });

  test('are at most one in 10 ms to resignations too, and no advert is late by them', () => {
    const timeline = quietMaster();
    for (let count = 0; count < 10_000; count += 1) timeline.at(T + count / 10, heard(0));
    timeline.until(T + 1000);
    expect(sent(timeline)).toHaveLength(101);
    timeline.until(T + 3000);
    expect(sent(timeline)).toEqual([after(2000, 'send 100'), after(3000, 'send 100')]);
  });

  test('to a resignation that comes too soon are owed: another backup has heard it as well', () => {
    const timeline = quietMaster().at(T + 300, heard(0)).at(T + 301, heard(0)).until(T + 1400);
    expect(sent(timeline)).toEqual([after(300, 'send 100'), after(310, 'send 100'), after(1310, 'send 100')]);
  });

  test('to a losing advertisement that comes too soon are not owed: its sender has just heard one', () => {
    const timeline = quietMaster().at(T + 300, heard(50)).at(T + 301, heard(50)).until(T + 1000);
    expect(sent(timeline)).toEqual([after(300, 'send 100'), after(1000, 'send 100')]);
  });

  test('do not wait for the adverts of the master itself', () => {
    const timeline = quietMaster().until(T + 1000);
    timeline.take();
    expect(sent(timeline.at(T + 1001, heard(50)))).toEqual([after(1001, 'send 100')]);
  });
});

describe('the last word of a master that yields', () => {
  test('is an advertisement of its own priority, before it lets go', () => {
    const timeline = quietMaster().at(T + 300, heard(200));
    expect(timeline.take()).toEqual([
      after(300, 'send 100'), after(300, 'release 10.9.0.100'),
      after(300, 'master -> backup: higher-priority-advert'),
    ]);
  });

  test('is said once: the better master\'s answer finds a backup', () => {
    const timeline = quietMaster().at(T + 300, heard(200));
    timeline.take();
    expect(timeline.at(T + 301, heard(200)).take()).toEqual([]);
  });

  test('is not said with an interval shorter than the better master\'s', () => {
    const timeline = quietMaster().at(T + 300, heard(200, P, { advertIntervalMs: 1010 }));
    expect(sent(timeline)).toEqual([]);
    expect(sent(quietMaster().at(T + 300, heard(200, P, { advertIntervalMs: 990 })))).toHaveLength(1);
  });

  test('is not said where silence is the rule', () => {
    const rules = { ...DEFAULT_RULES, yieldingAdvert: 'silent' } as const;
    expect(sent(Timeline.master(f3({ ...QUIET, rules })).at(T + 300, heard(200)))).toEqual([]);
  });
});

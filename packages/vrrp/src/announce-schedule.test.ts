import { describe, expect, test } from '@jest/globals';
import { contest, nextAnnounceAt, reschedule, startAnnouncing, takeDue } from './announce-schedule.js';

const KEEPALIVED = { count: 5, delayMs: 5000, delayedCount: 4, refreshMs: 0 };
const REFRESHED = { ...KEEPALIVED, refreshMs: 60_000 };
const NOTHING = {
  delayedAt: undefined, refreshAt: undefined, repairAt: undefined, inheritedAt: undefined, repairedAt: undefined,
};

describe('after takeover', () => {
  test('the second burst is owed after its delay', () => {
    expect(startAnnouncing(KEEPALIVED, 100)).toEqual({ ...NOTHING, delayedAt: 5100 });
  });

  test.each([{ delayMs: 0 }, { delayedCount: 0 }])('no second burst is owed with %j', (change) => {
    expect(startAnnouncing({ ...KEEPALIVED, ...change }, 100)).toEqual(NOTHING);
  });

  test('a refresh is owed every period, on its grid', () => {
    const started = startAnnouncing({ ...REFRESHED, delayMs: 0 }, 0);
    expect(started).toEqual({ ...NOTHING, refreshAt: 60_000 });
    expect(takeDue(started, REFRESHED, 60_007)).toEqual({ count: 1, schedule: { ...NOTHING, refreshAt: 120_000 } });
    expect(takeDue(started, REFRESHED, 500_000)).toEqual({ count: 1, schedule: { ...NOTHING, refreshAt: 560_000 } });
  });
});

describe('after the takeover from a dead master', () => {
  test('the first burst is owed once more when its lease has run out', () => {
    const started = startAnnouncing(KEEPALIVED, 100, 1200);
    expect(started).toEqual({ ...NOTHING, delayedAt: 5100, inheritedAt: 1200 });
    expect(nextAnnounceAt(started)).toBe(1200);
    expect(takeDue(started, KEEPALIVED, 1200)).toEqual({ count: 5, schedule: { ...NOTHING, delayedAt: 5100 } });
  });

  test('it is not owed when the lease ran out before, nor where takeover is not announced', () => {
    expect(startAnnouncing(KEEPALIVED, 1200, 1200).inheritedAt).toBeUndefined();
    expect(startAnnouncing({ ...KEEPALIVED, count: 0 }, 100, 1200).inheritedAt).toBeUndefined();
  });
});

describe('what is due', () => {
  test('is nothing before the first instant', () => {
    const schedule = startAnnouncing(REFRESHED, 0);
    expect(nextAnnounceAt(schedule)).toBe(5000);
    expect(takeDue(schedule, REFRESHED, 4999.9)).toEqual({ count: 0, schedule });
  });

  test('is taken out once', () => {
    const { count, schedule } = takeDue(startAnnouncing(KEEPALIVED, 0), KEEPALIVED, 5000);
    expect([count, schedule]).toEqual([4, NOTHING]);
    expect(nextAnnounceAt(schedule)).toBeUndefined();
    expect(takeDue(schedule, KEEPALIVED, 9000).count).toBe(0);
  });

  test('is one burst when several coincide, the largest', () => {
    const announce = { ...REFRESHED, refreshMs: 5000 };
    expect(takeDue(startAnnouncing(announce, 0), announce, 5000).count).toBe(4);
  });
});

describe('F20: after a contest', () => {
  const calm = startAnnouncing({ ...KEEPALIVED, delayMs: 0 }, 0);

  test('repairs at once and once more a second later', () => {
    const first = contest(calm, KEEPALIVED, 2000);
    expect(first).toEqual({ count: 1, schedule: { ...NOTHING, repairedAt: 2000, repairAt: 3000 } });
    expect(takeDue(first.schedule, KEEPALIVED, 2999).count).toBe(0);
    expect(takeDue(first.schedule, KEEPALIVED, 3000)).toEqual({ count: 1, schedule: { ...NOTHING, repairedAt: 3000 } });
  });

  test('never repairs more often than once a second, and always after the last advertisement of the loser', () => {
    const repairs: number[] = [];
    let schedule = calm;
    const note = (count: number, now: number): void => { if (count > 0) repairs.push(now); };
    for (let now = 0; now <= 5000; now += 100) {
      const due = takeDue(schedule, KEEPALIVED, now);
      note(due.count, now);
      schedule = due.schedule;
      if (now <= 2500) {
        const answer = contest(schedule, KEEPALIVED, now);
        note(answer.count, now);
        schedule = answer.schedule;
      }
    }
    expect(repairs).toEqual([0, 1000, 2000, 3500]);
  });

  test('repairs nothing where takeover is not announced either', () => {
    expect(contest(calm, { ...KEEPALIVED, count: 0 }, 2000)).toEqual({ count: 0, schedule: calm });
  });
});

describe('changed parameters', () => {
  const running = startAnnouncing(REFRESHED, 0);

  test('leave what is owed alone when nothing about announcing changed', () => {
    expect(reschedule(running, REFRESHED, { ...REFRESHED, count: 9 }, 3000)).toEqual(running);
  });

  test('begin a changed refresh anew', () => {
    expect(reschedule(running, REFRESHED, { ...REFRESHED, refreshMs: 1000 }, 3000).refreshAt).toBe(4000);
    expect(reschedule(running, REFRESHED, KEEPALIVED, 3000).refreshAt).toBeUndefined();
  });

  test('drop a second burst that is no longer wanted', () => {
    expect(reschedule(running, REFRESHED, { ...REFRESHED, delayedCount: 0 }, 3000).delayedAt).toBeUndefined();
  });
});

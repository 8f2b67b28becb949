import { describe, expect, test } from '@jest/globals';

import { summarizeProbe, type Answer, type ProbeRecord } from './outage.js';

const EMPTY: ProbeRecord = { answers: [], stalls: [], sentAt: [], lostAt: [] };
const record = (parts: Partial<ProbeRecord>): ProbeRecord => ({ ...EMPTY, ...parts });
const answersFrom = (node: string, ...instants: number[]): Answer[] => instants.map((at) => ({ at, node }));

describe('what a client saw', () => {
  test('the longest silence between two answers is the outage, and says when it began', () => {
    const answers = [...answersFrom('a', 1, 2, 3), ...answersFrom('b', 40, 41, 50)];
    const report = summarizeProbe(record({ answers }), 0, 51);
    expect(report).toMatchObject({ outageMs: 37, outageFrom: 3, rawOutageMs: 37 });
  });

  test('time in which the prober did not run is taken out of the silence, and only the part inside it', () => {
    const report = summarizeProbe(record({
      answers: answersFrom('a', 10, 110, 150),
      stalls: [{ from: 0, to: 20 }, { from: 50, to: 100 }, { from: 140, to: 149 }],
    }), 0, 150);
    expect(report).toMatchObject({ outageMs: 40, rawOutageMs: 100, longestStallMs: 50 });
  });

  test('a stall between two lost datagrams excuses nothing: the address was silent before and after it', () => {
    const report = summarizeProbe(record({
      answers: answersFrom('a', 10, 1010), lostAt: [20, 500, 1000],
      stalls: [{ from: 12, to: 18 }, { from: 100, to: 400 }, { from: 600, to: 700 }, { from: 1002, to: 1008 }],
    }), 10, 1010);
    expect(report).toMatchObject({ outageMs: 1000 - 6 - 6, rawOutageMs: 1000 });
  });

  test('a shorter silence wins when the longer one was the prober asleep', () => {
    const asleep = record({ answers: answersFrom('a', 0, 100, 130), stalls: [{ from: 1, to: 99 }] });
    const report = summarizeProbe(asleep, 0, 131);
    expect(report).toMatchObject({ outageMs: 30, outageFrom: 100 });
  });

  test('an address that never answers is silent for the whole window', () => {
    expect(summarizeProbe(record({ sentAt: [100, 150, 300], lostAt: [100, 150] }), 100, 200)).toEqual({
      sent: 2, answered: 0, lost: 2, outageMs: 100, outageFrom: 100, rawOutageMs: 100, longestStallMs: 0, owners: [],
    });
  });

  test('a silence up to either edge of the window counts', () => {
    expect(summarizeProbe(record({ answers: answersFrom('a', 30, 31) }), 0, 40).outageMs).toBe(30);
    expect(summarizeProbe(record({ answers: answersFrom('a', 1, 2) }), 0, 40).outageMs).toBe(38);
  });

  test('owners are the changes of who answered, in order, also back and forth', () => {
    const answers = [...answersFrom('a', 1, 2), ...answersFrom('b', 3, 4), ...answersFrom('a', 5)];
    expect(summarizeProbe(record({ answers }), 0, 6).owners).toEqual([
      { at: 1, node: 'a' }, { at: 3, node: 'b' }, { at: 5, node: 'a' },
    ]);
  });
});

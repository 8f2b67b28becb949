import { describe, expect, jest, test } from '@jest/globals';
import { ALARM_SILENCE_MS, Refusals } from './refusals.js';

const REFUSAL = { reason: 'handshake-failed', address: '10.0.0.9', node: undefined } as const;

describe('refusals', () => {
  test('are all counted, told once a minute, an alarm from the second on, which ends after a minute of silence', () => {
    jest.useFakeTimers();
    let now = 0;
    const told: string[] = [];
    const alarms: (string | undefined)[] = [];
    const refusals = new Refusals({ now: () => now }, {
      told: ({ reason, address }) => told.push(`${reason} ${address}`), alarm: (detail) => alarms.push(detail),
    });
    refusals.note(REFUSAL);
    expect(alarms).toEqual([]);
    refusals.note(REFUSAL);
    expect(alarms).toEqual(['2 connections refused, the last one of 10.0.0.9: handshake-failed']);
    now = ALARM_SILENCE_MS;
    jest.advanceTimersByTime(ALARM_SILENCE_MS);
    expect(alarms.at(-1)).toBeUndefined();
    refusals.note(REFUSAL);
    expect(refusals.counts()).toEqual({ 'handshake-failed': 3 });
    expect(told).toEqual(['handshake-failed 10.0.0.9', 'handshake-failed 10.0.0.9']);
    refusals.close();
    jest.useRealTimers();
  });
});

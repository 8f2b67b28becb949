import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ALARM_SILENCE_MS } from './advert-alarms.js';
import { AlarmWatch, FIRST_LOOK_MS, LOOK_INTERVAL_MS } from './alarm-watch.js';
import type { Snapshot } from './engine-channel.js';
import type { Notice } from './events.js';
import { counted } from './machine.fixture.js';

let now = 0;
let looks: number[];
let answer: () => Promise<Snapshot>;
let watch: AlarmWatch;
beforeEach(() => {
  jest.useFakeTimers();
  now = 0;
  looks = [];
  answer = () => Promise.resolve(counted({ discarded: { 'ttl-error': 2 } }));
  watch = new AlarmWatch({
    clock: { now: () => now }, wallClockMs: () => now, listener: () => undefined,
    snapshot: () => {
      looks.push(now);
      return answer();
    },
  });
});
afterEach(() => {
  watch.close();
  jest.useRealTimers();
});

const ttlError: Notice = {
  type: 'notice', level: 'warn', event: 'advertisement-discarded', at: 0,
  fields: { reason: 'ttl-error', router: 'web', interface: 'eth0', source: '10.0.0.99' },
};

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    now += 1000;
    await jest.advanceTimersByTimeAsync(1000);
  }
}

describe('the counters of the engine', () => {
  test('are not looked at while nothing was told', async () => {
    watch.set('journal-unwritable', 'ENOSPC');
    await pass(ALARM_SILENCE_MS);
    expect(looks).toEqual([]);
  });

  test('are looked at soon after a notice, seldom later, and no more when it was silent for a minute', async () => {
    watch.noteNotice(ttlError);
    watch.noteNotice(ttlError);
    await pass(FIRST_LOOK_MS);
    expect(watch.list().map(({ name }) => name)).toEqual(['adverts-discarded']);
    await pass(2 * ALARM_SILENCE_MS);
    expect(watch.list()).toEqual([]);
    const expected = [0, 1, 2, 3, 4, 5, 6].map((index) => FIRST_LOOK_MS + index * LOOK_INTERVAL_MS);
    expect(looks).toEqual(expected);
  });

  test('are looked at again when the engine did not answer', async () => {
    answer = () => Promise.reject(new Error('silent'));
    watch.noteNotice(ttlError);
    await pass(FIRST_LOOK_MS);
    answer = () => Promise.resolve(counted({ discarded: { 'ttl-error': 2 } }));
    await pass(LOOK_INTERVAL_MS);
    expect(watch.list()).toHaveLength(1);
  });

  test('are not looked at after the end', async () => {
    watch.noteNotice(ttlError);
    watch.close();
    await pass(ALARM_SILENCE_MS);
    expect(looks).toEqual([]);
  });
});

test('what was wrong with a router is over when it is not configured any more', () => {
  const unknownMaster: Notice = { ...ttlError, event: 'unknown-master' };
  watch.noteConfigured(['web', 'inside'], { file: 'f', places: {} });
  watch.noteNotice(unknownMaster);
  watch.noteState('web', 'fault', ['interface-missing'], undefined);
  const fields = { router: 'web', active: true, following: 'inside' };
  watch.noteNotice({ ...ttlError, event: 'sync-group-split', fields });
  expect(watch.list()).toHaveLength(3);
  watch.noteConfigured(['inside'], { file: 'f', places: {} });
  expect(watch.list()).toEqual([]);
});

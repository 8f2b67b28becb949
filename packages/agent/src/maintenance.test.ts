import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { AgentMessage } from '@baton/engine/messages';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventReporter } from './events.js';
import { Maintenance } from './maintenance.js';

const START_MS = Date.UTC(2026, 0, 1);
let directory = '';
let sent: AgentMessage[] = [];
let events: string[] = [];

function create(stateDirectory = directory): Maintenance {
  const say = (event: string): void => { events.push(event); };
  const reporter = new EventReporter({ error: say, warn: say, info: say, debug: say }, () => Date.now());
  return new Maintenance({
    stateDirectory, send: (message) => { sent.push(message); }, reporter, wallClockMs: () => Date.now(),
  });
}

beforeEach(() => {
  jest.useFakeTimers({ now: START_MS });
  directory = mkdtempSync(join(tmpdir(), 'baton-maintenance-'));
  sent = [];
  events = [];
});
afterEach(() => {
  jest.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const ON = { type: 'maintenance', on: true };
const OFF = { type: 'maintenance', on: false };

describe('maintenance', () => {
  test('is told to the engine, and again after a restart, until it is ended by hand', () => {
    create().begin(undefined);
    const next = create();
    next.restore();
    expect(sent).toEqual([ON, ON]);
    expect([next.isOn, next.untilMs]).toEqual([true, undefined]);
    next.end();
    expect(sent.at(-1)).toEqual(OFF);
    create().restore();
    expect(sent).toHaveLength(3);
    expect(events).toEqual(['maintenance-begun', 'maintenance-ended']);
  });

  test('ends by itself when its time is over, also where that time passes across a restart', () => {
    create().begin(60_000);
    const next = create();
    next.restore();
    expect(next.untilMs).toBe(START_MS + 60_000);
    jest.advanceTimersByTime(59_999);
    expect(next.isOn).toBe(true);
    jest.advanceTimersByTime(1);
    expect(next.isOn).toBe(false);
    expect(sent.at(-1)).toEqual(OFF);
  });

  test('that was over before the restart does not begin again', () => {
    create().begin(1_000);
    jest.setSystemTime(START_MS + 2_000);
    const next = create();
    sent = [];
    next.restore();
    expect([next.isOn, sent]).toEqual([false, []]);
    expect(existsSync(join(directory, 'maintenance.json'))).toBe(false);
  });

  test('lasts longer than one timer can', () => {
    const maintenance = create();
    maintenance.begin(60 * 86_400_000);
    jest.advanceTimersByTime(59 * 86_400_000);
    expect(maintenance.isOn).toBe(true);
    jest.advanceTimersByTime(86_400_000);
    expect(maintenance.isOn).toBe(false);
  });

  test.each(['', 'null', '{"until_ms":"soon"}'])('is not read out of %p, and that is said', (text) => {
    writeFileSync(join(directory, 'maintenance.json'), text);
    create().restore();
    expect([sent, events]).toEqual([[], ['maintenance-unreadable']]);
  });

  test('holds although it cannot be kept, and that is said', () => {
    writeFileSync(join(directory, 'file'), '');
    const maintenance = create(join(directory, 'file'));
    maintenance.begin(undefined);
    expect(maintenance.isOn).toBe(true);
    expect(events).toEqual(['maintenance-not-kept', 'maintenance-begun']);
  });
});

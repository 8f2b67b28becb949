import { describe, expect, test } from '@jest/globals';
import type { JournalEvent } from './control/messages.js';
import { EventReporter, transitionFields } from './events.js';

describe('events', () => {
  test('a transition says from where to where and why, and its steps to the microsecond', () => {
    const change = {
      from: 'backup', to: 'master', reason: 'master-down-timer', epoch: 7, priority: 200,
      master: { address: '10.0.0.11', priority: 200 }, faults: [],
    } as const;
    expect(transitionFields('web', change, { advertisementMs: 0.13964800000007926, addressesMs: 0.3728 })).toEqual({
      router: 'web', from: 'backup', to: 'master', reason: 'master-down-timer', epoch: 7, priority: 200,
      faults: undefined, master: '10.0.0.11', master_priority: 200,
      advertisement_ms: 0.14, addresses_ms: 0.373, announced_ms: undefined,
    });
  });

  test('go to log and journal alike, evidence to the journal only, debug to the log only', () => {
    const logged: unknown[] = [];
    const say = (level: string) => (event: string, fields: unknown): void => { logged.push([level, event, fields]); };
    const kept: JournalEvent[] = [];
    const logger = { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') };
    const reporter = new EventReporter(logger, () => 1000);
    reporter.report('info', 'too-early');
    reporter.keepIn({ append: (event) => kept.push(event) });
    reporter.report('error', 'hook-finished', { router: 'web' }, { evidence: { output: 'long' } });
    reporter.report('warn', 'notice', {}, { atMs: 0 });
    reporter.report('debug', 'whisper');
    expect(logged).toEqual([
      ['info', 'too-early', {}], ['error', 'hook-finished', { router: 'web' }], ['warn', 'notice', {}],
      ['debug', 'whisper', {}],
    ]);
    expect(kept).toEqual([
      { time: '1970-01-01T00:00:01.000Z', event: 'hook-finished', level: 'error', router: 'web', output: 'long' },
      { time: '1970-01-01T00:00:00.000Z', event: 'notice', level: 'warn' },
    ]);
  });
});

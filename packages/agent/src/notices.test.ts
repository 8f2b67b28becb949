import { describe, expect, test } from '@jest/globals';
import { MAX_NOTICE_KINDS, NOTICE_PERIOD_MS, NoticeGate, type Notice } from './notices.js';

const notice = (event: string, fields: Notice['fields'] = {}): Notice =>
  ({ type: 'notice', level: 'warn', event, fields, at: 0 });
const discarded = (source: string, reason = 'checksum-error'): Notice =>
  notice('advertisement-discarded', { source, reason });

describe('repeated notices', () => {
  test('the first is said, those within a minute are counted, the count is said when the minute is over', () => {
    const gate = new NoticeGate();
    expect(gate.admit(discarded('10.0.0.9'), 0)).toEqual([{ notice: discarded('10.0.0.9'), swallowed: 0 }]);
    for (let now = 1; now <= 500; now += 1) expect(gate.admit(discarded('10.0.0.9'), now)).toEqual([]);
    expect(gate.nextDueAt()).toBe(NOTICE_PERIOD_MS);
    expect(gate.takeDue(NOTICE_PERIOD_MS - 1)).toEqual([]);
    expect(gate.takeDue(NOTICE_PERIOD_MS)).toEqual([{ notice: discarded('10.0.0.9'), swallowed: 500 }]);
    expect(gate.nextDueAt()).toBeUndefined();
  });

  test('the line with the count is the first of the next minute', () => {
    const gate = new NoticeGate();
    gate.admit(discarded('10.0.0.9'), 0);
    gate.admit(discarded('10.0.0.9'), 1);
    gate.takeDue(NOTICE_PERIOD_MS);
    expect(gate.admit(discarded('10.0.0.9'), NOTICE_PERIOD_MS + 1)).toEqual([]);
  });

  test('another source, reason or event is another notice', () => {
    const gate = new NoticeGate();
    const sources = [discarded('10.0.0.9'), discarded('10.0.0.8')];
    const different = [...sources, discarded('10.0.0.9', 'ttl'), notice('stall-detected')];
    expect(different.map((each) => gate.admit(each, 0).length)).toEqual([1, 1, 1, 1]);
  });

  test('more kinds than can be remembered make the oldest say its count and be forgotten', () => {
    const gate = new NoticeGate();
    gate.admit(discarded('first'), 0);
    gate.admit(discarded('first'), 0);
    for (let index = 1; index < MAX_NOTICE_KINDS; index += 1) gate.admit(discarded(String(index)), 0);
    expect(gate.admit(discarded('last'), 0))
      .toEqual([{ notice: discarded('first'), swallowed: 1 }, { notice: discarded('last'), swallowed: 0 }]);
  });
});

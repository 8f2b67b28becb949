import { describe, expect, test } from '@jest/globals';

import { choosePaint, demoTable, demoVerdict, formatMs, hasMoved, timelineLine } from './demo-screen.js';

const plain = choosePaint(false);
const ROW = { title: 'stop', outageMs: 9.26, theory: '12 ms', owners: ['a', 'b'], answeringArp: ['b'], ok: true };

describe('the look of the demo', () => {
  test('without colours there is no escape character', () => {
    expect(timelineLine(plain, 1234.5, 'a', 'stops') + demoTable(plain, [ROW])).not.toContain('\u001b');
  });

  test('a line of the timeline shows seconds with milliseconds', () => {
    expect(timelineLine(plain, 1234.56, 'a', 'stops')).toBe('   1.235 s  a       stops');
  });

  test('columns line up whatever is in them', () => {
    const rows = [ROW, { ...ROW, title: 'a longer title', outageMs: 2750, owners: [], answeringArp: [], ok: false }];
    expect(demoTable(plain, rows).split('\n')).toEqual([
      '  case              outage   expected   answered by   ARP',
      '  stop              9.3 ms   12 ms      a → b         b     ok',
      '  a longer title   2750 ms   12 ms      –             –     FAILED',
    ]);
  });

  test('the verdict names the steps after which two nodes answered', () => {
    const doubled = { ...ROW, title: 'kill', answeringArp: ['a', 'b'] };
    expect(demoVerdict([ROW, ROW])).toBe('every step moved the address, and one node answers for it');
    expect(demoVerdict([ROW, doubled])).toBe('every step moved the address; after "kill" two kernels answered ARP '
      + 'for it until Baton ran on both again, otherwise one');
  });

  test.each([
    [['a', 'b'], true], [['a', 'b', 'a', 'b'], true],
    [['b'], false], [['a'], false], [[], false], [['a', 'b', 'a'], false], [['b', 'a', 'b'], false],
  ])('answers of %j are a move from a to b: %s', (owners, moved) => {
    expect(hasMoved(owners, 'a', 'b')).toBe(moved);
  });

  test.each([
    [0.04, '0.0 ms'], [9.94, '9.9 ms'], [10, '10 ms'], [2750.4, '2750 ms'],
  ])('%d ms reads %s', (value, text) => {
    expect(formatMs(value)).toBe(text);
  });
});

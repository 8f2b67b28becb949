import { describe, expect, test } from '@jest/globals';
import { nearestWord } from './nearest.js';

const KEYS = ['interface', 'vrid', 'version', 'priority', 'preempt', 'preempt_delay', 'peers'];

describe('the nearest word', () => {
  test.each([
    ['prioritty', 'priority'],
    ['vird', 'vrid'],
    ['Interface', 'interface'],
    ['preemptdelay', 'preempt_delay'],
    ['preempt-delay', 'preempt_delay'],
    ['peer', 'peers'],
    ['prio', 'priority'],
    ['int', 'interface'],
  ])('of %s is %s', (word, expected) => {
    expect(nearestWord(word, KEYS)).toBe(expected);
  });

  test('swapped neighbours count as one mistake, so that rvid means vrid and not rid', () => {
    expect(nearestWord('rvid', ['void', 'vrid'])).toBe('vrid');
  });

  test.each(['x', 'bandwidth_limit', '', '__proto__'])('of %p is none of them', (word) => {
    expect(nearestWord(word, KEYS)).toBeUndefined();
  });

  test('the first of equals wins', () => {
    expect(nearestWord('cat', ['bat', 'hat'])).toBe('bat');
  });

  test('a word of a megabyte is answered at once: only words of a similar length are compared', () => {
    expect(nearestWord('x'.repeat(1_000_000), KEYS)).toBeUndefined();
  });
});

import { describe, expect, test } from '@jest/globals';
import { filterTable, linkMark } from './linux-ports.js';

describe('what a daemon marks its own with', () => {
  test.each([
    ['/srv/a/baton/production/run-dir', '/srv/b/baton/production/run-dir'],
    ['/run/baton-a', '/run/baton_a'],
    [`/${'x'.repeat(300)}/a`, `/${'x'.repeat(300)}/b`],
  ])('is different for %s and %s', (one, other) => {
    expect(filterTable(one)).not.toBe(filterTable(other));
    expect(linkMark(one)).not.toBe(linkMark(other));
  });

  test('fits, and tells people whose it is', () => {
    const long = `/${'é'.repeat(300)}`;
    expect(filterTable('/run/baton')).toMatch(/^baton_[0-9a-f]{16}_\w{1,8}$/u);
    expect(filterTable(long).length).toBeLessThanOrEqual(31);
    expect(Buffer.byteLength(linkMark(long))).toBeLessThanOrEqual(255);
    expect(linkMark('/run/baton')).toBe('baton /run/baton');
  });
});

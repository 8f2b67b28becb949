import { describe, expect, test } from '@jest/globals';
import { mac, parameters, hosting, VIP } from './fixtures.js';
import { HostedRouter } from './hosted-router.js';
import { Roster } from './roster.js';

function rosterOf(...priorities: readonly number[]): Roster {
  const roster = new Roster();
  for (const [index, priority] of priorities.entries()) {
    const configuration = hosting([parameters({ name: `r${String(index)}`, vrid: index + 1, priority })]);
    roster.add(new HostedRouter(configuration, { mac, nowMs: 0 }));
  }
  return roster;
}

describe('whose an address is', () => {
  test.each([
    [[], 'free'],
    [[255], 'owned'],
    [[100], 'moved'],
    [[255, 100], 'moved'],
    [[100, 255], 'moved'],
  ])('with priorities %j it is %s', (priorities, kind) => {
    expect(rosterOf(...priorities).kindOf(VIP)).toBe(kind);
  });

  test('changes when a router comes or goes', () => {
    const roster = rosterOf(100);
    expect(roster.kindOf(VIP)).toBe('moved');
    for (const hosted of roster.all()) roster.delete(hosted);
    expect(roster.kindOf(VIP)).toBe('free');
  });
});

import { describe, expect, test } from '@jest/globals';
import type { StateName } from '@baton/vrrp';
import { groupState, SyncGroups, type GroupChange, type MemberState } from './sync-groups.js';

const EDGE = { name: 'edge', routers: ['web', 'inside'] };
const member = (state: StateName, epoch = 0, atMs = 0, reason = 'startup'): MemberState =>
  ({ state, epoch, reason, atMs });
const story = (changes: readonly GroupChange[]): string[] =>
  changes.map(({ group, from, state, epoch, reason }) => `${group.name} ${from}>${state} ${String(epoch)} ${reason}`);

describe('the state of a sync group', () => {
  test.each([
    [['master', 'master'], 'master'],
    [['master', 'backup'], 'backup'],
    [['backup', 'backup'], 'backup'],
    [['master', 'fault'], 'fault'],
    [['initialize', 'fault'], 'fault'],
    [['backup', 'initialize'], 'initialize'],
    [['master', undefined], 'initialize'],
  ] as const)('of members that are %p is %s', (members, expected) => {
    expect(groupState(members)).toBe(expected);
  });
});

describe('sync groups', () => {
  test('are told once when all members have moved, and at once when the first one leaves', () => {
    const groups = new SyncGroups();
    expect(groups.configure([EDGE], EDGE.routers)).toEqual([]);
    expect(story(groups.note('web', member('backup')))).toEqual([]);
    expect(story(groups.note('inside', member('backup')))).toEqual(['edge initialize>backup 0 startup']);
    expect(story(groups.note('web', member('master', 3, 1, 'master-down-timer')))).toEqual([]);
    expect(story(groups.note('inside', member('master', 9, 1, 'master-down-timer'))))
      .toEqual(['edge backup>master 9 master-down-timer']);
    expect(story(groups.note('inside', member('fault', 9, 2, 'link-down')))).toEqual(['edge master>fault 9 link-down']);
    expect(story(groups.note('web', member('backup', 3, 2, 'group-member-left')))).toEqual([]);
    expect(story(groups.note('inside', member('backup', 9, 3, 'link-up')))).toEqual(['edge fault>backup 9 link-up']);
    expect(groups.list()).toEqual([{ group: EDGE, state: 'backup', epoch: 9, reason: 'link-up', atMs: 3 }]);
  });

  test('go straight to the state of the member that made the others leave, also when those are told first', () => {
    const groups = new SyncGroups();
    groups.configure([EDGE], EDGE.routers);
    for (const router of EDGE.routers) groups.note(router, member('master', 1));
    expect(story(groups.note('web', member('backup', 1, 2, 'group-member-left')))).toEqual([]);
    expect(story(groups.note('inside', member('fault', 1, 2, 'link-down')))).toEqual(['edge master>fault 1 link-down']);
    expect(story(groups.note('inside', member('backup', 1, 3, 'fault-cleared'))))
      .toEqual(['edge fault>backup 1 fault-cleared']);
  });

  test('leave at once when nobody is master any more whose leaving could be told', () => {
    const groups = new SyncGroups();
    groups.configure([EDGE], EDGE.routers);
    for (const router of EDGE.routers) groups.note(router, member('master', 1));
    groups.note('web', member('backup', 1, 2, 'group-member-left'));
    expect(story(groups.note('inside', member('backup', 1, 2, 'group-member-left'))))
      .toEqual(['edge master>backup 1 group-member-left']);
  });

  test('stop without another state when their members do, one after the other', () => {
    const groups = new SyncGroups();
    groups.configure([EDGE], EDGE.routers);
    for (const router of EDGE.routers) groups.note(router, member('master', 1));
    expect(story(groups.note('web', member('initialize', 1, 1, 'shutdown'))))
      .toEqual(['edge master>initialize 1 shutdown']);
    expect(groups.note('inside', member('initialize', 1, 1, 'shutdown'))).toEqual([]);
  });

  test('that are configured later take the state that their members are in', () => {
    const groups = new SyncGroups();
    groups.configure([], EDGE.routers);
    groups.note('web', member('master', 1, 5, 'master-down-timer'));
    groups.note('inside', member('master', 1, 6, 'master-down-timer'));
    expect(story(groups.configure([EDGE], EDGE.routers))).toEqual(['edge initialize>master 1 master-down-timer']);
    const smaller = { name: 'edge', routers: ['web'] };
    expect(groups.configure([smaller], EDGE.routers)).toEqual([]);
    expect(story(groups.configure([{ name: 'edge', routers: ['web', 'new'] }], ['web', 'new'])))
      .toEqual(['edge master>initialize 1 master-down-timer']);
    expect(groups.configure([], ['web'])).toEqual([]);
    expect(groups.list()).toEqual([]);
  });
});

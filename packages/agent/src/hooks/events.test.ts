import { describe, expect, test } from '@jest/globals';
import type { HookConfiguration } from '@baton/config';
import { hookArguments, hookEnvironment, hookEvent, hookInput, hooksFor, type HookOccurrence } from './events.js';

const occurrence: HookOccurrence = {
  subject: { kind: 'router', name: 'web' }, members: [], state: 'master', previousState: 'backup',
  reason: 'master-down-timer', epoch: 7, priority: 254, node: 'lb-a',
  addresses: ['192.0.2.10/24', '192.0.2.11/24'], atMs: Date.UTC(2026, 0, 1),
};
const ofGroup: HookOccurrence = {
  ...occurrence, subject: { kind: 'group', name: 'edge' }, members: ['web', 'inside'], priority: 0,
};
const hook = (
  on: HookConfiguration['on'], routers?: readonly string[], groups?: readonly string[],
): HookConfiguration => ({ on, routers, groups, run: ['/bin/notify', 'fixed'], timeoutMs: 1000 });

describe('what hooks are told', () => {
  test('the configured words come first, then the words of keepalived', () => {
    expect(hookArguments(hook(['master']), occurrence))
      .toEqual(['/bin/notify', 'fixed', 'INSTANCE', 'web', 'MASTER', '254']);
  });

  test('the environment is PATH, LANG and the transition, and nothing of the daemon', () => {
    expect(hookEnvironment(occurrence)).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8',
      BATON_ROUTER: 'web', BATON_STATE: 'master', BATON_PREVIOUS_STATE: 'backup', BATON_REASON: 'master-down-timer',
      BATON_EPOCH: '7', BATON_PRIORITY: '254', BATON_NODE: 'lb-a', BATON_ADDRESSES: '192.0.2.10/24 192.0.2.11/24',
    });
  });

  test('standard input is the event as one line of JSON', () => {
    const input = hookInput(occurrence);
    expect(input.endsWith('}\n')).toBe(true);
    expect(JSON.parse(input)).toEqual({
      time: '2026-01-01T00:00:00.000Z', event: 'state-changed', node: 'lb-a', router: 'web', state: 'master',
      previous_state: 'backup', reason: 'master-down-timer', epoch: 7, priority: 254,
      addresses: ['192.0.2.10/24', '192.0.2.11/24'],
    });
  });

  test('a sync group is told with the words of keepalived, its name and its members', () => {
    expect(hookArguments(hook(['master']), ofGroup)).toEqual(['/bin/notify', 'fixed', 'GROUP', 'edge', 'MASTER', '0']);
    const { BATON_GROUP, BATON_ROUTERS, BATON_ROUTER, BATON_PRIORITY, BATON_STATE } = hookEnvironment(ofGroup);
    expect({ BATON_GROUP, BATON_ROUTERS, BATON_ROUTER, BATON_PRIORITY, BATON_STATE }).toEqual({
      BATON_GROUP: 'edge', BATON_ROUTERS: 'web inside', BATON_ROUTER: undefined, BATON_PRIORITY: '0',
      BATON_STATE: 'master',
    });
    expect(JSON.parse(hookInput(ofGroup))).toMatchObject({
      event: 'group-state-changed', group: 'edge', routers: ['web', 'inside'], state: 'master', priority: 0,
    });
    expect(JSON.parse(hookInput(ofGroup))).not.toHaveProperty('router');
  });

  test('initialize runs no hook, every other state does', () => {
    expect((['initialize', 'backup', 'master', 'fault'] as const).map(hookEvent))
      .toEqual([undefined, 'backup', 'master', 'fault']);
  });

  test('hooks are chosen by state and router or group and keep the order of the file', () => {
    const all = [
      hook(['master']), hook(['backup']), hook(['master'], ['inside'], []), hook(['stop', 'master'], ['web'], []),
      hook(['master'], [], ['edge']), hook(['master'], ['edge'], ['web']),
    ];
    expect(hooksFor(all, 'master', { kind: 'router', name: 'web' })).toEqual([all[0], all[3]]);
    expect(hooksFor(all, 'master', { kind: 'group', name: 'edge' })).toEqual([all[0], all[4]]);
  });
});

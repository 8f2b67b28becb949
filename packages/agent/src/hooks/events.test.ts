import { describe, expect, test } from '@jest/globals';
import type { HookConfiguration } from '@baton/config';
import { hookArguments, hookEnvironment, hookEvent, hookInput, hooksFor, type HookOccurrence } from './events.js';

const occurrence: HookOccurrence = {
  router: 'web', state: 'master', previousState: 'backup', reason: 'master-down-timer', epoch: 7, priority: 254,
  node: 'lb-a', addresses: ['192.0.2.10/24', '192.0.2.11/24'], atMs: Date.UTC(2026, 0, 1),
};
const hook = (on: HookConfiguration['on'], routers?: readonly string[]): HookConfiguration =>
  ({ on, routers, run: ['/bin/notify', 'fixed'], timeoutMs: 1000 });

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

  test('initialize runs no hook, every other state does', () => {
    expect((['initialize', 'backup', 'master', 'fault'] as const).map(hookEvent))
      .toEqual([undefined, 'backup', 'master', 'fault']);
  });

  test('hooks are chosen by state and router and keep the order of the file', () => {
    const all = [hook(['master']), hook(['backup']), hook(['master'], ['inside']), hook(['stop', 'master'], ['web'])];
    expect(hooksFor(all, 'master', 'web')).toEqual([all[0], all[3]]);
  });
});

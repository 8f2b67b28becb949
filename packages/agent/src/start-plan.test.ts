import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Machine } from './machine.fixture.js';
import { fixedDifference } from './start-plan.js';

let machine: Machine;
beforeAll(() => { machine = new Machine(); });
afterAll(() => machine.dispose());

describe('a configuration for an engine that runs another one', () => {
  test.each([
    ['node', '1:7', { node: 'lb-z' }],
    ['state_directory', '8:18', { stateDirectory: '/elsewhere' }],
    ['runtime_directory', '9:20', { runtimeDirectory: '/elsewhere' }],
  ])('is refused with the place of %s when that differs', (key, place, difference) => {
    const before = machine.configuration(['web']);
    expect(fixedDifference(before, { ...before, ...difference })).toBe(
      `/etc/baton/baton.yaml:${place}: error: ${key}: cannot change while the daemon runs; restart it`);
  });

  test('may differ in everything else', () => {
    const after = machine.configuration(['web', 'api']);
    expect(fixedDifference(machine.configuration(['web']), { ...after, observe: true, peers: [] })).toBeUndefined();
  });
});

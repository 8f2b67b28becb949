import { describe, expect, test } from '@jest/globals';
import { groupArguments, instanceArguments } from './keepalived.js';

describe('keepalived dialect', () => {
  test.each([
    ['master', 254, ['INSTANCE', 'web', 'MASTER', '254']],
    ['backup', 100, ['INSTANCE', 'web', 'BACKUP', '100']],
    ['fault', 1, ['INSTANCE', 'web', 'FAULT', '1']],
    ['stop', 255, ['INSTANCE', 'web', 'STOP', '255']],
  ] as const)('%s at priority %i appends the words of a keepalived notify script', (state, priority, words) => {
    expect(instanceArguments('web', state, priority)).toEqual(words);
  });

  test.each(['master', 'backup', 'fault', 'stop'] as const)('%s of a sync group has the priority 0', (state) => {
    expect(groupArguments('edge', state)).toEqual(['GROUP', 'edge', state.toUpperCase(), '0']);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { PeerView } from './channel.js';
import type { Standing } from './messages.js';
import { chooseSuccessor } from './successor.js';

const standing = (change: Partial<Standing> = {}): Standing => ({
  router: 'web', state: 'backup', priority: { configured: 100, effective: 100 }, epoch: 0, sinceMs: 0,
  reason: 'startup', held: false, maintenance: false, faults: [], ...change,
});
const peer = (node: string, ...standings: readonly Standing[]): PeerView =>
  ({ node, version: '1.0.0', roundTripMs: 1, drift: [], standings });
const priority = (configured: number): Partial<Standing> => ({ priority: { configured, effective: 1 } });

describe('who takes over', () => {
  test('is the ready peer of the highest configured priority, whatever holds it back now', () => {
    const peers = [peer('lb-b', standing(priority(100))), peer('lb-c', standing({ ...priority(150), held: true }))];
    expect(chooseSuccessor('web', peers, undefined)).toEqual({ ok: true, node: 'lb-c' });
  });

  test('is the first by name where priorities are equal', () => {
    const peers = [peer('lb-c', standing()), peer('lb-b', standing())];
    expect(chooseSuccessor('web', peers, undefined)).toEqual({ ok: true, node: 'lb-b' });
  });

  test('is nobody but the one that is wanted', () => {
    const peers = [peer('lb-b', standing(priority(250))), peer('lb-c', standing(priority(1)))];
    expect(chooseSuccessor('web', peers, 'lb-c')).toEqual({ ok: true, node: 'lb-c' });
    expect(chooseSuccessor('web', peers, 'lb-d')).toEqual({ ok: false, why: 'lb-d is not connected' });
  });

  test.each([
    ['nobody is connected', [], 'no peer is connected'],
    ['it does not have the router', [peer('lb-b', standing({ router: 'inside' }))], 'lb-b does not have it'],
    ['it is in fault', [peer('lb-b', standing({ state: 'fault', faults: ['link-down'] }))],
      'lb-b is in fault (link-down)'],
    ['it is in maintenance', [peer('lb-b', standing({ state: 'fault', maintenance: true }))], 'lb-b is in maintenance'],
    ['it is master as well, or begins', [peer('lb-b', standing({ state: 'master' })),
      peer('lb-c', standing({ state: 'initialize' }))], 'lb-b is master, lb-c is initialize'],
  ])('is nobody when %s', (_, peers, why) => {
    expect(chooseSuccessor('web', peers, undefined)).toEqual({ ok: false, why });
  });
});

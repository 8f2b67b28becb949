import { describe, expect, test } from '@jest/globals';
import { advertisementOf } from './advertisement.js';
import { f3, GLOBAL6, heard, QUIET, Timeline, VIP, VIP_2, VIP_3 } from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';
import { heldAddresses, type VirtualRouterParameters } from './parameters.js';

const T = 3609.375;
const BOTH = '10.9.0.100,fd09::100';

function withExtras(changes: Partial<VirtualRouterParameters> = {}): VirtualRouterParameters {
  return f3({ ...QUIET, extraAddresses: [GLOBAL6], ...changes });
}

function reconfigured(changes: Partial<VirtualRouterParameters>): VirtualRouterInput {
  return { kind: 'parameters-changed', parameters: withExtras(changes) };
}

describe('extra addresses', () => {
  test('are claimed and announced behind the others at takeover, whatever their family', () => {
    const timeline = Timeline.started(withExtras()).until(T);
    expect(timeline.take().slice(1, 4)).toEqual([`${String(T)} claim ${BOTH}`, `${String(T)} send 100`,
      `${String(T)} announce ${BOTH} x5`]);
  });

  test('are never advertised', () => {
    expect(advertisementOf(withExtras(), 100).addresses).toEqual([VIP.address]);
    expect(heldAddresses(withExtras())).toEqual([VIP, GLOBAL6]);
  });

  test('are released with the others', () => {
    const timeline = Timeline.master(withExtras()).at(T, { kind: 'shutdown' });
    expect(timeline.take()).toContain(`${String(T)} release ${BOTH}`);
  });

  test('are repaired with the others after a losing advertisement', () => {
    const timeline = Timeline.master(withExtras()).at(T + 1, heard(50));
    expect(timeline.take()).toContain(`${String(T + 1)} announce ${BOTH} x1`);
  });

  test('that are added or removed at run time are taken and given up without an advert', () => {
    const timeline = Timeline.master(withExtras());
    timeline.at(T + 1, reconfigured({ extraAddresses: [VIP_2] }));
    expect(timeline.take().map((line) => line.replace(/^\S+ /u, ''))).toEqual([
      'release fd09::100', 'claim 10.9.0.100,10.9.0.101', 'announce 10.9.0.101 x5',
    ]);
  });

  test('that move between both lists are advertised, and not touched', () => {
    const timeline = Timeline.master(withExtras({ extraAddresses: [VIP_2] }));
    timeline.at(T + 1, reconfigured({ addresses: [VIP, VIP_2], extraAddresses: [] }));
    expect(timeline.take()).toEqual([`${String(T + 1)} send 100`]);
  });

  test('that change are a reason to try a refused claim again at once; another order is none', () => {
    const refused = (): Timeline => {
      const timeline = Timeline.master(withExtras({ extraAddresses: [VIP_2, VIP_3] })).at(T, { kind: 'claim-failed' });
      timeline.take();
      return timeline;
    };
    expect(refused().at(T, reconfigured({ extraAddresses: [VIP_3, VIP_2] })).take()).toEqual([]);
    expect(refused().at(T, reconfigured({ extraAddresses: [] })).take())
      .toEqual([`${String(T)} fault -> backup: fault-cleared`]);
  });
});

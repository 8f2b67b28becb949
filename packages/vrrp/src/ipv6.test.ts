import { describe, expect, test } from '@jest/globals';
import { advertisementOf } from './advertisement.js';
import { isBetterMaster } from './election.js';
import { adv6, f6, GLOBAL6, OWN6, P6, QUIET, Timeline, VIP6 } from './fixtures.js';
import type { VirtualRouterInput } from './inputs.js';

/** When F6 has become master of a silent network. */
const T = 3609.375;
const BOTH = `${VIP6.address},${GLOBAL6.address}`;

const heard6 = (priority: number, source = P6): VirtualRouterInput =>
  ({ kind: 'advertisement', advertisement: adv6(priority), source });

describe('a virtual router over IPv6', () => {
  test('D03: an owner is master at once, and every address is announced', () => {
    expect(Timeline.started(f6({ ...QUIET, priority: 255 })).take()).toEqual([
      `0 claim ${BOTH}`, '0 send 255', `0 announce ${BOTH} x5`, '0 initialize -> master: address-owner',
    ]);
  });

  test('E01: takes over from silence', () => {
    expect(Timeline.started(f6(QUIET)).until(T).take()).toEqual([
      '0 initialize -> backup: startup', `${String(T)} claim ${BOTH}`, `${String(T)} send 100`,
      `${String(T)} announce ${BOTH} x5`, `${String(T)} backup -> master: master-down-timer`,
    ]);
  });

  test('F07: equal priorities are decided by the link-local addresses, 16 unsigned bytes [RFC9568-6.4.3-4]', () => {
    // Ascending: the difference may be in the first byte or the last, and bytes above 0x7f are not negative.
    const ascending = ['fe80::7fff', 'fe80::8000', 'fe80::ff:fe00:1', 'fe80::ff00:0:0:1', 'fe80:0:0:1::', 'febf::1'];
    for (const [index, lower] of ascending.entries()) {
      for (const higher of ascending.slice(index + 1)) {
        expect([higher, isBetterMaster({ priority: 100, address: higher }, { priority: 100, address: lower })])
          .toEqual([higher, true]);
        expect([lower, isBetterMaster({ priority: 100, address: lower }, { priority: 100, address: higher })])
          .toEqual([lower, false]);
      }
    }
  });

  test('F07: a master yields to the higher link-local address and overrules the lower one [RFC9568-6.4.3-4]', () => {
    const master = (): Timeline => Timeline.master(f6(QUIET));
    expect(master().at(T + 300, heard6(100, P6)).router.state.kind).toBe('backup');
    const overruling = master().at(T + 300, heard6(100, 'fe80::7fff'));
    expect([overruling.router.state.kind, overruling.take()[0]]).toEqual(['master', `${String(T + 300)} send 100`]);
    expect(overruling.router.master).toEqual({ address: OWN6, priority: 100 });
  });

  test('A07, A09: advertises its link-local address first, however it is configured [RFC9568-5.2.9-2]', () => {
    expect(advertisementOf(f6({ addresses: [GLOBAL6, VIP6] }), 100)).toEqual(adv6(100));
  });
});

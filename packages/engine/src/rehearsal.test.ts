import type { AddressResult, OwnedAddress } from '@baton/net';
import { describe, expect, test } from '@jest/globals';
import { FakeHost } from './fixtures.js';
import { REHEARSALS, rehearsePromotion } from './rehearsal.js';

/** Rehearses on a host whose claims end as given, and returns what was asked of the kernel about addresses. */
function rehearse(result: AddressResult): { host: FakeHost; asked: string[] } {
  const host = new FakeHost();
  const asked: string[] = [];
  rehearsePromotion({
    ...host.ports,
    addressOwner: {
      list: () => [],
      claim: (place: OwnedAddress) => {
        asked.push(`claim ${place.interface} ${place.address}`);
        return result;
      },
      renew: () => [],
      release: (place: OwnedAddress) => {
        asked.push(`release ${place.interface} ${place.address}`);
        return { ok: true, already: true };
      },
    },
  });
  return { host, asked };
}

describe('the rehearsed promotion', () => {
  test('stays on the loopback interface and tells nobody', () => {
    const { host, asked } = rehearse({ ok: true, already: true, ours: false });
    expect(new Set(asked)).toEqual(new Set(['claim lo 127.0.0.1']));
    expect(asked).toHaveLength(REHEARSALS);
    expect(host.messages).toEqual([]);
    expect(host.calls.filter((call) => call.startsWith('open') || call.startsWith('close'))).toEqual([
      'open lo',
      'close lo',
    ]);
  });

  test('takes off what the loopback interface did not have before', () => {
    expect(rehearse({ ok: true, already: false, ours: true }).asked.at(-1)).toBe('release lo 127.0.0.1');
  });

  test('is of no consequence where loopback refuses', () => {
    const { host, asked } = rehearse({ ok: false, errno: 'ENODEV' });
    expect(asked.every((call) => call.startsWith('claim'))).toBe(true);
    expect(host.messages).toEqual([]);
  });
});

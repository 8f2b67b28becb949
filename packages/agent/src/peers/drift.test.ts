import { describe, expect, test } from '@jest/globals';
import { settings } from '../machine.fixture.js';
import { agreementOf, describeDrift } from './drift.js';
import { encodeFrame } from './frames.js';

const OURS = agreementOf({ routers: [settings('web')] });

describe('what two nodes have to agree on', () => {
  test('is no drift when it is the same, in any order of addresses', () => {
    const withAddresses = (...addresses: string[]): typeof OURS =>
      ({ ...OURS, routers: OURS.routers.map((router) => ({ ...router, addresses })) });
    const two = withAddresses('192.0.2.11/24', '192.0.2.10/24');
    const turned = withAddresses('192.0.2.10/24', '192.0.2.11/24');
    expect(describeDrift(OURS, OURS, 'lb-b')).toEqual([]);
    expect(describeDrift(two, turned, 'lb-b')).toEqual([]);
  });

  test.each([
    [{ vrid: 52 }, 'web: vrid is 51 here and 52 on lb-b'],
    [{ version: 2 }, 'web: version is 3 here and 2 on lb-b'],
    [{ advertIntervalMs: 100 }, 'web: advert_interval is 1000 ms here and 100 ms on lb-b'],
    [{ addresses: ['192.0.2.9/24'] }, 'web: addresses is 192.0.2.10/24 here and 192.0.2.9/24 on lb-b'],
    [{ authentication: 'hmac' }, 'web: authentication is none here and hmac on lb-b'],
  ])('%j is told', (difference, told) => {
    const theirs = { ...OURS, routers: OURS.routers.map((router) => ({ ...router, ...difference })) };
    expect(describeDrift(OURS, theirs, 'lb-b')).toEqual([told]);
  });

  test('a router of one node only is told', () => {
    const theirs = agreementOf({ routers: [settings('inside')] });
    expect(describeDrift(OURS, theirs, 'lb-b')).toEqual(
      ['web: is not configured on lb-b', 'inside: is configured on lb-b only']);
  });

  test('more routers than one message holds are left out, counted, and no drift', () => {
    const routers = Array.from({ length: 2000 }, (_, index) => settings(`router-${String(index)}`));
    const many = agreementOf({ routers });
    expect(encodeFrame(many)).toBeDefined();
    expect(many.routers.length + many.omitted).toBe(2000);
    expect(describeDrift(many, many, 'lb-b')).toEqual([`${String(many.omitted)} virtual routers were not compared`]);
  });
});

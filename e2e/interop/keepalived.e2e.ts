// Baton and Debian's keepalived 2.2.7 as one pair, each in both roles: the matrix, and a look into both kernels.
//
// A node whose daemons are all killed keeps the address in its kernel: keepalived for good, Baton too as long as the
// kernel has no lease on it. So the kernels are watched only while both daemons live.

import { describe, expect, test } from '@jest/globals';
import { runToEnd, waitFor, type LabNode } from '@baton/lab';
import { onLan, PREEMPTION_MS, type Bed } from '../support/bed.js';
import { START_DEADLINE_MS } from '../support/journal.js';
import { IPV4, IPV6, V2_INTERVAL_MS, type Cell } from './cells.js';
import { IS_BACKUP } from './contest.js';
import { testMatches } from './matches.js';

/** Adverts of a new master that prove that the other one accepts it. */
const SETTLED_ADVERTS = 8;

const cells: readonly Omit<Cell, 'daemons'>[] = [
  {
    name: 'version 2 without a password [I01]',
    router: { version: 2, advertIntervalMs: V2_INTERVAL_MS, addresses: IPV4 },
  },
  {
    name: 'version 2 with a password',
    router: { version: 2, advertIntervalMs: V2_INTERVAL_MS, addresses: IPV4, password: 'secret12' },
  },
  { name: 'version 3 IPv4', router: { addresses: IPV4 } },
  { name: 'version 3 IPv6 [I04]', router: { addresses: IPV6 } },
  { name: 'version 3 IPv4 unicast', router: { addresses: IPV4, unicast: true } },
  {
    name: 'version 3 IPv6 unicast, which keepalived sends with hop limit 64',
    router: { addresses: IPV6, unicast: true, lowestTtl: 64 },
  },
  { name: 'version 3 IPv4, virtual MAC on both', router: { addresses: IPV4, virtualMac: true } },
  { name: 'version 3 IPv6, virtual MAC on both', router: { addresses: IPV6, virtualMac: true } },
  { name: 'dual stack with virtual MACs', router: { addresses: [...IPV4, ...IPV6], virtualMac: true } },
  { name: 'dual stack, two instances in a sync group', router: { addresses: [...IPV4, ...IPV6] } },
];

describe('Baton and keepalived', () => {
  testMatches(cells.map((cell) => ({ ...cell, daemons: ['baton', 'keepalived'] })));
});

type Pair = { readonly first: LabNode; readonly second: LabNode };

const pairs: readonly (readonly [string, (bed: Bed) => Pair])[] = [
  [
    'Baton above keepalived',
    (bed) => ({ first: bed.baton('a', { priority: 254 }), second: bed.keepalived('b', { priority: 100 }) }),
  ],
  [
    'keepalived above Baton',
    (bed) => ({ first: bed.keepalived('a', { priority: 254 }), second: bed.baton('b', { priority: 100 }) }),
  ],
];

describe.each(pairs)('%s', (_, makePair) => {
  test('one kernel has the address, the other one after a stop, the first again when it returns, never two', () =>
    onLan(['a', 'b'], async (bed) => {
      const { first, second } = makePair(bed);
      const claims = await bed.watchClaims();
      await first.start();
      await bed.waitForHolders(['a'], START_DEADLINE_MS);
      await second.start();
      await waitFor('the second to be backup', START_DEADLINE_MS, () => IS_BACKUP.test(second.log));
      await first.stop();
      await bed.waitForHolders(['b'], 1_000);

      const capture = await bed.capture();
      await first.start();
      await bed.waitForHolders(['a'], START_DEADLINE_MS);
      await waitFor(`${String(SETTLED_ADVERTS)} adverts of the first, and none of the second`, 5_000, () => {
        const last = capture.adverts().slice(-SETTLED_ADVERTS);
        return last.length === SETTLED_ADVERTS && last.every(({ source }) => source === first.host.address);
      });

      expect(claims.longestOverlapMs).toBeLessThan(PREEMPTION_MS);
      expect(claims.soleHolders).toEqual(['a', 'b', 'a']);
    }));
});

test('the interoperation partner is keepalived 2.2.7 or later of the 2.2 series', async () => {
  const { stdout, stderr } = await runToEnd(['keepalived', '--version']);
  expect(stdout + stderr).toMatch(/Keepalived v2\.2\.([7-9]|\d\d)/u);
});

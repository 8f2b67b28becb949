// Baton and Debian's FRR 8.4 (vrrpd) as one pair, each in both roles. FRR always has the virtual MAC, on a macvlan of
// its own. Its kernel answers for the address whether or not it is master: only its adverts, and what it says to an ARP
// request or a neighbour solicitation, tell who it thinks it is.

import { describe, expect, test } from '@jest/globals';
import { runToEnd } from '@baton/lab';
import { IPV4, IPV6, V2_INTERVAL_MS, type Cell } from './cells.js';
import { testMatches } from './matches.js';

const cells: readonly Omit<Cell, 'daemons'>[] = [
  { name: 'version 2', router: { version: 2, advertIntervalMs: V2_INTERVAL_MS, addresses: IPV4 } },
  { name: 'version 3 IPv4', router: { addresses: IPV4 } },
  { name: 'version 3 IPv6', router: { addresses: IPV6 } },
  { name: 'version 3 IPv4, virtual MAC on both', router: { addresses: IPV4, virtualMac: true } },
  { name: 'version 3 IPv6, virtual MAC on both', router: { addresses: IPV6, virtualMac: true } },
  {
    name: 'version 3 IPv6, FRR without a link-local address in its list',
    router: { addresses: IPV6 },
    differences: { frr: { addresses: IPV6.slice(1) } },
    batonKeys: { rules: { tolerate_missing_link_local: true } },
  },
  { name: 'dual stack, of which FRR decides each family alone', router: { addresses: [...IPV4, ...IPV6] } },
];

describe('Baton and FRR [I05]', () => {
  testMatches(cells.map((cell) => ({ ...cell, daemons: ['baton', 'frr'] })));
});

test('the interoperation partner is vrrpd of FRR 8.4', async () => {
  const { stdout } = await runToEnd(['/usr/lib/frr/vrrpd', '--version']);
  expect(stdout).toMatch(/version 8\.4\./u);
});

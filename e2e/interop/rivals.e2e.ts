// keepalived and FRR as one pair, without Baton: what the matrix measures must hold for them too, or the matrix is
// wrong.

import { describe } from '@jest/globals';
import { IPV4, IPV6, V2_INTERVAL_MS, type Cell } from './cells.js';
import { testMatches } from './matches.js';

const cells: readonly Omit<Cell, 'daemons'>[] = [
  { name: 'version 2', router: { version: 2, advertIntervalMs: V2_INTERVAL_MS, addresses: IPV4 } },
  { name: 'version 3 IPv4', router: { addresses: IPV4 } },
  { name: 'version 3 IPv6', router: { addresses: IPV6 } },
  { name: 'version 3 IPv4, virtual MAC on both', router: { addresses: IPV4, virtualMac: true } },
];

describe('keepalived and FRR', () => {
  testMatches(cells.map((cell) => ({ ...cell, daemons: ['keepalived', 'frr'] })));
});

// Pairs that do not agree on everything.

import { describe, test } from '@jest/globals';
import { onLan } from '../support/bed.js';
import { IPV4 } from './cells.js';
import { Contest } from './contest.js';

const SLOW_MS = 1000;
const FAST_MS = 100;

describe('a backup learns the interval of its master', () => {
  test('Baton at 100 ms stays backup of keepalived at 1 s, and takes over when its patience at 1 s is over [I07]', () =>
    onLan(['a', 'b'], async (bed) => {
      const contest = await Contest.prepare(bed, {
        cell: {
          name: 'slow master',
          daemons: ['keepalived', 'baton'],
          router: { addresses: IPV4, advertIntervalMs: SLOW_MS },
          differences: { baton: { advertIntervalMs: FAST_MS } },
        },
        higher: 'keepalived',
        lower: 'baton',
      });
      await contest.startBoth();
      await contest.killMaster(contest.higher);
    }));

  test('FRR at 1 s takes over from Baton at 100 ms when its patience at 100 ms is over [I08]', () =>
    onLan(['a', 'b'], async (bed) => {
      const contest = await Contest.prepare(bed, {
        cell: {
          name: 'fast master',
          daemons: ['baton', 'frr'],
          router: { addresses: IPV4, advertIntervalMs: FAST_MS },
          differences: { frr: { advertIntervalMs: SLOW_MS } },
        },
        higher: 'baton',
        lower: 'frr',
      });
      await contest.startBoth();
      await contest.killMaster(contest.higher);
    }));
});

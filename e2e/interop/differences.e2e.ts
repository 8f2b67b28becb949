// Pairs that do not agree on everything.

import { describe, expect, test } from '@jest/globals';
import { waitFor } from '@baton/lab';
import { onLan } from '../support/bed.js';
import { readJournal, START_DEADLINE_MS, waitForTransition } from '../support/journal.js';
import { IPV4 } from './cells.js';
import { Contest } from './contest.js';

const SLOW_MS = 1000;
const FAST_MS = 100;
/** A daemon at 1 s adverts is up and master by then. */
const MASTER_DEADLINE_MS = 10_000;

describe('a backup learns the interval of its master', () => {
  test.concurrent(
    'Baton at 100 ms stays backup of keepalived at 1 s, and takes over when its patience at 1 s is over [I07]',
    () =>
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
      }),
  );

  test.concurrent('FRR at 1 s takes over from Baton at 100 ms when its patience at 100 ms is over [I08]', () =>
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
    }),
  );
});

describe('the checksum of version 3 over IPv4 [I02]', () => {
  test.concurrent(
    'Baton, told to be strict, counts what keepalived sends as a checksum error before its third advert',
    () =>
      onLan(['a', 'b'], async (bed) => {
        const master = bed.keepalived('a', { priority: 200, advertIntervalMs: SLOW_MS });
        const strict = bed.baton('b', {
          priority: 100,
          advertIntervalMs: SLOW_MS,
          router: { checksum: 'rfc9568-strict' },
        });
        await strict.start();
        await waitForTransition(strict, 'initialize>backup', START_DEADLINE_MS);
        const sent = await bed.captureFrom('a');
        await master.start();

        const discarded = await waitFor('a checksum error', MASTER_DEADLINE_MS, () =>
          readJournal(strict).find(({ event }) => event === 'advertisement-discarded'),
        );
        expect(discarded).toMatchObject({ reason: 'checksum-error', source: master.host.address });
        // Only the first advert is waited for: keepalived's timer starts anew with each advert of the strict one, which
        // it rejects as well, so it falls silent.
        const first = await waitFor('the first advert', MASTER_DEADLINE_MS, () => sent.adverts()[0]);
        expect(Date.parse(discarded.time) - first.atMs).toBeLessThan(2 * SLOW_MS);
        expect((await strict.router())?.statistics['checksum_errors']).toBeGreaterThan(0);
      }),
  );

  test.concurrent('Baton in the form of the RFC hears keepalived all the same and leaves it alone', () =>
    onLan(['a', 'b'], async (bed) => {
      const contest = await Contest.prepare(bed, {
        cell: {
          name: 'message only',
          daemons: ['keepalived', 'baton'],
          router: { addresses: IPV4 },
          batonKeys: { checksum: 'rfc9568' },
        },
        higher: 'keepalived',
        lower: 'baton',
      });
      await contest.startBoth();
      await contest.loseBackup();
    }),
  );
});

describe('the password of version 2 [I06]', () => {
  const cases: readonly (readonly [string, string | undefined, string | undefined, string])[] = [
    ['another password than ours', 'secret12', 'other123', 'authentication_failures'],
    ['no password where we have one', 'secret12', undefined, 'authentication_type_mismatches'],
    ['a password where we have none', undefined, 'other123', 'authentication_type_mismatches'],
  ];

  test.concurrent.each(cases)(
    'keepalived with %s is not heard, and every advert of it is counted',
    (_, ours, theirs, counter) =>
      onLan(['a', 'b'], async (bed) => {
        const options = { version: 2, advertIntervalMs: SLOW_MS } as const;
        const stranger = bed.keepalived('a', { ...options, priority: 200, ...withPassword(theirs) });
        const baton = bed.baton('b', { ...options, priority: 100, ...withPassword(ours) });
        const sent = await bed.captureFrom('a');
        await baton.start();
        await waitForTransition(baton, 'initialize>backup', START_DEADLINE_MS);
        await stranger.start();
        await waitFor('the first advert', MASTER_DEADLINE_MS, () => sent.adverts()[0]);

        await waitForTransition(baton, 'backup>master', MASTER_DEADLINE_MS);
        const status = await baton.router();
        expect(status?.statistics[counter]).toBeGreaterThan(0);
        expect(status?.statistics['adverts_received']).toBe(0);
      }),
  );
});

function withPassword(password: string | undefined): { readonly password?: string } {
  return password === undefined ? {} : { password };
}

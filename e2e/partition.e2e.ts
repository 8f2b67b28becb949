// A LAN that falls apart and comes together again: each side has a master meanwhile, and afterwards hosts must send to
// the one that stays.

import { describe, test } from '@jest/globals';
import { run, waitFor } from '@baton/lab';
import { onLan, VIP, type Bed } from './support/bed.js';
import { countAnswers, neighbourMac } from './support/client.js';
import { elect } from './support/journal.js';

/** Which of the two masters hears the other first is chance: often enough to see both. */
const PARTITIONS = 6;

/** The MAC of a node's eth0. */
async function macOf(bed: Bed, name: string): Promise<string> {
  const text = await run(['ip', '-n', bed.lan.host(name).namespace, 'link', 'show', 'dev', 'eth0']);
  return / link\/ether (\S+)/u.exec(text)?.[1] ?? '';
}

describe('after a partition', () => {
  test('D14: a host on the side of the loser knows the MAC of the winner 1 s later, every time [F29]', () =>
    onLan(['a', 'b'], async (bed) => {
      await elect(bed.baton('a', { priority: 200 }), bed.baton('b', { priority: 100 }));
      const [winner, loser] = [await macOf(bed, 'a'), await macOf(bed, 'b')];
      for (let count = 0; count < PARTITIONS; count += 1) {
        await bed.lan.cut('a');
        await bed.waitForHolders(['a', 'b'], 5_000);
        await waitFor(
          'the client to be answered by the other master',
          2_000,
          async () => (await countAnswers(bed.lan, VIP)) === 1 && (await neighbourMac(bed.lan, VIP)) === loser,
        );

        await bed.lan.heal('a');

        await bed.waitForHolders(['a'], 2_000);
        await waitFor('the client to learn', 1_000, async () => (await neighbourMac(bed.lan, VIP)) === winner);
      }
    }));
});

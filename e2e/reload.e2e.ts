// A reload while the daemon runs: all of it or nothing, and what it touches is what has changed.

import { describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { waitFor, type BatonNode } from '@baton/lab';
import type { ReloadReport } from '@baton/agent/control';
import { FAST_MS, onLan, VIP, VIP_PREFIX } from './support/bed.js';
import { keepAsking } from './support/client.js';
import { elect, lastState, story } from './support/journal.js';

const MORE = '10.9.0.101';
/** Of pings every 5 ms: what a busy machine may lose, and no change of a master could do without. */
const LOST_PINGS = 4;

/** Puts other text into the file of a node. */
function edit(node: BatonNode, from: string, to: string): void {
  const text = readFileSync(node.configurationFile, 'utf8');
  expect(text).toContain(from);
  writeFileSync(node.configurationFile, text.replace(from, to));
}

describe('baton reload', () => {
  test('D11: an invalid file changes nothing, every error has its line, and the status shows the refused one', () =>
    onLan(['a'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      await elect(a);
      const good = readFileSync(a.configurationFile, 'utf8');
      const lineOf = (key: string): number => good.split('\n').findIndex((line) => line.includes(`"${key}"`)) + 1;
      edit(a, '"vrid": 51', '"vrid": 510');
      edit(a, '"priority": 200', '"priority": 2000');
      const capture = await bed.capture();

      const refused = await a.command('reload');
      const refusedAtMs = Date.now();

      expect(refused.code).toBe(4);
      expect(refused.stderr.split('\n')).toEqual([
        expect.stringMatching(new RegExp(`baton.yaml:${String(lineOf('vrid'))}:\\d+: error: .*vrid: .* not 510`, 'u')),
        expect.stringMatching(
          new RegExp(`baton.yaml:${String(lineOf('priority'))}:\\d+: error: .*priority: .* not 2000`, 'u'),
        ),
        'baton: generation 2 was refused, nothing has changed: the file is invalid',
        '',
      ]);
      const status = await a.status();
      expect(status).toMatchObject({ generation: 1, alarms: [{ name: 'configuration-refused' }] });
      expect(status?.refused_configuration).toMatchObject({ generation: 2 });
      expect(status?.refused_configuration?.findings).toHaveLength(2);
      await capture.waitForAdvert('adverts after it', 1_000, ({ atMs }) => atMs > refusedAtMs + 3 * FAST_MS);
      expect(capture.adverts().every(({ vrid, priority }) => vrid === 51 && priority === 200)).toBe(true);
      expect(story(a)).toEqual(['initialize>backup startup', 'backup>master master-down-timer']);

      writeFileSync(a.configurationFile, good);
      const stdout = 'nothing changes\napplied as generation 2\n';
      expect(await a.command('reload')).toMatchObject({ code: 0, stdout });
      expect(await a.status()).toMatchObject({ generation: 2, alarms: [], refused_configuration: null });
    }));

  test('D12: an address more touches that address only: no state change, no ARP for the others, no outage', () =>
    onLan(['a', 'b'], async (bed) => {
      // No announcement of the election comes later than the election: no second burst, and none for the lease of a
      // master that might have died before.
      const router = { announce: { count: 1, delayed_count: 0 }, lease: '0s' };
      const a = bed.baton('a', { priority: 200, router });
      const b = bed.baton('b', { priority: 100, router });
      await elect(a, b);
      const before = [story(a), story(b)];
      for (const node of [a, b]) edit(node, `"${VIP_PREFIX}"`, `"${VIP_PREFIX}", "${MORE}/24"`);
      const capture = await bed.captureFrom('a');

      const planned = await a.command('reload', '--plan');
      expect(planned).toMatchObject({ code: 0, stderr: '' });
      expect(planned.stdout).toMatch(/^adds 10\.9\.0\.101\/24 to web; no interruption\nnothing was applied/u);
      expect(await bed.lan.addresses('a')).not.toContain(`${MORE}/24`);

      const asking = bed.stopAtEnd(await keepAsking(bed.lan, VIP));
      for (const node of [b, a]) {
        const result = await node.command('reload', '--json');
        expect(JSON.parse(result.stdout) as ReloadReport).toMatchObject({ outcome: 'applied', generation: 2 });
      }
      await waitFor('the new address', 1_000, async () => (await bed.lan.addresses('a')).includes(`${MORE}/24`));
      await waitFor('it to be announced', 2_000, () => capture.arpClaims(MORE).length > 0);
      await asking.stop('SIGINT');

      const [, asked, answered] = /(\d+) packets transmitted, (\d+) received/u.exec(asking.log) ?? [];
      expect(Number(asked) - Number(answered)).toBeLessThanOrEqual(LOST_PINGS);
      expect(capture.arpClaims(VIP).filter(({ sender, target }) => sender === target)).toEqual([]);
      expect([story(a), story(b)]).toEqual(before);
      expect([lastState(a), lastState(b)]).toEqual(['master', 'backup']);
    }));
});

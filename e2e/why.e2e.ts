// What an operator is told when an address has moved: why, on what evidence, and how long each step took.

import { describe, expect, test } from '@jest/globals';
import { waitFor, type BatonNode } from '@baton/lab';
import { onLan, VIP, VIP_PREFIX } from './support/bed.js';
import { elect, waitForTransition } from './support/journal.js';

/** `baton why --json`, as far as it is looked at here. */
interface Explanation {
  readonly router: string;
  readonly to: string;
  readonly reason: string;
  readonly evidence: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly steps: readonly { readonly step: string; readonly ms: number }[];
  readonly hooks: readonly { readonly run: string; readonly outcome: string }[];
  readonly next: readonly string[];
}

async function explanation(node: BatonNode): Promise<Explanation> {
  const { code, stdout, stderr } = await node.command('why', 'web', '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Explanation;
}

describe('baton why', () => {
  test('takes a takeover apart: who was heard last, the timer that ran, each step, the hook, and what comes next', () =>
    onLan(['a', 'b'], async (bed) => {
      const hooks = [{ on: ['master'], run: ['/bin/true'] }];
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100, file: { hooks } });
      await elect(a, b);
      await waitFor('b to hear a', 5_000, async () => (await b.router())?.master?.priority === 200);
      await a.kill();
      await waitForTransition(b, 'backup>master', 2_000);

      const told = await waitFor('the hook in the explanation', 5_000, async () => {
        const now = await explanation(b);
        return now.hooks.length === 0 ? undefined : now;
      });
      expect(told).toMatchObject({ router: 'web', to: 'master', reason: 'master-down-timer' });
      expect(told.fields).toMatchObject({
        heard_from: '10.9.0.1',
        heard_priority: 200,
        timer_armed_by: 'advertisement',
      });
      expect(told.fields['timer_interval_ms']).toBeCloseTo(360.938, 2);
      expect(told.fields['heard_ago_ms']).toBeGreaterThanOrEqual(360.9);
      expect(told.evidence[0]).toMatch(/heard: from a \(10\.9\.0\.1\), priority 200, every 100 ms/u);
      expect(told.steps.map(({ step }) => step)).toEqual([
        'waiting for the master',
        'advertisement sent',
        'addresses installed',
        'first announcement sent',
      ]);
      expect(told.hooks).toMatchObject([{ run: '/bin/true', outcome: 'exit code 0' }]);
      expect(told.next).toEqual([
        'if this node dies, a takes over after 322 ms (priority 200 when it was heard last)',
      ]);
    }));

  test('explains a router whose address the kernel refuses, and also when the daemon is stopped', () =>
    onLan(['a'], async (bed) => {
      const addresses = [{ address: VIP_PREFIX, interface: 'absent0' }];
      const a = bed.baton('a', { priority: 200, router: { addresses } });
      await a.start();
      await waitFor('the fault', 20_000, async () => {
        const { code } = await a.command('why');
        return code === 0 && (await explanation(a)).to === 'fault';
      });
      expect((await explanation(a)).evidence[0]).toBe(`the kernel refused ${VIP} on absent0: ENODEV`);
      await a.stop();

      const { code, stdout, stderr } = await a.command('why');
      expect(code).toBe(0);
      expect(stderr).toContain('these are the events that it recorded');
      expect(stdout).toMatch(/^web: fault > initialize at \S+, shutdown\n {2}because it was told to leave\n/u);
      expect((await a.command('why', 'wbe')).stderr).toContain('it knows web');
    }));
});

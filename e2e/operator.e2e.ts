// What an operator sees: status as table and as JSON in the shape of the interface, watched, and the journal.

import { describe, expect, test } from '@jest/globals';
import { LabProcess, waitFor } from '@baton/lab';
import type { JournalEvent, StatusReport } from '@baton/agent/control';
import { onLan, VIP_PREFIX } from './support/bed.js';
import { PROGRAM } from './support/baton.js';
import { elect, START_DEADLINE_MS, waitForTransition } from './support/journal.js';

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;

describe('baton status', () => {
  test('--json has the shape of the interface on both nodes', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      const seen = await waitFor('b to have heard a', 3_000, async () => {
        const report = await b.status();
        return report?.virtual_routers[0]?.master === null ? undefined : report;
      });

      const [router] = seen.virtual_routers;
      expect(Object.keys(seen)).toEqual([
        'node',
        'version',
        'generation',
        'maintenance',
        'virtual_routers',
        'sync_groups',
        'peers',
        'trackers',
        'floating_ips',
        'session_sync',
        'alarms',
        'engine',
        'refused_configuration',
        'control_channel',
      ]);
      expect(seen).toMatchObject({
        node: 'b',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/u) as unknown,
        generation: 1,
        maintenance: false,
        peers: [{ node: 'a', address: '10.9.0.1', connected: false, round_trip_ms: null, drift: [] }],
        trackers: [],
        floating_ips: [],
        session_sync: { tables: [] },
        alarms: [],
      } satisfies Partial<Record<keyof StatusReport, unknown>>);
      expect(router).toMatchObject({
        name: 'web',
        interface: 'eth0',
        vrid: 51,
        version: 3,
        state: 'backup',
        faults: [],
        priority: { configured: 100, effective: 100 },
        advert_interval_ms: 100,
        since: expect.stringMatching(ISO_TIME) as unknown,
        reason: 'startup',
        epoch: 0,
        addresses: [{ address: VIP_PREFIX, installed: false }],
        master: { node: 'a', address: '10.9.0.1', priority: 200 },
        peers: [{ node: 'a', address: '10.9.0.1', state: 'master', priority: 200 }],
      });
      expect(router?.master_down_interval_ms).toBeCloseTo(360.9375, 4);
      expect(router?.peers[0]?.last_heard_ms).toBeLessThan(361);
      expect(router?.statistics).toMatchObject({ adverts_sent: 0, became_master: 0, checksum_errors: 0 });
      expect(router?.statistics['adverts_received']).toBeGreaterThan(0);

      const [own] = (await a.status())?.virtual_routers ?? [];
      expect(own).toMatchObject({
        state: 'master',
        reason: 'master-down-timer',
        epoch: 1,
        addresses: [{ address: VIP_PREFIX, installed: true }],
        master: { node: 'a', address: '10.9.0.1', priority: 200 },
        statistics: { became_master: 1 },
      });
    }));

  test('shows both nodes in one table, and an address that somebody took away as not held', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      const rows = async (): Promise<readonly string[]> => (await b.command('status')).stdout.split('\n');

      const lines = await waitFor('b to have heard a', 3_000, async () => {
        const table = await rows();
        return table.some((line) => /^\s+a 10\.9\.0\.1\s+master\s+200\s/u.test(line)) ? table : undefined;
      });
      expect(lines[0]).toMatch(
        /^b {2}baton \S+ {2}generation 1 {2}engine \d+ \((raw-socket|native), (rr|normal)\)$/u,
      );
      expect(lines[2]?.split(/\s{2,}/u)).toEqual([
        'ROUTER',
        'NODE',
        'STATE',
        'PRIORITY',
        'SINCE',
        'REASON',
        'ADDRESSES',
        'LAST HEARD',
      ]);
      expect(lines[3]).toMatch(/^web\s+b \(this node\)\s+backup\s+100\s.*startup\s+10\.9\.0\.100\/24 not held/u);

      expect((await a.command('status')).stdout).toContain('10.9.0.100/24 held');
      await bed.lan.changeAddress('a', 'del', VIP_PREFIX);
      const shown = (await a.status())?.virtual_routers[0];
      expect(shown?.state === 'master' && shown.addresses[0]?.installed === true).toBe(
        (await bed.lan.addresses('a')).includes(VIP_PREFIX),
      );
    }));

  test('--watch shows a takeover within 3 s and ends with 0 when it is interrupted', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      const watch = bed.stopAtEnd(
        new LabProcess(b.host.namespace, [process.execPath, PROGRAM, 'status', '--watch', '-c', b.configurationFile]),
      );
      await waitFor('the first table', START_DEADLINE_MS, () => /b \(this node\)\s+backup/u.test(watch.log));

      await a.stop();

      await waitFor('the takeover in the table', 3_000, () => /b \(this node\)\s+master/u.test(watch.log));
      await watch.stop('SIGINT');
      expect(watch.ending).toBe(0);
    }));
});

describe('baton events', () => {
  test('--json shows every transition with its reason, of earlier lives too, --follow the next within 1 s', () =>
    onLan(['a', 'b'], async (bed) => {
      const a = bed.baton('a', { priority: 200 });
      const b = bed.baton('b', { priority: 100 });
      await elect(a, b);
      await a.stop();
      const takeover = await waitForTransition(b, 'backup>master', 1_500);
      await b.stop();
      await b.start();
      await waitForTransition(b, 'initialize>backup', START_DEADLINE_MS, { after: takeover });

      const told = await waitFor('the journal', START_DEADLINE_MS, async () => {
        const events = await b.events();
        return events.length === 0 ? undefined : events;
      });
      const changes = told.filter(({ event }) => event === 'state-changed').slice(0, 4);
      expect(changes.map(({ router, from, to, reason, epoch }) => [router, from, to, reason, epoch])).toEqual([
        ['web', 'initialize', 'backup', 'startup', 0],
        ['web', 'backup', 'master', 'priority-zero-received', 1],
        ['web', 'master', 'initialize', 'shutdown', 1],
        ['web', 'initialize', 'backup', 'startup', 1],
      ]);
      expect(told.every(({ time, level }) => ISO_TIME.test(time) && ['error', 'warn', 'info'].includes(level))).toBe(
        true,
      );
      // The agent stamps what happens to itself; what the engine told it meanwhile is older, and written down after it.
      const times = told.filter(({ event }) => event === 'state-changed').map(({ time }) => time);
      expect(times).toEqual([...times].sort());
      expect((await b.command('events', '--since', '1h')).stdout).toMatch(
        /info\s+web state-changed from=backup to=master reason=priority-zero-received/u,
      );

      const follow = bed.stopAtEnd(
        new LabProcess(b.host.namespace, [
          process.execPath,
          PROGRAM,
          'events',
          '--follow',
          '--json',
          '-c',
          b.configurationFile,
        ]),
      );
      await waitFor('the past', START_DEADLINE_MS, () => follow.lines.length >= told.length);
      await bed.lan.setCable('b', 'down');
      const fault = await waitFor('the fault to be followed', 1_000, () =>
        follow.lines.map(({ text }) => JSON.parse(text) as JournalEvent).find(({ to }) => to === 'fault'),
      );
      expect(fault).toMatchObject({ event: 'state-changed', level: 'error', router: 'web', reason: 'link-down' });
    }));
});

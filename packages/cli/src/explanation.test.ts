import { describe, expect, test } from '@jest/globals';
import type { JournalEvent } from '@baton/agent/control';
import { formatExplanation } from './explanation-text.js';
import { explain, History, spellMs, type Explanation } from './explanation.js';
import { peerState, routerStatus, statusReport } from './fixtures.js';

const AT = '2026-01-01T00:00:10.000Z';
const TAKEOVER: JournalEvent = {
  time: AT, event: 'state-changed', level: 'info', router: 'web', from: 'backup', to: 'master',
  reason: 'master-down-timer', epoch: 1, priority: 253, advertisement_ms: 0.14, addresses_ms: 0.37, announced_ms: 0.5,
  family: 'ipv4', interface: 'eth0', timer_armed_by: 'advertisement', timer_armed_ago_ms: 3011.7,
  timer_interval_ms: 3011.7, skew_time_ms: 11.7, master_advert_interval_ms: 1000, heard_from: '10.0.0.12',
  heard_priority: 254, heard_interval_ms: 1000, heard_ago_ms: 3011.7,
};

function hook(change: Readonly<Record<string, unknown>> = {}): JournalEvent {
  return {
    time: AT, event: 'hook-finished', level: 'info', router: 'web', state: 'master', run: '/bin/notify',
    outcome: 'exited', exit_code: 0, duration_ms: 12, ...change,
  };
}

function explained(events: readonly JournalEvent[], status = statusReport([])): Explanation[] {
  const history = new History();
  for (const event of events) history.note(event);
  return history.stories().map((story) => explain(story, status));
}

describe('an explanation', () => {
  test('takes a takeover apart: cause, evidence, steps, hooks and what comes next', () => {
    const away = { connected: false, version: null, round_trip_ms: null, drift: [] };
    const peers = [{ node: 'lb-b', address: '10.0.0.12', ...away }];
    const [explanation] = explained([TAKEOVER, hook()], statusReport([routerStatus()], { peers }));
    expect(explanation && formatExplanation(explanation)).toEqual([
      'web: backup > master at 2026-01-01T00:00:10.000Z, master-down-timer',
      '  because no master was heard for the master-down interval',
      '  evidence',
      '    last advertisement heard: from lb-b (10.0.0.12), priority 254, every 1.00 s, 3.01 s before the decision',
      '    master-down timer: set 3.01 s before the decision for 3.01 s by an advertisement of the master '
        + '(interval 1.00 s, skew 12 ms)',
      '  steps',
      '    waiting for the master   3.01 s',
      '    advertisement sent       0.14 ms',
      '    addresses installed      0.37 ms',
      '    first announcement sent  0.50 ms',
      '  hooks',
      '    /bin/notify  exit code 0, 12 ms',
      '  next',
      '    if this node dies, lb-b takes over after 3.61 s (priority 100 when it was heard last)',
    ]);
  });

  test('is of the newest transition of each router, by name, with the hooks of that one only', () => {
    const fault: JournalEvent = {
      ...TAKEOVER, from: 'master', to: 'fault', reason: 'link-down', level: 'error', faults: ['link-down'],
    };
    const told = explained([TAKEOVER, hook(), { ...fault, router: 'mail' }, fault, hook()]);
    expect(told.map(({ router, to, hooks }) => [router, to, hooks])).toEqual([
      ['mail', 'fault', []], ['web', 'fault', []],
    ]);
    expect(told[1]?.evidence.at(-1))
      .toBe('faults: its interface is down or has no carrier (interface eth0)');
  });

  test('names warnings of the ten seconds before, of the router and of the engine, and no others', () => {
    const warning = (router: string | undefined, time: string): JournalEvent => ({
      time, event: 'address-lost', level: 'warn', ...(router === undefined ? {} : { router }), address: '192.0.2.10',
    });
    const [told] = explained([
      warning('web', '2026-01-01T00:00:00.000Z'), warning('web', '2025-12-31T23:59:59.999Z'),
      warning('mail', AT), warning(undefined, AT), TAKEOVER,
    ]);
    expect(told?.evidence.slice(2)).toEqual([
      'address-lost at 2026-01-01T00:00:00.000Z: address=192.0.2.10', `address-lost at ${AT}: address=192.0.2.10`,
    ]);
  });

  test.each([
    [{ stalled_ms: 6000 }, 'the process did not run for 6.00 s'],
    [{ refused_address: '192.0.2.10', refused_interface: 'eth0', refused_errno: 'EACCES' },
      'the kernel refused 192.0.2.10 on eth0: EACCES'],
  ])('begins with what explains most: %j', (fields, sentence) => {
    expect(explained([{ ...TAKEOVER, ...fields }])[0]?.evidence[0]).toBe(sentence);
  });

  test('of a journal without evidence, and of a reason that is not known, still says what there is', () => {
    const event: JournalEvent = {
      time: AT, event: 'state-changed', level: 'info', router: 'web', from: 'backup', to: 'master', reason: 'new-token',
    };
    expect(explained([event])).toMatchObject([
      { cause: 'new-token', evidence: ['no advertisement was heard before it'], steps: [], hooks: [], next: [] },
    ]);
  });
});

describe('what comes next', () => {
  const master = { node: 'lb-b', address: '10.0.0.12', priority: 254 };

  test.each([
    ['a better master', { priority: { configured: 200, effective: 150 } },
      'this node does not preempt lb-b: its priority 150 is below 254'],
    ['an equal one', { priority: { configured: 254, effective: 254 } },
      'this node does not preempt lb-b: equal priorities'],
    ['preempt: false', { priority: { configured: 255, effective: 255 }, preempt: false },
      'this node does not preempt lb-b: preempt is false'],
    ['a delay', { priority: { configured: 255, effective: 255 } },
      'this node preempts lb-b when preempt_delay is over'],
  ])('of a backup says why it does not take over: %s', (_, change, sentence) => {
    const status = statusReport([routerStatus({ state: 'backup', master, ...change })]);
    expect(explained([TAKEOVER], status)[0]?.next).toEqual([
      'if lb-b dies, this node takes over 3.01 s after its last advertisement', sentence,
    ]);
  });

  test('of a master that has heard no backup is a span', () => {
    const status = statusReport([routerStatus({ peers: [peerState({ priority: null })] })]);
    expect(explained([TAKEOVER], status)[0]?.next[0]).toMatch(/time, 3\.00 s to 4\.00 s; backups do not advertise/u);
  });

  test('of a router in fault is what keeps it there', () => {
    const status = statusReport([routerStatus({ state: 'fault', faults: ['tracker-failed'] })]);
    expect(explained([TAKEOVER], status)[0]?.next)
      .toEqual(['this node takes no part until this is over: a tracker without a weight has failed']);
  });
});

test.each([[0.314, '0.31 ms'], [12.4, '12 ms'], [999, '999 ms'], [3011.7, '3.01 s']])('%d ms is %s', (ms, spelled) => {
  expect(spellMs(ms)).toBe(spelled);
});

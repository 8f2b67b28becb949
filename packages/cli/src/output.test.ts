import { describe, expect, test } from '@jest/globals';
import { familyStatus, peerState, routerStatus, statusReport } from './fixtures.js';
import { formatDuration, formatEvent, formatStatus, printable, styleFor } from './output.js';

const PLAIN = { colours: false };
const COLOURED = { colours: true };
const NOW_MS = Date.parse('2026-01-01T00:03:12.000Z');

describe('the status table', () => {
  test('shows this node and its peers, one row each', () => {
    expect(formatStatus(statusReport([routerStatus()]), NOW_MS, PLAIN)).toEqual([
      'lb-a  baton 0.1.0  generation 3  engine 42 (raw-socket, SCHED_RR)',
      '',
      'ROUTER  NODE              STATE   PRIORITY  SINCE                          REASON             '
        + 'ADDRESSES           LAST HEARD',
      'web     lb-a (this node)  master  254       2026-01-01 00:00:00Z (3m 12s)  master-down-timer  '
        + '192.0.2.10/24 held  -',
      '        lb-b 10.0.0.12    backup  100       -                              -                  '
        + '-                   312 ms ago',
    ]);
  });

  test('says what an effective priority was made of, and what is wrong instead of why it changed', () => {
    const router = routerStatus({
      state: 'fault', faults: ['link-down', 'tracker-failed'], priority: { configured: 200, effective: 150 },
      addresses: [{ address: '192.0.2.10/24', installed: false }], peers: [],
    });
    const [, , , row] = formatStatus(statusReport([router]), NOW_MS, PLAIN);
    expect(row?.split(/ {2,}/)).toEqual([
      'web', 'lb-a (this node)', 'fault', '150 of 200', '2026-01-01 00:00:00Z (3m 12s)', 'link-down, tracker-failed',
      '192.0.2.10/24 not held', '-',
    ]);
  });

  test('says that a router has let go of its mastership', () => {
    const router = routerStatus({ state: 'backup', held: true, priority: { configured: 200, effective: 1 } });
    expect(formatStatus(statusReport([router]), NOW_MS, PLAIN)[3]).toContain('  backup (held)  1 of 200  ');
  });

  test('counts several addresses', () => {
    const addresses = ['192.0.2.10/24', '192.0.2.11/24', '192.0.2.12/24'];
    const router = routerStatus({ addresses: addresses.map((address, index) => ({ address, installed: index < 2 })) });
    expect(formatStatus(statusReport([router]), NOW_MS, PLAIN)[3]).toContain('  192.0.2.10/24 +2, 2 of 3 held  ');
  });

  test('shows a peer that was never heard, and a stranger by its address', () => {
    const peers = [
      peerState({ state: 'unknown', priority: null, last_heard_ms: null, checksum: null, advert_interval_ms: null }),
      peerState({ node: null, address: '10.0.0.99', state: 'master', priority: 255, last_heard_ms: 61_000 }),
    ];
    const rows = formatStatus(statusReport([routerStatus({ peers })]), NOW_MS, PLAIN).slice(4);
    expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
      ['lb-b 10.0.0.12', 'unknown', '-', '-', '-', '-', 'never'],
      ['10.0.0.99', 'master', '255', '-', '-', '-', '1m 1s ago'],
    ]);
  });

  test('shows what is unusual in the advertisements of a peer', () => {
    const peers = [peerState({ checksum: 'message-only', advert_interval_ms: 500 })];
    expect(formatStatus(statusReport([routerStatus({ peers })]), NOW_MS, PLAIN)[4])
      .toContain('  every 500 ms, checksum message-only  ');
    expect(formatStatus(statusReport([routerStatus({ version: 2, peers: [peerState({ checksum: 'message-only' })] })]),
      NOW_MS, PLAIN)[4]).not.toContain('checksum');
  });

  test('shows both families of a router in one row, and which one holds it back', () => {
    const addresses = ['192.0.2.10/24', 'fe80::200:5eff:fe00:233/64', '2001:db8::10/64']
      .map((address, index) => ({ address, installed: index === 0 }));
    const families = [familyStatus(), familyStatus({ family: 'ipv6', state: 'backup' })];
    const peers = [peerState(), peerState({ node: null, address: 'fe80::ff:fe00:2' })];
    const router = routerStatus({ state: 'backup', addresses, families, peers });
    const rows = formatStatus(statusReport([router]), NOW_MS, PLAIN).slice(3);
    expect(rows.map((row) => row.trim().split(/ {2,}/u))).toEqual([
      ['web', 'lb-a (this node)', 'backup (IPv4 master, IPv6 backup)', '254', '2026-01-01 00:00:00Z (3m 12s)',
        'master-down-timer', '192.0.2.10/24 2001:db8::10/64 +1, 1 of 3 held', '-'],
      ['lb-b 10.0.0.12', 'backup', '100', '-', '-', '-', '312 ms ago'],
      ['fe80::ff:fe00:2', 'backup', '100', '-', '-', '-', '312 ms ago'],
    ]);
  });

  test('keeps its columns with the longest of IPv6 addresses', () => {
    const address = '2001:db8:1111:2222:3333:4444:5555:6666';
    const peers = [peerState({ node: null, address: 'fe80::1111:2222:3333:4444' })];
    const router = routerStatus({ addresses: [{ address: `${address}/128`, installed: true }], peers });
    const rows = formatStatus(statusReport([router]), NOW_MS, PLAIN).slice(2);
    expect(new Set(rows.map((row) => /^.*(?:LAST HEARD|-|312 ms ago)$/u.test(row)))).toEqual(new Set([true]));
    expect(rows[0]?.indexOf('LAST HEARD')).toBe(rows[2]?.indexOf('312 ms ago'));
    expect(rows[1]).toContain(`${address}/128 held`);
  });

  test('shows a link-local address when there is no other', () => {
    const router = routerStatus({ addresses: [{ address: 'fe80::1/64', installed: true }] });
    expect(formatStatus(statusReport([router]), NOW_MS, PLAIN)[3]).toContain('  fe80::1/64 held  ');
  });

  test('shows the sync groups below the table', () => {
    const group = {
      name: 'edge', state: 'fault', since: '2026-01-01T00:00:00.000Z', reason: 'link-down',
      virtual_routers: ['web', 'inside'],
    } as const;
    expect(formatStatus(statusReport([], { sync_groups: [group] }), NOW_MS, PLAIN).slice(3)).toEqual(
      ['', 'GROUP edge  fault since 2026-01-01 00:00:00Z (3m 12s)  link-down  web, inside']);
  });

  test('ends with the alarms, and says when there is nothing yet', () => {
    const alarms = [{ name: 'vrid-collision', subject: '', since: '2026-01-01T00:00:00.123Z', detail: 'two\u001B[2J' }];
    expect(formatStatus(statusReport([], { alarms, maintenance: true }), NOW_MS, PLAIN)).toEqual([
      'lb-a  baton 0.1.0  generation 3  engine 42 (raw-socket, SCHED_RR)  maintenance', '',
      'no virtual routers yet', '',
      'ALARM vrid-collision since 2026-01-01 00:00:00Z: two\\u{1b}[2J',
    ]);
  });

  test.each([
    ['a master that holds its address', {}, '\u001B[32m192.0.2.10/24 held\u001B[39m'],
    ['a master that does not', { addresses: [{ address: 'x', installed: false }] }, '\u001B[31mx not held\u001B[39m'],
    ['a backup that does', { state: 'backup' }, '\u001B[31m192.0.2.10/24 held\u001B[39m'],
    ['a backup that does not', { state: 'backup', addresses: [{ address: 'x', installed: false }] }, '  x not held  '],
  ] as const)('colours %s', (_, change, expected) => {
    expect(formatStatus(statusReport([routerStatus(change)]), NOW_MS, COLOURED)[3]).toContain(expected);
  });

  test('has the same columns with and without colours', () => {
    const report = statusReport([routerStatus(), routerStatus({ name: 'a-long-name', state: 'fault' })]);
    const uncoloured = formatStatus(report, NOW_MS, COLOURED).map((line) => line.replaceAll(/\u001B\[\d+m/g, ''));
    expect(uncoloured).toEqual(formatStatus(report, NOW_MS, PLAIN));
  });
});

describe('an event', () => {
  test('is one line: time, level, router, event, fields', () => {
    const event = {
      time: '2026-01-01T00:00:00.000Z', event: 'state-changed', level: 'info', router: 'web', from: 'backup',
        to: 'master', latency_ms: 0.4,
    } as const;
    expect(formatEvent(event, PLAIN)).toBe(
      '2026-01-01T00:00:00.000Z info  web state-changed from=backup to=master latency_ms=0.4');
  });

  test('puts in quotes what is not one plain word, and never writes a control character', () => {
    const event = {
      time: 't', event: 'hook-finished', level: 'warn', output: 'a b\n\u001B[2J', empty: '', list: ['x', 1],
        nothing: null, odd: '\u202E',
    } as const;
    expect(formatEvent(event, PLAIN)).toBe(
      't warn  hook-finished output="a b\\n\\u001b[2J" empty="" list=["x",1] nothing=null odd="\\u{202e}"');
  });
});

describe('a length of time', () => {
  test.each([
    [-5, '0 ms'], [0, '0 ms'], [312.4, '312 ms'], [999, '999 ms'], [1000, '1s'], [59_999, '59s'], [60_000, '1m'],
      [192_000, '3m 12s'],
    [3_600_000, '1h'], [3_605_000, '1h'], [93_600_000, '1d 2h'],
  ])('of %p ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('colours', () => {
  test.each([
    [true, {}, true], [false, {}, false], [undefined, {}, false], [true, { NO_COLOR: '1' }, false],
      [true, { NO_COLOR: '' }, true],
  ])('for a terminal (%p) with the environment %p: %p', (isTTY, environment, colours) => {
    expect(styleFor(isTTY === undefined ? {} : { isTTY }, environment)).toEqual({ colours });
  });
});

test('text is printable when it has no control characters left', () => {
  expect(printable('a\tb\u0000\u007F\u009B c')).toBe('a\\u{9}b\\u{0}\\u{7f}\\u{9b} c');
});

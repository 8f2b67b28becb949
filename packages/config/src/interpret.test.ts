// Every key by its effect, and every way to get it wrong by its place.

import { describe, expect, test } from '@jest/globals';
import type { VirtualRouterParameters } from '@baton/vrrp';
import type { Configuration, Finding } from './configuration.js';
import { formatFinding } from './findings.js';
import { interpretConfiguration } from './load.js';

/** A file whose router has these further keys, from line 4 on. */
function withRouter(keys: string): string {
  const others = 'interface: eth0\n    vrid: 51\n    addresses: [192.0.2.10/24]';
  return `node: lb-a\nvirtual_routers:\n  web:\n    ${keys}\n    ${others}\n`;
}

/** A file with a router that has these addresses, the first one at 3:47. */
function withAddresses(list: string): string {
  return `node: a\nvirtual_routers:\n  web: {interface: eth0, vrid: 1, addresses: [${list}]}\n`;
}

/** A file with these further keys, from line 1 on. */
function withKeys(keys: string): string {
  return `${keys}\nnode: lb-a\nvirtual_routers:\n  web: {interface: eth0, vrid: 51, addresses: [192.0.2.10/24]}\n`;
}

/** What a text means, whatever line it stands in. */
function configuration(text: string): Configuration {
  const result = interpretConfiguration(text, '/etc/baton/baton.yaml');
  if (!result.ok) throw new Error(result.findings.map(formatFinding).join('\n'));
  return { ...result.configuration, places: {} };
}

function findings(text: string): readonly Finding[] {
  const result = interpretConfiguration(text, 'f');
  return result.ok ? result.warnings : result.findings;
}

function lines(text: string): readonly string[] {
  return findings(text).map(formatFinding);
}

/** The parameters of the only family of the only router. */
function onlyFamily(text: string): VirtualRouterParameters | undefined {
  const { routers } = configuration(text);
  return routers.length === 1 && routers[0]?.families.length === 1 ? routers[0].families[0] : undefined;
}

describe('a key of a virtual router has its effect', () => {
  const plain = onlyFamily(withRouter('version: 3'));

  test.each([
    ['priority: 1', { priority: 1 }],
    ['advert_interval: 100ms', { advertIntervalMs: 100, leaseSeconds: 1 }],
    ['advert_interval: 40.95s', { advertIntervalMs: 40_950, leaseSeconds: 164 }],
    ['lease: auto', { leaseSeconds: 4 }],
    ['lease: 30s', { leaseSeconds: 30 }],
    ['lease: 0s', { leaseSeconds: undefined }],
    ['priority: 255', { priority: 255, leaseSeconds: undefined }],
    ['lease: {lb-a: 9s, lb-b: 0s}', { leaseSeconds: 9 }],
    ['preempt: false', { preemptMode: false }],
    ['preempt_delay: 1.5s', { preemptDelayMs: 1500 }],
    ['startup_delay: 2m', { startupDelayMs: 120_000 }],
    ['checksum: rfc9568', { checksum: 'rfc9568' }],
    ['checksum: pseudo-header', { checksum: 'pseudo-header' }],
    ['checksum: rfc9568-strict', { checksum: 'rfc9568-strict' }],
    ['announce: {count: 0}', { announce: { count: 0, delayMs: 5000, delayedCount: 5, refreshMs: 0 } }],
    ['announce: {delay: 0s}', { announce: { count: 5, delayMs: 0, delayedCount: 5, refreshMs: 0 } }],
    ['announce: {delayed_count: 100}', { announce: { count: 5, delayMs: 5000, delayedCount: 100, refreshMs: 0 } }],
    ['announce: {refresh: 10s}', { announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 10_000 } }],
  ])('%s', (keys, effect) => {
    expect(onlyFamily(withRouter(keys))).toEqual({ ...plain, ...effect });
  });

  test('interface, vrid and name', () => {
    expect(onlyFamily(
      'node: a\nvirtual_routers: {x-1.y_Z: {interface: br0.100, vrid: 255, addresses: [10.0.0.1/8]}}\n'))
      .toEqual({
        ...plain, name: 'x-1.y_Z', interface: 'br0.100', vrid: 255,
        addresses: [{ address: '10.0.0.1', prefixLength: 8 }],
      });
  });

  test('addresses keep their order, and may say where they go and under which label', () => {
    const placed = '{address: 192.0.2.11/31, interface: eth1, label: "eth1:web"}';
    const text = withAddresses(`192.0.2.12/32, ${placed}, {address: 192.0.2.10/24}`);
    expect(onlyFamily(text)?.addresses).toEqual([
      { address: '192.0.2.12', prefixLength: 32 },
      { address: '192.0.2.11', prefixLength: 31, interface: 'eth1', label: 'eth1:web' },
      { address: '192.0.2.10', prefixLength: 24 },
    ]);
  });
});

describe('a key of the file has its effect', () => {
  const plain = configuration(withKeys(''));

  test.each([
    ['observe: true', { observe: true }],
    ['log: {level: debug}', { log: { level: 'debug', format: 'text', file: undefined } }],
    ['log: {format: json}', { log: { level: 'info', format: 'json', file: undefined } }],
    ['log: {file: /var/log/baton.log}', { log: { level: 'info', format: 'text', file: '/var/log/baton.log' } }],
    ['state_directory: /x', { stateDirectory: '/x' }],
    ['runtime_directory: y', { runtimeDirectory: '/etc/baton/y' }],
    ['peers: {b: 10.0.0.12}', { peers: [{ node: 'b', address: '10.0.0.12', port: 8512 }] }],
    ['peers: {b: {address: 10.0.0.12, port: 9}}', { peers: [{ node: 'b', address: '10.0.0.12', port: 9 }] }],
    ['peers: {b: "2001:DB8::0:1"}', { peers: [{ node: 'b', address: '2001:db8::1', port: 8512 }] }],
    ['peers: {b: {address: {lb-a: 10.0.0.12, b: 10.0.0.13}}}',
      { peers: [{ node: 'b', address: '10.0.0.12', port: 8512 }] }],
    ['peers: {lb-a: 10.0.0.11}', { peers: [], ownAddress: '10.0.0.11' }],
    ['peers: {}', { peers: [] }],
    ['hooks: []', { hooks: [] }],
    ['hooks: [{on: [stop, master], run: [/bin/true]}]',
      { hooks: [{ on: ['master', 'stop'], routers: undefined, groups: undefined, run: ['/bin/true'],
        timeoutMs: 10_000 }] }],
    ['hooks: [{on: [all], routers: [web], run: [/bin/true, a], timeout: 500ms, on_failure: ignore}]',
      { hooks: [{ on: ['master', 'backup', 'fault', 'stop'], routers: ['web'], groups: [], run: ['/bin/true', 'a'],
        timeoutMs: 500 }] }],
  ])('%s', (keys, effect) => {
    expect(configuration(withKeys(keys))).toEqual({ ...plain, ...effect });
  });

  test('node', () => {
    expect(configuration(withKeys('').replace('lb-a', 'other')).node).toBe('other');
  });
});

describe('a wrong value of a virtual router is refused with its place', () => {
  const address = 'an IP address with its prefix length such as 192.0.2.10/24';
  const interval = 'a duration 10ms..255s in steps of 10ms (version 3 10ms..40.95s, version 2 whole seconds)';
  const checksum = 'one of auto, pseudo-header, rfc9568, rfc9568-strict';

  test.each([
    ['priority: 0', '15: error: KEY: must be an integer 1..255, not 0'],
    ['priority: 256', '15: error: KEY: must be an integer 1..255, not 256'],
    ['priority: 1.5', '15: error: KEY: must be an integer 1..255, not the number 1.5'],
    ['priority: high', "15: error: KEY: must be an integer 1..255, not 'high'"],
    ['priority: "100"', "15: error: KEY: must be an integer 1..255, not '100'"],
    ['priority: [100]', '15: error: KEY: must be an integer 1..255, not a list'],
    ['priority:', '5: error: KEY: must be an integer 1..255, not empty'],
    ['priority: .nan', '15: error: KEY: must be an integer 1..255, not the number .nan'],
    ['version: 4', '14: error: KEY: must be 2 or 3, not 4'],
    ['version: three', "14: error: KEY: must be 2 or 3, not 'three'"],
    ['advert_interval: 9ms', `22: error: KEY: must be ${interval}, not 9ms`],
    ['advert_interval: 41s', '22: error: KEY: must be a duration 10ms..40.95s in steps of 10ms, not 41s'],
    ['advert_interval: 15ms', `22: error: KEY: must be ${interval}, not 15ms`],
    ['advert_interval: 1', `22: error: KEY: must be ${interval}, not the number 1; add the unit: 1s`],
    ['advert_interval: soon', `22: error: KEY: must be ${interval}, not 'soon'`],
    ['preempt: yes', "14: error: KEY: must be true or false, not 'yes'"],
    ['preempt: 1', '14: error: KEY: must be true or false, not the number 1'],
    ['preempt_delay: 61m', '20: error: KEY: must be a duration 0s..1h, not 61m'],
    ['startup_delay: -1s', "20: error: KEY: must be a duration 0s..1h, not '-1s'"],
    ['checksum: rfc5798',
      `15: error: KEY: must be ${checksum}, not 'rfc5798'; the nearest is 'rfc9568'`],
    ['checksum: 1', `15: error: KEY: must be ${checksum}, not the number 1`],
    ['announce: 5',
      '15: error: KEY: must be a map with the keys count, delay, delayed_count, refresh, not the number 5'],
    ['announce: {count: 101}', '23: error: KEY.count: must be an integer 0..100, not 101'],
    ['announce: {delay: 99ms}', '23: error: KEY.delay: must be a duration 100ms..1h or 0s (no second burst), not 99ms'],
    ['announce: {refresh: 1ms}', '25: error: KEY.refresh: must be a duration 1s..1d or 0s (never), not 1ms'],
    ['announce: {cunt: 1}', "16: error: KEY.cunt: there is no such key; the nearest is 'count'"],
    ['prioritty: 100', "5: error: KEY: there is no such key; the nearest is 'priority'"],
    ['bandwidth: 100',
      '5: error: KEY: there is no such key; the keys here are interface, vrid, version, priority, advert_interval, '
      + 'addresses, preempt, preempt_delay, startup_delay, unicast, source_address, known_routers, checksum, rules, '
      + 'authentication, virtual_mac, accept, extra_addresses, routes, lease, announce'],
    ['tracks: []',
      "5: error: KEY: there is no such key; the nearest is 'track', which is not supported by this version of Baton"],
  ])('%s', (keys, expected) => {
    const key = `virtual_routers.web.${keys.split(':')[0] ?? ''}`;
    expect(lines(withRouter(keys))).toEqual([`f:4:${expected.replace('KEY', key)}`]);
  });

  test.each([
    ['192.0.2.10/33', `must be ${address}, not '192.0.2.10/33'`],
    ['192.0.2.256/24', `must be ${address}, not '192.0.2.256/24'`],
    ['192.0.2.010/24', `must be ${address}, not '192.0.2.010/24'`],
    ['web.example.com', `must be ${address}, not 'web.example.com'`],
    ['5', `must be ${address}, not the number 5`],
    ['"2001:db8::10/129"', `must be ${address}, not '2001:db8::10/129'`],
    ['"fe80::1%eth0/64"', `must be ${address}, not 'fe80::1%eth0/64'`],
    ['"::/128"', 'must be an address that a host can hold; :: is not'],
    ['"::1/128"', 'must be an address that a host can hold; ::1 is not'],
    ['"ff02::12/128"', 'must be an address that a host can hold; ff02::12 is not'],
    ['"::ffff:192.0.2.1/128"', 'must be an address that a host can hold; ::ffff:c000:201 is not'],
    ['0.0.0.0/0', 'must be an address that a host can hold; 0.0.0.0 is not'],
    ['127.0.0.1/8', 'must be an address that a host can hold; 127.0.0.1 is not'],
    ['224.0.0.18/32', 'must be an address that a host can hold; 224.0.0.18 is not'],
    ['255.255.255.255/32', 'must be an address that a host can hold; 255.255.255.255 is not'],
    ['[192.0.2.1/24]', `must be ${address}, or a map with address, interface and label, not a list`],
  ])('the address %s', (spelled, message) => {
    const text = withAddresses(`192.0.2.1/24, ${spelled}`);
    expect(lines(text)).toEqual([`f:3:61: error: virtual_routers.web.addresses[1]: ${message}`]);
  });

  test.each([
    ['{interface: eth1}', '61: error: virtual_routers.web.addresses[1].address: is required: '],
    ['{address: 192.0.2.2}',
      '71: warning: virtual_routers.web.addresses[1].address: has no prefix length and is taken as /32; '],
    ['{address: 192.0.2.2/24, label: this-is-too-long}',
      '92: error: virtual_routers.web.addresses[1].label: must be an address label '],
    ['{address: 192.0.2.2/24, via: eth1}', '85: error: virtual_routers.web.addresses[1].via: there is no such key; '],
  ])('the address %s', (spelled, start) => {
    const text = withAddresses(`192.0.2.1/24, ${spelled}`);
    expect(lines(text)).toEqual([expect.stringContaining(`f:3:${start}`)]);
  });

  test('without addresses, interface and VRID: all three at the router', () => {
    expect(lines('node: a\nvirtual_routers:\n  web: {priority: 1}\n')).toEqual([
      'f:3:8: error: virtual_routers.web.interface: is required: an interface name of 1 to 15 characters without '
        + 'spaces, slashes and colons',
      'f:3:8: error: virtual_routers.web.vrid: is required: an integer 1..255',
      expect.stringContaining(
        'f:3:8: error: virtual_routers.web.addresses: is required: a list with at least one entry'),
    ]);
  });

  test.each(['""', 'abcdefghijklmnop', 'a/b', 'a b', '"eth0:1"', '"."', '".."'])('the interface %s', (spelled) => {
    const text = `node: a\nvirtual_routers:\n  web: {interface: ${spelled}, vrid: 1, addresses: [192.0.2.1/24]}\n`;
    expect(findings(text)).toMatchObject(
      [{ line: 3, column: 20, key: 'virtual_routers.web.interface', code: 'wrong-text' }]);
  });

  test.each(['a b', 'x'.repeat(65), 'ü', 'a/b'])('the name %s', (name) => {
    const text = `node: a\nvirtual_routers:\n  ${name}: {interface: eth0, vrid: 1, addresses: [192.0.2.1/24]}\n`;
    expect(findings(text)).toMatchObject([{ line: 3, column: 3, key: `virtual_routers.${name}`, code: 'wrong-text' }]);
  });
});

describe('a wrong key of the file is refused with its place', () => {
  test.each([
    ['piers: {}', "1:1: error: piers: there is no such key; the nearest is 'peers'"],
    ['Observe: true', "1:1: error: Observe: there is no such key; the nearest is 'observe'"],
    ['__proto__: {a: 1}', /^1:1: error: __proto__: there is no such key; the keys here are node, peers/],
    ['constructor: {a: 1}', /^1:1: error: constructor: there is no such key; /],
    ['toString: 1', /^1:1: error: toString: there is no such key; /],
    ['"<<": {observe: true}', /^1:1: error: <<: there is no such key; /],
    ['peers: [10.0.0.1]', '1:8: error: peers: must be a map of names, not a list'],
    ['peers: {b: 10.0.0.300}', "1:12: error: peers.b: must be an IP address such as 10.0.0.12, not '10.0.0.300'"],
    ['peers: {b: [10.0.0.3]}',
      '1:12: error: peers.b: must be an IP address such as 10.0.0.12, or a map with address and port, not a list'],
    ['peers: {b: {port: 1}}', '1:12: error: peers.b.address: is required: an IP address such as 10.0.0.12'],
    ['peers: {b: {address: 10.0.0.3, port: 0}}', '1:38: error: peers.b.port: must be an integer 1..65535, not 0'],
    ['peers: {b: 10.0.0.3, c: 10.0.0.3}', "1:22: error: peers.c: 10.0.0.3 is already the address of 'b' (line 1)"],
    ['peers: {lb-a: 10.0.0.3, c: 10.0.0.3}',
      "1:25: error: peers.c: 10.0.0.3 is already the address of 'lb-a' (line 1)"],
    ['log: {level: loud}', "1:14: error: log.level: must be one of error, warn, info, debug, not 'loud'"],
    ['log: {format: jsn}', "1:15: error: log.format: must be one of text, json, not 'jsn'; the nearest is 'json'"],
    ['log: {file: ""}', "1:13: error: log.file: must be a path, not ''"],
    ['log: {level:}', '1:7: error: log.level: must be one of error, warn, info, debug, not empty'],
    ['observe: maybe', "1:10: error: observe: must be true or false, not 'maybe'"],
    [`runtime_directory: /${'x'.repeat(94)}`,
      '1:20: error: runtime_directory: must be at most 94 bytes long, to hold a socket'],
    ['hooks: {on: [all]}', /^1:8: error: hooks: has no value for this node, 'lb-a' \(given for: 'on'\); /],
    ['hooks: [{on: [MASTER], run: [/bin/true]}]',
      "1:15: error: hooks[0].on[0]: must be one of master, backup, fault, stop, all, not 'MASTER'; "
        + "the nearest is 'master'"],
    ['hooks: [{on: [], run: [/bin/true]}]', /^1:14: error: hooks\[0\]\.on: must be a list with at least one entry, /],
    ['hooks: [{on: master, run: [/bin/true]}]', /^1:14: error: hooks\[0\]\.on: must be a list .*, not 'master'$/],
    ['hooks: [{on: [all], run: []}]', /^1:26: error: hooks\[0\]\.run: must be a list with at least one entry, /],
    ['hooks: [{on: [all], run: /bin/true}]', /^1:26: error: hooks\[0\]\.run: must be a list .*, not '\/bin\/true'$/],
    ['hooks: [{on: [all], run: [/bin/true, ~]}]',
      '1:38: error: hooks[0].run[1]: must be one word of a command line, not empty'],
    ['hooks: [{on: [all], run: [/bin/true, "a\\0"]}]', '1:38: error: hooks[0].run[1]: must not hold a NUL character'],
    ['hooks: [{on: [all], run: [/bin/true], timeout: 0s}]',
      '1:48: error: hooks[0].timeout: must be a duration 10ms..1h, not 0s'],
    ['hooks: [{on: [all], run: [/bin/true], routers: [wep]}]',
      "1:49: error: hooks[0].routers[0]: there is no virtual router 'wep'; the nearest is 'web'"],
    ['hooks: [{on: [all], run: [/bin/true], routers: [other]}]',
      "1:49: error: hooks[0].routers[0]: there is no virtual router 'other'; there are web"],
    ['hooks: [{on: [all], run: [/bin/true], groups: [edge]}]',
      "1:48: error: hooks[0].groups[0]: there is no sync group 'edge'; there are none"],
    ['hooks: [{on: [all], run: [/bin/true], groups: []}]',
      /^1:47: error: hooks\[0\]\.groups: must be a list with at least one entry, /],
  ])('%s', (keys, expected) => {
    const [line, ...more] = lines(withKeys(keys));
    const [, rest = ''] = /^f:(.*)$/.exec(line ?? '') ?? [];
    expect(rest).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    expect(more.filter((other) =>
      !other.includes('unknown') && !other.includes('there is no node') && !other.includes('hooks.on'))).toEqual([]);
  });

  test.each(['[]', '{}', '5', ''])('virtual_routers: %s', (spelled) => {
    expect(findings(`node: a\nvirtual_routers: ${spelled}\n`)).toMatchObject(
      [{ line: 2, key: 'virtual_routers', severity: 'error' }]);
  });

  test('a file without virtual routers', () => {
    expect(lines('node: a\n')).toEqual(
      ['f:1:1: error: virtual_routers: is required: a map of names with at least one entry']);
  });

  test('a wrong name of the node', () => {
    expect(findings(withKeys('').replace('lb-a', '"a b"'))).toMatchObject(
      [{ line: 2, column: 7, key: 'node', code: 'wrong-text' }]);
  });
});

describe('what a coming version understands is refused with what to do instead', () => {
  test.each([
    ['trackers: {lb-a: {type: file, path: /x}}', 'trackers: {}'],
    ['floating_ips: {lb-a: {}}', 'floating_ips: {}'],
    ['session_sync: {tables: {}}', 'session_sync: null'],
    ['arbiter: {}', 'arbiter: null'],
    ['http: {listen: null}', 'http: null'],
    ['http: {}', 'http: null'],
  ])('%s', (keys, instead) => {
    const key = keys.split(':')[0] ?? '';
    const message = `'${key}' is not supported by this version of Baton: remove the line, or write ${instead}`;
    expect(findings(withKeys(keys))).toEqual(
      [{ severity: 'error', code: 'not-supported-yet', file: 'f', line: 1, column: 1, key, message }]);
  });

  test.each([
    ['election: external', 'election: vrrp'],
    ['track: [uplink]', 'track: []'],
    ['floating_ips: [public]', 'floating_ips: []'],
  ])('%s', (keys, instead) => {
    const key = keys.split(':')[0] ?? '';
    const message = `'${key}' is not supported by this version of Baton: remove the line, or write ${instead}`;
    expect(lines(`peers: {lb-b: 10.0.0.12}\n${withRouter(keys)}`)).toEqual(
      [`f:5:5: error: virtual_routers.web.${key}: ${message}`]);
  });

  test.each([
    ['fifo: /x', 'fifo'], ['on_failure: retry', 'on_failure'], ['on_failure: fault', 'on_failure'],
  ])('a hook with %s', (keys, key) => {
    expect(findings(withKeys(`hooks: [{on: [all], run: [/bin/true], ${keys}}]`))).toMatchObject([
      { line: 1, key: `hooks[0].${key}`, code: 'not-supported-yet' },
    ]);
  });

  test('a hook before-master', () => {
    expect(findings(withKeys('hooks: [{on: [before-master], run: [/bin/true]}]'))).toMatchObject([
      { line: 1, column: 15, key: 'hooks[0].on[0]', code: 'not-supported-yet' },
    ]);
  });
});

describe('a key of a coming version may say that it is not used', () => {
  test.each([
    'control_channel: null', 'trackers: {}', 'floating_ips: {}', 'floating_ips: []',
    'session_sync: null', 'session_sync: {}', 'arbiter: null', 'http: null', 'http:', 'http: {lb-a: null}',
    'hooks: [{on: [all], run: [/bin/true], fifo: null, on_failure: ignore}]',
  ])('%s', (keys) => {
    expect(lines(withKeys(keys))).toEqual([]);
  });

  test.each([
    'election: vrrp', 'track: []', 'floating_ips: []',
  ])('%s', (keys) => {
    expect(lines(`peers: {lb-b: 10.0.0.12}\n${withRouter(keys)}`)).toEqual([]);
  });
});

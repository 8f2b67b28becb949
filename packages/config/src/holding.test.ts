// What a file says about all that a master holds besides the addresses that it advertises, and about the routers and
// nodes that move together or contend.

import { describe, expect, test } from '@jest/globals';
import type { Configuration, RouterSettings } from './configuration.js';
import { formatFinding } from './findings.js';
import { interpretConfiguration } from './load.js';

/** A file of the node lb-a with one router of these keys, in line 3, from column 36 on. */
function file(keys: string, addresses = '192.0.2.10/24'): string {
  return `node: lb-a\nvirtual_routers:\n  web: {interface: eth0, vrid: 51, ${keys}, addresses: [${addresses}]}\n`;
}

function configuration(text: string, node?: string): Configuration {
  const result = interpretConfiguration(text, '/f', node === undefined ? {} : { node });
  if (!result.ok) throw new Error(result.findings.map(formatFinding).join('\n'));
  return result.configuration;
}

function router(text: string): RouterSettings | undefined {
  return configuration(text).routers[0];
}

/** Every finding as `line:column severity code key: message`, the key without `virtual_routers.web.`. */
function findings(text: string, node?: string): readonly string[] {
  const result = interpretConfiguration(text, 'f', node === undefined ? {} : { node });
  const found = result.ok ? result.warnings : result.findings;
  return found.map(({ line, column, severity, code, key, message }) =>
    `${String(line)}:${String(column)} ${severity} ${code} ${key.replace('virtual_routers.web.', '')}: ${message}`);
}

const DUAL = '192.0.2.10/24, "fe80::10/64"';

describe('extra addresses', () => {
  test('move with the family that they belong to', () => {
    const text = file('extra_addresses: [192.0.2.11/24, {address: "2001:db8::11/64", interface: eth1}]', DUAL);
    expect(findings(text)).toEqual([]);
    expect(router(text)?.families.map(({ extraAddresses }) => extraAddresses)).toEqual([
      [{ address: '192.0.2.11', prefixLength: 24 }], [{ address: '2001:db8::11', prefixLength: 64, interface: 'eth1' }],
    ]);
  });

  test('of a family that is not advertised move with the other one', () => {
    const text = file('version: 2, extra_addresses: ["2001:db8::11/64", 192.0.2.11/24]');
    expect(router(text)?.families.map(({ extraAddresses }) => extraAddresses)).toEqual(
      [[{ address: '2001:db8::11', prefixLength: 64 }, { address: '192.0.2.11', prefixLength: 24 }]]);
  });

  test.each([
    ['extra_addresses: [192.0.2.10/32]', '192.0.2.10/24',
      "3:54 error duplicate-address extra_addresses[0]: 192.0.2.10 is already an address of 'web' (line 3)"],
    ['extra_addresses: ["fe80::200:5eff:fe00:233/64"]', '"2001:db8::10/64"',
      /^3:96 error duplicate-address addresses: fe80::200:5eff:fe00:233 is already an address of 'web' \(line 3\)$/],
    ['extra_addresses: [{address: "2001:db8::11/64", label: "eth0:web"}]', '192.0.2.10/24',
      '3:54 error label-on-ipv6 extra_addresses[0]: 2001:db8::11 cannot have a label: only IPv4 addresses have one'],
    ['extra_addresses: [web]', '192.0.2.10/24',
      '3:54 error wrong-address extra_addresses[0]: must be an IP address with its prefix length such as '
      + "192.0.2.10/24, not 'web'"],
    ['extra_addresses: 192.0.2.11/24', '192.0.2.10/24',
      /^3:53 error wrong-type extra_addresses: must be a list, each an IP address .*, not '192\.0\.2\.11\/24'$/],
  ])('%s with %s is refused', (keys, addresses, expected) => {
    const errors = findings(file(keys, addresses)).filter((line) => line.includes(' error '));
    expect(errors).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  });
});

describe('routes', () => {
  test.each([
    ['{to: default, via: 192.0.2.1}', { to: { address: '0.0.0.0', prefixLength: 0 }, via: '192.0.2.1', table: 254 }],
    ['{to: default, via: "2001:db8::1"}', { to: { address: '::', prefixLength: 0 }, via: '2001:db8::1', table: 254 }],
    ['{to: default, interface: ppp0}', { to: { address: '0.0.0.0', prefixLength: 0 }, interface: 'ppp0', table: 254 }],
    ['{to: 10.1.0.0/16, via: 192.0.2.1, interface: eth0, table: 100}',
      { to: { address: '10.1.0.0', prefixLength: 16 }, via: '192.0.2.1', interface: 'eth0', table: 100 }],
    ['{to: "2001:db8:1::/48", via: "fe80::1"}',
      { to: { address: '2001:db8:1::', prefixLength: 48 }, via: 'fe80::1', interface: 'eth0', table: 254 }],
    ['{to: 10.1.2.3, via: 192.0.2.1, table: default}',
      { to: { address: '10.1.2.3', prefixLength: 32 }, via: '192.0.2.1', table: 253 }],
    ['{to: 10.0.0.128/25, interface: eth1, table: local}',
      { to: { address: '10.0.0.128', prefixLength: 25 }, interface: 'eth1', table: 255 }],
  ])('%s', (spelled, route) => {
    expect(router(file(`routes: [${spelled}]`))?.routes).toEqual([route]);
    expect(findings(file(`routes: [${spelled}]`))).toEqual([]);
  });

  test('default is IPv6 where the router is', () => {
    expect(router(file('routes: [{to: default, interface: eth1}]', '"fe80::10/64"'))?.routes).toEqual(
      [{ to: { address: '::', prefixLength: 0 }, interface: 'eth1', table: 254 }]);
  });

  test.each([
    ['{via: 192.0.2.1}', /^3:45 error missing-key routes\[0\]\.to: is required: default, or a network such as /],
    ['{to: default}', '3:45 error no-way routes[0]: needs via, interface or both'],
    ['{to: 10.1.2.3/16, via: 192.0.2.1}',
      '3:50 error wrong-address routes[0].to: must be a network: the address has too many bits; write 10.1.0.0/16'],
    ['{to: "2001:db8::1/33", via: "fe80::1"}',
      '3:50 error wrong-address routes[0].to: must be a network: the address has too many bits; write 2001:db8::/33'],
    ['{to: 224.0.0.0/4, via: 192.0.2.1}',
      '3:50 error wrong-address routes[0].to: must not be a network of multicast groups'],
    ['{to: net, via: 192.0.2.1}',
      "3:50 error wrong-address routes[0].to: must be default, or a network such as 10.1.0.0/16, not 'net'"],
    ['{to: 5, via: 192.0.2.1}',
      '3:50 error wrong-type routes[0].to: must be default, or a network such as 10.1.0.0/16, not the number 5'],
    ['{to: 10.1.0.0/16, via: "2001:db8::1"}',
      '3:68 error wrong-family routes[0].via: 2001:db8::1 is no next hop of an IPv4 route'],
    ['{to: 10.1.0.0/16, via: 192.0.2.10}',
      '3:68 error virtual-next-hop routes[0].via: 192.0.2.10 is an address of this router itself, not a next hop'],
    ['{to: 10.1.0.0/16, via: eth0}',
      "3:68 error wrong-address routes[0].via: must be an IP address such as 10.0.0.12, not 'eth0'"],
    ['{to: default, via: 192.0.2.1, table: mian}',
      "3:82 error unknown-word routes[0].table: must be one of default, main, local, or an integer 1..4294967295, not "
      + "'mian'"],
    ['{to: default, via: 192.0.2.1, table: 0}',
      '3:82 error out-of-range routes[0].table: must be one of default, main, local, or an integer 1..4294967295, not '
      + 'the number 0'],
    ['{to: default, via: 192.0.2.1, dev: eth0}', /^3:75 error unknown-key routes\[0\]\.dev: there is no such key; /],
    ['{to: default, via: 192.0.2.1}, {to: 0.0.0.0/0, interface: eth1}',
      "3:76 error duplicate-route routes[1]: 0.0.0.0/0 in table 254 is already a route of 'web' (line 3)"],
  ])('%s is refused', (spelled, expected) => {
    expect(findings(file(`routes: [${spelled}]`))).toEqual(
      [typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  });

  test('one destination may stand in two tables', () => {
    const routes = '{to: default, via: 192.0.2.1}, {to: default, via: 192.0.2.1, table: 100}';
    expect(findings(file(`routes: [${routes}]`))).toEqual([]);
  });

  test('default is ambiguous with two families and without a next hop', () => {
    expect(findings(file('routes: [{to: default, interface: eth1}]', DUAL))).toEqual(
      ['3:50 error wrong-family routes[0].to: could be IPv4 or IPv6: write 0.0.0.0/0 or ::/0, or give via']);
  });
});

describe('accept and virtual_mac', () => {
  test('have their effect', () => {
    const plain = router(file('version: 3'));
    expect(router(file('accept: false'))).toEqual({ ...plain, acceptMode: false });
    expect(router(file('virtual_mac: true'))).toEqual({ ...plain, virtualMac: true });
    expect(router(file('virtual_mac: {lb-a: true, lb-b: false}'))).toMatchObject({ virtualMac: true });
  });

  test.each(['accept: true', 'virtual_mac: false', 'extra_addresses: []', 'routes: []', 'authentication: null'])(
    '%s is what holds by itself', (keys) => {
      expect(router(file(keys))).toEqual(router(file('version: 3')));
    });

  test('an owner accepts whatever accept says', () => {
    expect(router(file('priority: 255, accept: false'))?.acceptMode).toBe(true);
    expect(findings(file('priority: 255, accept: false'))).toEqual([
      expect.stringMatching(/^3:46 warning address-owner /),
      '3:59 warning no-effect accept: has no effect on an address owner (priority 255), which always answers on its '
        + 'addresses',
    ]);
  });

  test.each([
    ['accept: "true"', "3:44 error wrong-type accept: must be true or false, not 'true'"],
    ['virtual_mac: use', "3:49 error wrong-type virtual_mac: must be true or false, not 'use'"],
    ['virtual_mac: true, unicast: {peers: [10.0.0.12]}',
      '3:49 error contradictory-keys virtual_mac: a virtual MAC and unicast exclude each other'],
  ])('%s is refused', (keys, expected) => {
    expect(findings(file(keys))).toEqual([expected]);
  });
});

describe('sync groups', () => {
  /** The groups in line 2, from column 14 on. */
  function grouped(groups: string, priority = 100): string {
    const line = (name: string, vrid: number, value: number): string =>
      `  ${name}: {interface: eth0, vrid: ${String(vrid)}, priority: ${String(value)}, `
        + `addresses: [192.0.2.${String(vrid)}/24]}\n`;
    return `node: a\nsync_groups: ${groups}\nvirtual_routers:\n${line('web', 1, 100)}${line('inside', 2, priority)}`;
  }

  test('name the routers that move together', () => {
    const text = grouped('{edge: [web, inside]}');
    expect(findings(text)).toEqual([]);
    expect(configuration(text).syncGroups).toEqual([{ name: 'edge', routers: ['web', 'inside'] }]);
    expect(configuration(grouped('{}')).syncGroups).toEqual([]);
  });

  test.each([
    ['', undefined, undefined],
    [', groups: [edge]', [], ['edge']],
    [', routers: [web], groups: [edge]', ['web'], ['edge']],
  ])('can be named by a hook, which then means no others: {on: [all], run: [/bin/true]%s}', (keys, routers, groups) => {
    const text = `hooks: [{on: [all], run: [/bin/true]${keys}}]\n${grouped('{edge: [web, inside]}')}`;
    expect(configuration(text).hooks).toMatchObject([{ routers, groups }]);
  });

  test('have a nearest name for a hook', () => {
    const text = `hooks: [{on: [all], run: [/bin/true], groups: [edgy]}]\n${grouped('{edge: [web, inside]}')}`;
    expect(findings(text)).toEqual([
      "1:48 error unknown-group hooks[0].groups[0]: there is no sync group 'edgy'; the nearest is 'edge'",
    ]);
  });

  test.each([
    ['{edge: [web, insde]}',
      "2:27 error unknown-router sync_groups.edge[1]: there is no virtual router 'insde'; the nearest is 'inside'"],
    ['{edge: [web, zzz]}',
      "2:27 error unknown-router sync_groups.edge[1]: there is no virtual router 'zzz'; there are web, inside"],
    ['{edge: [web, inside], other: [inside, web]}',
      "2:44 error duplicate-member sync_groups.other[0]: 'inside' is already in the group 'edge' (line 2)"],
    ['{edge: [web, inside, web]}',
      "2:35 error duplicate-member sync_groups.edge[2]: 'web' is already in the group 'edge' (line 2)"],
    ['{edge: [web]}', '2:15 warning group-of-one sync_groups.edge: has one member: there is nothing to move together'],
    ['{edge: []}', /^2:21 error out-of-range sync_groups\.edge: must be a list with at least one entry, /],
    ['{edge: web}', /^2:21 error wrong-type sync_groups\.edge: must be a list with at least one entry, .*, not 'web'$/],
    ['[web, inside]', '2:14 error wrong-type sync_groups: must be a map of names, not a list'],
    ['{"a b": [web, inside]}', /^2:15 error wrong-text sync_groups\.a b: must be a name of /],
  ])('%s is refused or doubted', (groups, expected) => {
    const [first] = findings(grouped(groups));
    expect(first).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test('of members with different priorities are doubted', () => {
    expect(findings(grouped('{edge: [web, inside]}', 150))).toEqual([
      '2:15 warning group-priorities sync_groups.edge: has members of different priorities (web 100, inside 150): give '
        + 'all the same, or nodes contend for it',
    ]);
  });

  test('may have members of different versions and intervals', () => {
    const text = grouped('{edge: [web, inside]}').replace('vrid: 1,', 'vrid: 1, version: 2,')
      .replace('vrid: 2,', 'vrid: 2, advert_interval: 100ms,');
    expect(findings(text)).toEqual([]);
  });
});

describe('equal priorities in a shared file are doubted', () => {
  const peers = 'peers: {lb-a: 10.0.0.11, lb-b: 10.0.0.12}\n';
  const shared = (keys: string, addresses = '192.0.2.10/24'): string => `${peers}${file(keys, addresses)
    .replace('node: lb-a\n', '')}`;
  const remedy = 'give each node its own';

  test.each([
    ['192.0.2.10/24', ''], [DUAL, ', for IPv4 and IPv6 on their own'],
  ])('where the file gives one for each node, with the addresses %s', (addresses, contests) => {
    expect(findings(shared('priority: {lb-a: 200, lb-b: 200}', addresses), 'lb-a')).toEqual(
      ["3:64 warning equal-priority priority.lb-b: is the priority of 'lb-a' too: the higher address "
        + `decides${contests}; ${remedy}`]);
    expect(findings(shared('priority: {lb-a: 200, lb-b: 100}', addresses), 'lb-a')).toEqual([]);
  });

  test('where all nodes have one file and one priority', () => {
    expect(findings(shared('priority: 200'), 'lb-a')).toEqual([
      '3:46 warning equal-priority priority: is the same on every node of this file: the higher address decides; '
        + remedy,
    ]);
    expect(findings(shared('version: 3'), 'lb-b')).toEqual(
      [expect.stringMatching(/ warning equal-priority priority: /)]);
  });

  test('but not in a file that is the own one of a node', () => {
    expect(findings(`${peers}${file('priority: 200')}`)).toEqual([]);
  });

  test('all the more for the members of a sync group', () => {
    const api = '  api: {interface: eth0, vrid: 2, priority: 200, addresses: [192.0.2.2/24]}\n';
    const text = `${shared('priority: 200')}${api}sync_groups: {edge: [web, api]}\n`;
    expect(findings(text, 'lb-a')).toEqual([
      expect.stringContaining(`the higher address decides, for each member of the sync group on its own; ${remedy}`),
      expect.stringContaining('the higher address decides, for each member of the sync group on its own'),
    ]);
  });
});

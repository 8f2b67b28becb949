// What a file says about the advertisements themselves: version, families, sources, destinations and rules.

import { describe, expect, test } from '@jest/globals';
import type { RouterSettings } from './configuration.js';
import { formatFinding } from './findings.js';
import { interpretConfiguration } from './load.js';

/** A file of the node lb-a with one router of these keys, in one line: the fourth. */
function file(keys: string, { peers = '{lb-b: 10.0.0.12}' }: { readonly peers?: string } = {}): string {
  return `node: lb-a\npeers: ${peers}\nvirtual_routers:\n  web: {interface: eth0, vrid: 51, ${keys}}\n`;
}

function router(text: string): RouterSettings | undefined {
  const result = interpretConfiguration(text, '/f');
  if (!result.ok) throw new Error(result.findings.map(formatFinding).join('\n'));
  return result.configuration.routers[0];
}

/** Every finding as `column severity code key: message`, the key without `virtual_routers.web.`; all in line 4. */
function findings(text: string): readonly string[] {
  const result = interpretConfiguration(text, 'f');
  const found = result.ok ? result.warnings : result.findings;
  return found.map(({ line, column, severity, code, key, message }) => {
    const place = line === 4 ? String(column) : `${String(line)}:${String(column)}`;
    return `${place} ${severity} ${code} ${key.replace('virtual_routers.web.', '')}: ${message}`;
  });
}

const IPV4 = 'addresses: [192.0.2.10/24]';
const IPV6 = 'addresses: ["fe80::10/64"]';
const DUAL = 'addresses: [192.0.2.10/24, "fe80::10/64", "2001:db8::10/64"]';

describe('the version', () => {
  test.each([['1s', 1000], ['255s', 255_000], ['1m', 60_000]])('2 advertises each %s', (spelled, advertIntervalMs) => {
    expect(router(file(`version: 2, advert_interval: ${spelled}, ${IPV4}`))?.families).toMatchObject(
      [{ version: 2, family: 4, advertIntervalMs }]);
  });

  test.each([
    ['version: 2, advert_interval: 500ms',
      '65 error out-of-range advert_interval: version 2 counts whole seconds: must be a duration 1s..255s in '
      + 'steps of 1s, not 500ms'],
    ['version: 2, advert_interval: 1.5s',
      '65 error out-of-range advert_interval: version 2 counts whole seconds: must be a duration 1s..255s in '
      + 'steps of 1s, not 1500ms'],
    ['version: 3, advert_interval: 40.96s',
      '65 error out-of-range advert_interval: must be a duration 10ms..40.95s in steps of 10ms, not 40960ms'],
    ['version: 2, advert_interval: 256s',
      '65 error out-of-range advert_interval: must be a duration 10ms..255s in steps of 10ms (version 3 '
      + '10ms..40.95s, version 2 whole seconds), not 256s'],
    ['version: 2, advert_interval: 0s',
      '65 error out-of-range advert_interval: must be a duration 10ms..255s in steps of 10ms (version 3 '
      + '10ms..40.95s, version 2 whole seconds), not 0s'],
  ])('A12: refuses %s', (keys, expected) => {
    expect(findings(file(`${keys}, ${IPV4}`))).toEqual([expected]);
  });

  test('2 refuses an IPv6 address', () => {
    expect(findings(file('version: 2, addresses: [192.0.2.10/24, "2001:db8::10/64"]'))).toEqual([
      '75 error version-2-ipv6 addresses[1]: 2001:db8::10 cannot be advertised by version 2, which knows IPv4 only; '
        + 'use version 3, or extra_addresses',
    ]);
  });

  test('2 has one form of checksum', () => {
    expect(findings(file(`version: 2, checksum: rfc9568, ${IPV4}`))).toEqual(
      ['58 warning no-effect checksum: has no effect: version 2 has one form of checksum only']);
  });
});

describe('addresses of both families', () => {
  test('are two sessions of one router, IPv4 first, and link-local addresses come first', () => {
    const result = router(file('addresses: ["2001:db8::10/64", "fe80::10/64", 192.0.2.10/24, "2001:DB8::0:11/64"]'));
    expect(result?.families).toMatchObject([
      { name: 'web', vrid: 51, family: 4, addresses: [{ address: '192.0.2.10', prefixLength: 24 }] },
      {
        name: 'web', vrid: 51, family: 6,
        addresses: [{ address: 'fe80::10' }, { address: '2001:db8::10' }, { address: '2001:db8::11' }],
      },
    ]);
  });

  test('A09: a global IPv6 address before the link-local one is put behind it', () => {
    const text = file('addresses: ["fd09::100/64", "fe80::100/64"]');
    expect(findings(text)).toEqual([]);
    expect(router(text)?.families).toMatchObject(
      [{ family: 6, addresses: [{ address: 'fe80::100' }, { address: 'fd09::100' }] }]);
  });

  test('A10: without a link-local one, that of the virtual router is added in front, and it is said', () => {
    const text = file('addresses: [192.0.2.10/24, "2001:db8::10/64"]');
    expect(findings(text)).toEqual([
      '47 warning link-local-added addresses: holds no link-local address, and IPv6 advertisements begin with one: '
        + 'fe80::200:5eff:fe00:233/64 is added, that of the virtual router; list it, or one of your choice, on every '
        + 'node',
    ]);
    expect(router(text)?.families[1]?.addresses).toEqual([
      { address: 'fe80::200:5eff:fe00:233', prefixLength: 64 }, { address: '2001:db8::10', prefixLength: 64 },
    ]);
  });

  test('A10: the added one depends on nothing but the VRID, and is silent once it is listed', () => {
    const text = file('addresses: ["2001:db8::10/64"]').replace('vrid: 51', 'vrid: 5').replace('eth0', 'ens3');
    expect(router(text)?.families[0]?.addresses[0]).toEqual({ address: 'fe80::200:5eff:fe00:205', prefixLength: 64 });
    expect(findings(file('addresses: ["2001:db8::10/64", "fe80::200:5eff:fe00:233/64"]'))).toEqual([]);
  });

  const many = (count: number, prefix = '2001:db8::'): string =>
    Array.from({ length: count }, (_, index) => `"${prefix}${(index + 1).toString(16)}/64"`).join(', ');

  test('A18: 90 IPv6 addresses are the most that one advertisement carries, the added one among them', () => {
    expect(findings(file(`addresses: ["fe80::1/64", ${many(89)}]`))).toEqual([]);
    expect(findings(file(`addresses: ["fe80::1/64", ${many(90)}]`))).toEqual([
      '47 error too-many-addresses addresses: must hold at most 90 IPv6 addresses, which fit into one advertisement, '
        + 'not 91; move some to extra_addresses or to another router',
    ]);
    expect(findings(file(`addresses: [${many(90)}]`))).toEqual(
      [expect.stringMatching(/^47 warning link-local-added /), expect.stringMatching(/^47 error too-many-addresses /)]);
  });

  test.each([
    ['{address: "fe80::10/64", interface: eth1}',
      "48 error link-local-elsewhere addresses[0]: fe80::10 is link-local and is advertised on 'eth0': it cannot be on "
      + "'eth1'; such an address belongs under extra_addresses"],
    ['{address: "fe80::10/64", label: "eth0:web"}',
      '48 error label-on-ipv6 addresses[0]: fe80::10 cannot have a label: only IPv4 addresses have one'],
    ['"fe80::10/10"',
      '48 warning link-local-prefix addresses[0]: is link-local, and those have the prefix length 64; write '
      + 'fe80::10/64'],
    ['"fe80::10/64", "2001:db8::/64"',
      '63 warning network-end-address addresses[1]: is the anycast address of its /64: hosts will not talk to it'],
  ])('the address %s', (spelled, expected) => {
    expect(findings(file(`addresses: [${spelled}]`))).toEqual([expected]);
  });

  test.each(['"fe80::10/64", "2001:db8::/127"', '"fe80::10/64", "2001:db8:0:ffff::/128"', '"fe80::10/64"'])(
    'the addresses %s are fine', (spelled) => {
      expect(findings(file(`addresses: [${spelled}]`))).toEqual([]);
    });

  test('over IPv6 there is one form of checksum', () => {
    expect(findings(file(`checksum: rfc9568, ${IPV6}`))).toEqual(
      ['46 warning no-effect checksum: has no effect: IPv6 has one form of checksum only']);
    expect(findings(file(`checksum: rfc9568, ${DUAL}`))).toEqual([]);
  });
});

describe('the rules', () => {
  test.each([
    ['losing_advert: answer', { losingAdvert: 'answer' }],
    ['losing_advert: discard', { losingAdvert: 'discard' }],
    ['yielding_advert: silent', { yieldingAdvert: 'silent' }],
    ['vrid_collision: process', { vridCollision: 'process' }],
    ['tolerate_missing_link_local: true', { tolerateMissingLinkLocal: true }],
  ])('%s', (rule, effect) => {
    const plain = router(file(DUAL))?.families[0]?.rules;
    const [ipv4, ipv6] = router(file(`rules: {${rule}}, ${DUAL}`))?.families ?? [];
    expect([ipv4?.rules, ipv6?.rules]).toEqual([{ ...plain, ...effect }, { ...plain, ...effect }]);
  });

  test.each([
    ['rules: {losing_advert: never}',
      "59 error unknown-word rules.losing_advert: must be one of auto, answer, discard, not 'never'; "
      + "the nearest is 'answer'"],
    ['rules: {vrid_collisions: ignore}',
      "44 error unknown-key rules.vrid_collisions: there is no such key; the nearest is 'vrid_collision'"],
    ['rules: {tolerate_missing_link_local: 1}',
      '73 error wrong-type rules.tolerate_missing_link_local: must be true or false, not the number 1'],
    ['rules: {tolerate_missing_link_local: true}',
      '73 warning no-effect rules.tolerate_missing_link_local: has no effect: the router has no IPv6 address'],
  ])('%s is refused or doubted', (rules, expected) => {
    expect(findings(file(`${rules}, ${IPV4}`))).toEqual([expected]);
  });
});

describe('the source of advertisements', () => {
  test('may be given for each family', () => {
    expect(router(file(`source_address: 10.0.0.11, ${IPV4}`))?.sourceAddresses).toEqual({ 4: '10.0.0.11' });
    expect(router(file(`source_address: ["FE80::11", 10.0.0.11], ${DUAL}`))?.sourceAddresses).toEqual(
      { 4: '10.0.0.11', 6: 'fe80::11' });
    expect(router(file(`source_address: {lb-a: 10.0.0.11, lb-b: 10.0.0.12}, ${IPV4}`))?.sourceAddresses).toEqual(
      { 4: '10.0.0.11' });
  });

  test.each(['source_address: null', 'source_address:', 'unicast: false', 'known_routers: []'])(
    '%s is what holds by itself', (keys) => {
      expect(router(file(`${keys}, ${IPV4}`))).toEqual(router(file(IPV4)));
    });

  test.each([
    ['source_address: web', IPV4,
      "52 error wrong-address source_address: must be an IP address such as 10.0.0.12, not 'web'"],
    ['source_address: 5', IPV4,
      '52 error wrong-type source_address: must be an IP address such as 10.0.0.12, not the number 5'],
    ['source_address: 224.0.0.1', IPV4,
      '52 error wrong-address source_address: must be an address that a host can hold; 224.0.0.1 is not'],
    ['source_address: []', IPV4,
      '52 error out-of-range source_address: must be a list with at least one entry, each an IP address such as '
      + '10.0.0.12, not an empty list'],
    ['source_address: [10.0.0.11, 10.0.0.13]', IPV4,
      '64 error several-sources source_address[1]: is the second IPv4 address; advertisements have one source'],
    ['source_address: 10.0.0.11', IPV6,
      '52 error wrong-family source_address: the router has no IPv4 address to advertise from 10.0.0.11'],
    ['source_address: "2001:db8::11"', IPV6,
      '52 error not-link-local source_address: 2001:db8::11 is not link-local, and IPv6 advertisements are '
      + 'sent from such'],
    ['source_address: 192.0.2.10', IPV4,
      '52 error virtual-source source_address: 192.0.2.10 is a virtual address of this router: a backup would have '
      + 'nothing to send from'],
  ])('%s for %s is refused', (keys, addresses, expected) => {
    expect(findings(file(`${keys}, ${addresses}`))).toEqual([expected]);
  });

  test('may be a virtual address of its owner', () => {
    expect(findings(file(`source_address: 192.0.2.10, priority: 255, ${IPV4}`))).toEqual(
      [expect.stringMatching(/^74 warning address-owner priority: /)]);
  });
});

describe('unicast', () => {
  test('true sends to every other node, checks the source, and knows the peers', () => {
    expect(router(file(`unicast: true, ${IPV4}`, { peers: '{lb-b: 10.0.0.12, lb-c: 10.0.0.13}' }))).toMatchObject({
      sourceAddresses: {},
      families: [{
        unicast: {
          peers: [{ address: '10.0.0.12', minTtl: 255 }, { address: '10.0.0.13', minTtl: 255 }], checkSource: true,
        },
        knownRouters: ['10.0.0.12', '10.0.0.13'],
      }],
    });
  });

  test('true in a shared file sends from where the others send to', () => {
    const peers = '{lb-a: 10.0.0.11, lb-b: 10.0.0.12}';
    expect(router(file(`unicast: true, ${IPV4}`, { peers }))).toMatchObject({
      sourceAddresses: { 4: '10.0.0.11' }, families: [{ unicast: { peers: [{ address: '10.0.0.12' }] } }],
    });
    expect(router(file(`unicast: true, source_address: 10.9.0.11, ${IPV4}`, { peers }))?.sourceAddresses).toEqual(
      { 4: '10.9.0.11' });
    expect(router(file(IPV4, { peers }))?.sourceAddresses).toEqual({});
    expect(router(file(`unicast: {peers: [10.9.0.12]}, ${IPV4}`, { peers }))?.sourceAddresses).toEqual({});
  });

  test('may name the peers of each family, and how far away they are', () => {
    const peers = '[10.9.0.12, {address: 10.9.0.13, min_ttl: 250}, "fe80::12"]';
    expect(router(file(`unicast: {min_ttl: 254, check_source: false, peers: ${peers}}, ${DUAL}`))).toMatchObject({
      families: [
        {
          unicast: {
            peers: [{ address: '10.9.0.12', minTtl: 254 }, { address: '10.9.0.13', minTtl: 250 }], checkSource: false,
          },
        },
        { unicast: { peers: [{ address: 'fe80::12', minTtl: 254 }], checkSource: false }, knownRouters: ['fe80::12'] },
      ],
    });
  });

  test('may name the peers of each node', () => {
    const text = file(`unicast: {peers: {lb-a: [10.9.0.12], lb-b: [10.9.0.11]}}, ${IPV4}`);
    expect(router(text)?.families[0]?.unicast?.peers).toEqual([{ address: '10.9.0.12', minTtl: 255 }]);
  });

  test.each([
    ['unicast: true', IPV4, '{}',
      '45 error no-unicast-peers unicast: needs another node under peers, or unicast: {peers: [...]}'],
    ['unicast: {}', IPV4, '{lb-a: 10.0.0.11}',
      '45 error no-unicast-peers unicast: needs another node under peers, or unicast: {peers: [...]}'],
    ['unicast: true', DUAL, '{lb-b: 10.0.0.12}',
      '45 error no-unicast-peers unicast: no peer has an IPv6 address, and the router has one: it would be master '
      + 'everywhere; name all of them in unicast: {peers: [...]}'],
    ['unicast: true', IPV4, '{lb-b: 10.0.0.12, lb-c: "2001:db8::13"}',
      "45 error unreached-peer unicast: 'lb-c' has no IPv4 address under peers and hears no such advertisement; name "
      + 'all peers in unicast: {peers: [...]}'],
    ['unicast: true', IPV6, '{lb-b: "2001:db8::12"}',
      '45 error no-unicast-source unicast: needs a source_address: by itself a router advertises from the link-local '
      + 'address of its interface, and these peers expect another one'],
    ['unicast: {peers: [10.9.0.12, 10.9.0.12]}', IPV4, '{}',
      '65 error duplicate-address unicast.peers[1]: 10.9.0.12 is already a peer of this router'],
    ['unicast: {peers: [10.9.0.12, "fe80::12"]}', IPV4, '{}',
      '65 warning no-effect unicast.peers[1]: has no effect: the router has no IPv6 address'],
    ['unicast: {peers: [192.0.2.10]}', IPV4, '{}',
      '54 error virtual-peer unicast.peers[0]: 192.0.2.10 is a virtual address of this router, not that of a peer'],
    ['unicast: {check_source: false}', IPV4, '{lb-b: 10.0.0.12}',
      '60 warning unchecked-source unicast.check_source: whoever can reach this host can take the addresses; leave it '
      + 'out, or enforce authentication with keys'],
    ['unicast: {peers: []}', IPV4, '{}', /^53 error out-of-range unicast\.peers: must be a list with at least one /],
    ['unicast: {peers: [{min_ttl: 1}]}', IPV4, '{}', /^54 error missing-key unicast\.peers\[0\]\.address: is req/],
    ['unicast: {min_ttl: 256}', IPV4, '{lb-b: 10.0.0.12}',
      '55 error out-of-range unicast.min_ttl: must be an integer 1..255, not 256'],
    ['unicast: yes', IPV4, '{}', /^45 error wrong-type unicast: must be true, false, or a map with .*, not 'yes'$/],
    ['unicast: {ttl: 64}', IPV4, '{lb-b: 10.0.0.12}', /^46 error unknown-key unicast\.ttl: there is no such key; /],
  ])('%s for %s with peers %s', (unicast, addresses, peers, expected) => {
    const [first] = findings(file(`${unicast}, ${addresses}`, { peers }));
    expect(first).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test('over IPv6 with a source needs no link-local addresses', () => {
    const peers = '{lb-a: "2001:db8::11", lb-b: "2001:db8::12"}';
    expect(findings(file(`unicast: true, ${IPV6}`, { peers }))).toEqual([]);
    expect(router(file(`unicast: true, ${IPV6}`, { peers }))?.sourceAddresses).toEqual({ 6: '2001:db8::11' });
    const own = file(`unicast: true, source_address: "2001:db8::11", ${IPV6}`, { peers: '{lb-b: "2001:db8::12"}' });
    expect(findings(own)).toEqual([]);
  });
});

describe('known routers', () => {
  test('are known by family, and a family without an entry is not watched', () => {
    const [ipv4, ipv6] = router(file(`known_routers: [10.0.0.11, 10.0.0.12], ${DUAL}`))?.families ?? [];
    expect(ipv4?.knownRouters).toEqual(['10.0.0.11', '10.0.0.12']);
    expect(ipv6?.knownRouters).toBeUndefined();
  });

  test.each([
    ['known_routers: ["fe80::1"]', IPV4,
      '52 warning no-effect known_routers[0]: has no effect: the router has no IPv6 address'],
    ['known_routers: ["2001:db8::1"]', IPV6,
      '52 warning not-link-local known_routers[0]: 2001:db8::1 is not link-local, and IPv6 advertisements are sent '
      + 'from link-local addresses'],
    ['known_routers: 10.0.0.12', IPV4,
      "51 error wrong-type known_routers: must be a list, each an IP address such as 10.0.0.12, not '10.0.0.12'"],
  ])('%s for %s', (keys, addresses, expected) => {
    expect(findings(file(`${keys}, ${addresses}`))).toEqual([expected]);
  });
});

describe('an address owner', () => {
  test.each([
    ['priority: 255', [
      '46 warning address-owner priority: 255 claims to own the addresses: master at once, yields only to another 255 '
      + 'with a higher address; give it to one node at most',
    ]],
    ['priority: 255, preempt: false', [
      expect.stringMatching(/^46 warning address-owner priority: /),
      '60 warning no-effect preempt: has no effect on an address owner (priority 255), which always preempts',
    ]],
    ['priority: 255, preempt_delay: 1s', [
      expect.stringMatching(/^46 warning address-owner priority: /),
      '66 warning no-effect preempt_delay: has no effect on an address owner (priority 255), which never waits',
    ]],
    ['priority: 0', ['46 error out-of-range priority: must be an integer 1..255, not 0']],
  ])('D06, D07: %s', (keys, expected) => {
    expect(findings(file(`${keys}, ${IPV4}`))).toEqual(expected);
  });
});

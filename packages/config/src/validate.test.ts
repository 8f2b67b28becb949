import { describe, expect, test } from '@jest/globals';
import type { Finding } from './configuration.js';
import { formatFinding } from './findings.js';
import { interpretConfiguration } from './load.js';

/** A file with a router that has this further key in line 4. */
function withRouter(key: string): string {
  const others = 'interface: eth0\n    vrid: 51\n    addresses: [192.0.2.10/24]';
  return `node: lb-a\nvirtual_routers:\n  web:\n    ${key}\n    ${others}\n`;
}

function findings(text: string): readonly Finding[] {
  const result = interpretConfiguration(text, 'f');
  return result.ok ? result.warnings : result.findings;
}

function lines(text: string): readonly string[] {
  return findings(text).map(formatFinding);
}

describe('virtual routers that collide are refused, naming both lines', () => {
  function router(name: string, carrier: string, vrid: number, address: string): string {
    return `  ${name}: {interface: ${carrier}, vrid: ${String(vrid)}, addresses: [${address}]}\n`;
  }
  function file(...routers: readonly string[]): string {
    return `node: a\nvirtual_routers:\n${routers.join('')}`;
  }

  test('a VRID twice on one interface', () => {
    const text = file(router('x', 'eth0', 7, '10.0.0.1/24'), router('y', 'eth0', 7, '10.0.0.2/24'));
    expect(lines(text)).toEqual(
      ["f:4:30: error: virtual_routers.y.vrid: 7 is already the VRID of 'x' on eth0 (line 3)"]);
  });

  test('a VRID twice on one interface, once for all families that the two share', () => {
    const text = file(
      router('x', 'eth0', 7, '10.0.0.1/24, "fe80::1/64"'), router('y', 'eth0', 7, '10.0.0.2/24, "fe80::2/64"'));
    expect(lines(text)).toEqual(
      ["f:4:30: error: virtual_routers.y.vrid: 7 is already the VRID of 'x' on eth0 (line 3)"]);
  });

  test('but one VRID for a router of each family is fine', () => {
    const text = file(router('x', 'eth0', 7, '10.0.0.1/24'), router('y', 'eth0', 7, '"fe80::1/64"'));
    expect(lines(text)).toEqual([]);
  });

  test('a link-local address twice on one link, but not on two', () => {
    const text = file(router('x', 'eth0', 7, '"fe80::1/64"'), router('y', 'eth1', 7, '"fe80::1/64"'),
      router('z', 'eth1', 8, '"fe80::1/64"'));
    expect(lines(text)).toEqual(
      ["f:5:45: error: virtual_routers.z.addresses[0]: fe80::1 is already an address of 'y' (line 4)"]);
  });

  test('but a VRID on two interfaces is fine', () => {
    const text = file(router('x', 'eth0', 7, '10.0.0.1/24'), router('y', 'eth1', 7, '10.0.0.2/24'));
    expect(lines(text)).toEqual([]);
  });

  test('an address in two routers, or twice in one', () => {
    const text = file(router('x', 'eth0', 7, '10.0.0.1/24, 10.0.0.1/32'), router('y', 'eth1', 8, '10.0.0.1/24'));
    expect(lines(text)).toEqual([
      "f:3:58: error: virtual_routers.x.addresses[1]: 10.0.0.1 is already an address of 'x' (line 3)",
      "f:4:45: error: virtual_routers.y.addresses[0]: 10.0.0.1 is already an address of 'x' (line 3)",
    ]);
  });

  test('a name twice', () => {
    const text = file(router('x', 'eth0', 7, '10.0.0.1/24'), router('x', 'eth1', 8, '10.0.0.2/24'));
    expect(lines(text)).toEqual(['f:4:3: error: virtual_routers.x: this key was already given in line 3']);
  });

  test('A18: 255 IPv4 addresses are the most that one can advertise', () => {
    const many = (count: number): string =>
      Array.from({ length: count }, (_, index) =>
        `10.0.${String(index >> 7)}.${String((index & 127) + 1)}/8`).join(', ');
    expect(lines(file(router('x', 'eth0', 7, many(255))))).toEqual([]);
    expect(lines(file(router('x', 'eth0', 7, many(256))))).toEqual([
      'f:3:44: error: virtual_routers.x.addresses: must hold at most 255 IPv4 addresses, which fit into one '
        + 'advertisement, not 256; move some to extra_addresses or to another router',
    ]);
  });
});

describe('a lease', () => {
  test('that ends before another node can take over is refused, with the reason', () => {
    expect(lines(withRouter('lease: 3s'))).toEqual([
      'f:4:12: error: virtual_routers.web.lease: must be 4s or longer, auto or 0s, not 3s: the kernel would drop the '
        + 'addresses before another node can take over (1s adverts)',
    ]);
    expect(lines(withRouter('lease: 4s'))).toEqual([]);
    expect(lines(withRouter('advert_interval: 100ms\n    lease: 1s'))).toEqual([]);
    expect(lines(withRouter('lease: 0s'))).toEqual([]);
  });

  test.each(['1500ms', '2h', '3', 'never'])('of %s is none', (lease) => {
    expect(lines(withRouter(`lease: ${lease}`))).toHaveLength(1);
  });

  test('has no effect on an address owner', () => {
    expect(interpretConfiguration(withRouter('priority: 255\n    lease: 9s'), 'f')).toMatchObject({
      ok: true, warnings: [{ code: 'address-owner' }, { code: 'no-effect', key: 'virtual_routers.web.lease' }],
    });
  });
});

describe('the runtime directory', () => {
  const file = (length: number): string => `runtime_directory: /${'x'.repeat(length - 1)}\n${withRouter('version: 3')}`;

  test('leaves room for the name of a socket', () => {
    expect(lines(file(94))).toEqual([]);
    expect(lines(file(95))).toEqual([
      'f:1:20: error: runtime_directory: must be at most 94 bytes long, to hold a socket',
    ]);
  });
});

describe('what is right and yet doubtful is a warning', () => {
  test.each([
    ['priority: 255', '4:15', 'priority', 'address-owner'],
    ['advert_interval: 40ms', '4:22', 'advert_interval', 'fast-advert-interval'],
  ])('%s', (keys, place, key, code) => {
    const [line, column] = place.split(':').map(Number);
    expect(interpretConfiguration(withRouter(keys), 'f')).toMatchObject({
      ok: true, warnings: [{ severity: 'warning', code, line, column, key: `virtual_routers.web.${key}` }],
    });
  });

  test('advert_interval: 50ms is not', () => {
    expect(findings(withRouter('advert_interval: 50ms'))).toEqual([]);
  });

  test.each([
    ['192.0.2.10', 'has no prefix length and is taken as /32; write 192.0.2.10/32, or the length of its network'],
    ['192.0.2.0/24', 'is the network address of its /24: hosts will not talk to it'],
    ['192.0.2.255/24', 'is the broadcast address of its /24: hosts will not talk to it'],
    ['"fe80::10"', 'has no prefix length and is taken as /128; write fe80::10/64'],
    ['"fe80::10/128"', 'is link-local, and those have the prefix length 64; write fe80::10/64'],
    ['10.255.255.255/8', 'is the broadcast address of its /8: hosts will not talk to it'],
    ['192.0.2.4/30', 'is the network address of its /30: hosts will not talk to it'],
  ])('the address %s', (spelled, message) => {
    expect(findings(
      `node: a\nvirtual_routers: {web: {interface: eth0, vrid: 1, addresses: [${spelled}]}}\n`)).toMatchObject([
      { severity: 'warning', line: 2, key: 'virtual_routers.web.addresses[0]', message },
    ]);
  });

  test.each(['192.0.2.0/31', '192.0.2.1/31', '192.0.2.0/32', '192.0.3.0/23', '192.0.2.255/23'])(
    'the address %s is not', (spelled) => {
      const text = `node: a\nvirtual_routers: {web: {interface: eth0, vrid: 1, addresses: [${spelled}]}}\n`;
      expect(findings(text)).toEqual([]);
    });
});

test('all errors of a file come at once, in the order of the file', () => {
  const text = `node: lb-a
piers: {lb-b: 10.0.0.12}
virtual_routers:
  web: {interface: eth0, vrid: 300, prioritty: 254, addresses: [192.0.2.10]}
  api:
    vrid: 5
    addresses: [192.0.2.300/24]
    advert_interval: 15ms
hooks:
  - {on: [master], run: [x], timeout: 10}
log: {level: loud}
`;
  expect(findings(text).map(({ line, column, code }) => [line, column, code])).toEqual([
    [2, 1, 'unknown-key'], [4, 32, 'out-of-range'], [4, 37, 'unknown-key'], [4, 65, 'missing-prefix-length'],
    [6, 5, 'missing-key'], [7, 17, 'wrong-address'], [8, 22, 'out-of-range'],
    [10, 26, 'hook-missing'], [10, 39, 'wrong-type'], [11, 14, 'unknown-word'],
  ]);
});

describe('a virtual address that a node has of its own under peers', () => {
  const file = (address: string, priority: string): string => 'node: lb-a\n'
    + 'peers: {lb-a: 10.0.0.11, lb-b: 10.0.0.12}\nvirtual_routers:\n'
    + `  web: {interface: eth0, vrid: 51, addresses: [${address}/24], priority: ${priority}}\n`;

  test('is refused on that node below priority 255', () => {
    expect(lines(file('10.0.0.11', '254'))).toEqual(['f:4:48: error: virtual_routers.web.addresses[0]: '
      + "10.0.0.11 is this node's own address under peers, and would be taken off it while it is not master; "
      + 'list another address, or give its owner priority 255']);
    expect(findings(file('10.0.0.11', '255')).map(({ code }) => code)).toEqual(['address-owner']);
  });

  test('is doubtful on another node, unless the file shows its owner', () => {
    expect(lines(file('10.0.0.12', '254'))).toEqual(['f:4:48: warning: virtual_routers.web.addresses[0]: '
      + "10.0.0.12 is the address of 'lb-b' under peers, which is its owner only with priority 255"]);
    expect(findings(file('10.0.0.12', '{lb-a: 254, lb-b: 255}'))).toEqual([]);
  });
});

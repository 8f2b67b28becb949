import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addressBytes,
  addressFamily,
  compareAddresses,
  formatAddress,
  formatAddressPrefix,
  parseAddress,
  parseAddressPrefix,
} from './address.js';

describe('IPv4 text', () => {
  test.each(['0.0.0.0', '10.9.0.1', '255.255.255.255'])('%s is read and written back the same', (text) => {
    expect(formatAddress(addressBytes(text))).toBe(text);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.x',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '-1.2.3.4',
    '1.2.3.4/24',
  ])('"%s" is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('IPv6 text', () => {
  test.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['0:0:1:0:0:2:3:4', '::1:0:0:2:3:4'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s is written as %s (RFC 5952 §4)', (text, canonical) => {
    expect(formatAddress(addressBytes(text))).toBe(canonical);
  });

  test.each([
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'fe80::1%eth0',
    ':1',
    '1:',
    '1:2:3:4:5:6:7::8',
    '::1.2.3',
    '1.2.3.4::',
  ])('"%s" is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

test('every address survives being written and read', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
  );
});

test('reading an address never throws', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseAddress(text);
      parseAddressPrefix(text);
    }),
  );
});

describe('order', () => {
  test.each([
    ['10.9.0.9', '10.9.0.200'],
    ['9.255.255.255', '10.0.0.0'],
    ['127.0.0.1', '128.0.0.1'],
    ['fe80::7fff', 'fe80::8000'],
  ])('%s is lower than %s as an unsigned number [RFC9568-6.4.3]', (lower, higher) => {
    expect(compareAddresses(lower, higher)).toBeLessThan(0);
    expect(compareAddresses(higher, lower)).toBeGreaterThan(0);
    expect(compareAddresses(lower, lower)).toBe(0);
  });

  test('IPv4 sorts before IPv6', () => {
    expect(compareAddresses('255.255.255.255', '::')).toBeLessThan(0);
  });
});

describe('prefixes', () => {
  test.each([
    ['192.0.2.10/24', '192.0.2.10/24'],
    ['192.0.2.10', '192.0.2.10/32'],
    ['2001:DB8::10/64', '2001:db8::10/64'],
    ['2001:db8::10', '2001:db8::10/128'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (text, canonical) => {
    const prefix = parseAddressPrefix(text);
    expect(prefix === undefined ? undefined : formatAddressPrefix(prefix)).toBe(canonical);
  });

  test.each(['192.0.2.10/33', '::/129', '192.0.2.10/', '192.0.2.10/024', '192.0.2.10/-1', '192.0.2.10/24/1', '/24'])(
    '"%s" is no prefix',
    (text) => {
      expect(parseAddressPrefix(text)).toBeUndefined();
    },
  );
});

test('the family of an address shows in its text', () => {
  expect([addressFamily('192.0.2.1'), addressFamily('::1')]).toEqual([4, 6]);
});

test('bytes of something that is no address are refused', () => {
  expect(() => addressBytes('eth0')).toThrow(RangeError);
});

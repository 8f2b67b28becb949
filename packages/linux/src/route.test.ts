import { describe, expect, test } from '@jest/globals';

import {
  decodeAddress, decodeLink, encodeAddress, openRouteSocket, readAddresses, readLink, readLinks,
} from './route.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const message = (text: string): { type: number; flags: number; sequence: number; body: Uint8Array } =>
  ({ type: 0, flags: 0, sequence: 0, body: Uint8Array.from(Buffer.from(text, 'hex')) });

describe('an address request', () => {
  test('IPv4: ifaddrmsg, local, address and our mark', () => {
    expect(hex(encodeAddress({ address: '192.0.2.10', prefixLength: 24, index: 5 }))).toBe(
      '02180000' + '05000000' + '08000200c000020a' + '08000100c000020a' + '05000b0070000000');
  });

  test('IPv4 with a label and a lifetime in seconds, preferred and valid', () => {
    const request = { address: '192.0.2.10', prefixLength: 32, index: 5, label: 'x:1', lifetimeSeconds: 9 };
    expect(hex(encodeAddress(request))).toBe(
      '02200000' + '05000000' + '08000200c000020a' + '08000100c000020a' + '08000300783a3100'
      + '14000600' + '09000000' + '09000000' + '00000000' + '00000000' + '05000b0070000000');
  });

  test('with a metric for the route to its subnet', () => {
    expect(hex(encodeAddress({ address: '192.0.2.10', prefixLength: 24, index: 5, routeMetric: 4096 }))).toBe(
      '02180000' + '05000000' + '08000200c000020a' + '08000100c000020a' + '0800090000100000' + '05000b0070000000');
  });

  test('IPv6: without duplicate address detection', () => {
    expect(hex(encodeAddress({ address: '2001:db8::10', prefixLength: 64, index: 5 }))).toBe(
      '0a400000' + '05000000' + '1400020020010db8000000000000000000000010' + '1400010020010db8000000000000000000000010'
      + '08000800' + '02000000' + '05000b0070000000');
  });
});

describe('what the kernel tells', () => {
  test('a link: index, name, up only with carrier, MAC', () => {
    const header = (flags: string): string => '00000100' + '07000000' + flags + '00000000';
    const attributes = '09000300657468300' + '0000000' + '0a000100020000000001' + '0000';
    expect(decodeLink(message(header('43100100') + attributes))).toEqual(
      { index: 7, name: 'eth0', up: true, mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
    expect(decodeLink(message(header('03100100') + attributes))?.up).toBe(false);
    expect(decodeLink(message(header('40100100') + attributes))?.up).toBe(false);
  });

  test('an address on a point-to-point interface is the local end', () => {
    const told = message('02200080' + '05000000' + '08000100c0000202' + '08000200c0000201');
    expect(decodeAddress(told)).toEqual(
      {
        address: '192.0.2.1', prefixLength: 32, index: 5, label: undefined, protocol: 0, tentative: false,
        encoded: told.body,
      });
  });

  test.each([
    ['00', false], ['80', false], ['c0', true], ['48', true], ['44', false],
  ])('an address with the flags %s is tentative: %s', (flags, tentative) => {
    const told = message(`0a40${flags}fd` + '05000000' + '14000100' + 'fe800000000000000000000000000001');
    expect(decodeAddress(told)).toMatchObject({ address: 'fe80::1', tentative });
  });

  test.each(['', '02', '02180000050000', '02180000' + '05000000', '02180000' + '05000000' + '06000100c000'])(
    'a message that is too short for an address is none: %s', (text) => {
      expect(decodeAddress(message(text))).toBeUndefined();
    });

  test('a message that is too short for a link is none', () => {
    expect(decodeLink(message('00000100070000'))).toBeUndefined();
  });
});

describe('against the kernel of this machine', () => {
  const socket = openRouteSocket();

  test('the loopback interface is there with its address', () => {
    const link = readLink(socket, 'lo');
    expect(link).toMatchObject({ index: 1, name: 'lo' });
    expect(readLinks(socket)).toContainEqual(link);
    const addresses = readAddresses(socket, 1);
    expect(addresses.every(({ index }) => index === 1)).toBe(true);
    expect(readAddresses(socket, 0)).toEqual(expect.arrayContaining(addresses));
  });

  test('a missing interface is undefined, a missing index has no addresses', () => {
    expect(readLink(socket, 'no-such-link')).toBeUndefined();
    expect(readAddresses(socket, 0x7fffffff)).toEqual([]);
  });
});

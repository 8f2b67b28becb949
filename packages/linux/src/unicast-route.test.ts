import { describe, expect, test } from '@jest/globals';

import { openRouteSocket } from './route.js';
import { decodeRoute, encodeRoute, readRoutesMarked, readRoutesOfTable } from './unicast-route.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const message = (text: string): { type: number; flags: number; sequence: number; body: Uint8Array } =>
  ({ type: 0, flags: 0, sequence: 0, body: Uint8Array.from(Buffer.from(text, 'hex')) });
const prefix = (address: string, prefixLength: number): { address: string; prefixLength: number } =>
  ({ address, prefixLength });

describe('a route request', () => {
  test('IPv4 via a gateway: our mark, table, destination, gateway; the interface is left to the kernel', () => {
    const route = { to: prefix('198.51.100.0', 24), via: '192.0.2.1', interfaceIndex: 0, table: 254 };
    expect(hex(encodeRoute(route))).toBe(
      '02180000' + '00700001' + '00000000' + '08000f00fe000000' + '08000100c6336400' + '08000500c0000201');
  });

  test('IPv4 by an interface alone has the scope of the link, and a table above 255 its own attribute', () => {
    const route = { to: prefix('198.51.100.0', 24), via: undefined, interfaceIndex: 7, table: 1000 };
    expect(hex(encodeRoute(route))).toBe(
      '02180000' + '0070fd01' + '00000000' + '08000f00e8030000' + '08000100c6336400' + '0800040007000000');
  });

  test('the IPv6 default route has no destination', () => {
    const route = { to: prefix('::', 0), via: 'fe80::1', interfaceIndex: 7, table: 254 };
    expect(hex(encodeRoute(route))).toBe(
      '0a000000' + '00700001' + '00000000' + '08000f00fe000000' + '14000500fe800000000000000000000000000001'
      + '0800040007000000');
  });
});

describe('what the kernel tells', () => {
  test('a route with all that is known of it', () => {
    const told = '02180000' + 'fe700001' + '00000000' + '08000f00fe000000' + '08000100c6336400' + '08000600e8030000'
      + '08000500c0000201' + '0800040007000000';
    expect(decodeRoute(message(told))).toEqual({
      to: prefix('198.51.100.0', 24), via: '192.0.2.1', interfaceIndex: 7, table: 254, protocol: 112, metric: 1000,
    });
  });

  test('a default route without attributes: the table of the header, metric 0', () => {
    expect(decodeRoute(message('0a000000' + 'fe030001' + '00000000'))).toEqual({
      to: prefix('::', 0), via: undefined, interfaceIndex: 0, table: 254, protocol: 3, metric: 0,
    });
  });

  test.each([
    ['a local route', '02200000' + 'ff02fe02' + '00000000'],
    ['a copy in a cache', '0a800000' + 'fe020001' + '00020000'],
    ['a route of another family', '1c000000' + 'fe020001' + '00000000'],
    ['half a header', '02180000fe70'],
  ])('%s is none', (_, text) => {
    expect(decodeRoute(message(text))).toBeUndefined();
  });

  test('of this machine: nothing in a table that nobody uses, and every route of a mark carries it', () => {
    const socket = openRouteSocket();
    expect(readRoutesOfTable(socket, 4, 0x7ffffffe)).toEqual([]);
    expect(readRoutesOfTable(socket, 6, 0x7ffffffe)).toEqual([]);
    expect(readRoutesMarked(socket, 2).every(({ protocol }) => protocol === 2)).toBe(true);
    socket.close();
  });
});

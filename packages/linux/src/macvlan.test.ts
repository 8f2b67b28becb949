import { describe, expect, test } from '@jest/globals';

import {
  decodeLinkDetails, encodeIpv4Settings, encodeMacvlan, readAllLinkDetails, readLinkDetails,
} from './macvlan.js';
import { openRouteSocket } from './route.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const message = (text: string): { type: number; flags: number; sequence: number; body: Uint8Array } =>
  ({ type: 0, flags: 0, sequence: 0, body: Uint8Array.from(Buffer.from(text, 'hex')) });

const KIND_MACVLAN = '0c000100' + '6d6163766c616e00';
const MODE_BRIDGE = '0c000200' + '08000100' + '04000000';

test('a macvlan: name, parent, MAC, and its mode within the data of its kind', () => {
  const request = { name: 'vr4.1.2', parentIndex: 2, mac: Uint8Array.of(0, 0, 0x5e, 0, 1, 1), mode: 'bridge' } as const;
  expect(hex(encodeMacvlan(request))).toBe(
    '00'.repeat(16) + '0c000300' + '7672342e312e3200' + '08000500' + '02000000' + '0a000100' + '00005e000101' + '0000'
    + '1c001200' + KIND_MACVLAN + MODE_BRIDGE);
});

test('IPv4 settings: each under its number, within IPv4 within the families', () => {
  expect(hex(encodeIpv4Settings(5, { arp_ignore: 1, arp_announce: 2 }))).toBe(
    '00000000' + '05000000' + '0000000000000000' + '1c001a00' + '18000200' + '14000100'
    + '08001200' + '02000000' + '08001300' + '01000000');
});

describe('what the kernel tells', () => {
  const header = (flags: string): string => '00000100' + '07000000' + flags + '00000000';

  test('a macvlan that is on, with alias, parent and mode', () => {
    const attributes = '0600030061000000' + '0800050002000000' + '0a00010000005e0001010000' + '0a0014006261746f6e000000'
      + '1c001200' + KIND_MACVLAN + MODE_BRIDGE;
    expect(decodeLinkDetails(message(header('43100100') + attributes))).toEqual({
      index: 7, name: 'a', mac: Uint8Array.of(0, 0, 0x5e, 0, 1, 1), switchedOn: true, parentIndex: 2, mode: 'bridge',
      alias: 'baton', ipv4Settings: {},
    });
  });

  test('an interface of another kind that is off has no mode, whatever its data', () => {
    const told = decodeLinkDetails(message(header('02100000') + '18001200' + '0800010061620000' + MODE_BRIDGE));
    expect(told).toMatchObject({ switchedOn: false, mode: undefined, alias: undefined, parentIndex: 0 });
  });

  test('IPv4 settings by position in their array', () => {
    const values = Array.from({ length: 20 }, (_, index) => `${(index + 1).toString(16).padStart(2, '0')}000000`);
    const families = '5c001a00' + '58000200' + '54000100' + values.join('');
    const told = decodeLinkDetails(message(header('02100000') + families));
    expect(told?.ipv4Settings).toEqual({ rp_filter: 8, arp_filter: 13, arp_announce: 18, arp_ignore: 19 });
  });

  test('a message that is too short for a link is none', () => {
    expect(decodeLinkDetails(message('00000100070000'))).toBeUndefined();
  });

  test('of this machine: the loopback interface, by name and by index; a missing one is undefined', () => {
    const socket = openRouteSocket();
    const loopback = readLinkDetails(socket, 'lo');
    expect(loopback).toMatchObject({ index: 1, name: 'lo', mode: undefined, parentIndex: 0 });
    expect(loopback?.ipv4Settings.rp_filter).toEqual(expect.any(Number));
    expect(readLinkDetails(socket, 1)).toEqual(loopback);
    expect(readAllLinkDetails(socket)).toContainEqual(loopback);
    expect(readLinkDetails(socket, 'no-such-link')).toBeUndefined();
    socket.close();
  });
});

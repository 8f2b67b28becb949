import { describe, expect, test } from '@jest/globals';

import {
  decodeInternet6Address, encodeInternet6Address, encodeInternetAddress, encodeLinkAddress, encodeMulticastRequest,
  encodeMulticastRequest6, encodeNetlinkAddress, encodeUnixAddress,
} from './socket-address.js';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

describe('structures are laid out as the kernel headers say', () => {
  test('sockaddr_in: family in host order, port 0, address in network order, 8 bytes of zero', () => {
    expect(hex(encodeInternetAddress(Uint8Array.of(224, 0, 0, 18)))).toBe('02000000e00000120000000000000000');
  });

  test('sockaddr_in6: family, port and flow information 0, address in network order, scope in host order', () => {
    const address = Uint8Array.from(Buffer.from('fe800000000000000000000000000001', 'hex'));
    const encoded = encodeInternet6Address(address, 0x0102);
    expect(hex(encoded)).toBe('0a000000' + '00000000' + hex(address) + '02010000');
    expect(decodeInternet6Address(encoded)).toEqual(address);
  });

  test('ipv6_mreq: group, index', () => {
    const group = Uint8Array.from(Buffer.from('ff020000000000000000000000000012', 'hex'));
    expect(hex(encodeMulticastRequest6(group, 7))).toBe(`${hex(group)}07000000`);
  });

  test('sockaddr_ll: family, protocol 0, index, and nothing of a hardware address', () => {
    expect(hex(encodeLinkAddress(0x01020304))).toBe('1100000004030201000000000000000000000000');
  });

  test('sockaddr_nl: family, padding, port 0, groups 0', () => {
    expect(hex(encodeNetlinkAddress())).toBe('100000000000000000000000');
  });

  test('ip_mreqn: group, local address, index', () => {
    const request = encodeMulticastRequest(Uint8Array.of(224, 0, 0, 18), Uint8Array.of(192, 0, 2, 1), 7);
    expect(hex(request)).toBe('e0000012c000020107000000');
  });

  test('sockaddr_un: a path ends with a zero, an abstract name begins with one', () => {
    expect(hex(encodeUnixAddress('/a'))).toBe('01002f6100');
    expect(hex(encodeUnixAddress('@a'))).toBe('01000061');
  });

  test('sockaddr_un: a name that does not fit is refused', () => {
    expect(encodeUnixAddress('')).toBeUndefined();
    expect(encodeUnixAddress(`/${'a'.repeat(106)}`)).toHaveLength(2 + 108);
    expect(encodeUnixAddress(`/${'a'.repeat(107)}`)).toBeUndefined();
  });
});

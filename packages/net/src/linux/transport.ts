// Chooses the driver for advertisements: raw-socket for IPv4 where it is built, otherwise system calls of our own. Both
// behave the same. IPv6 is always native: raw-socket does not tell the hop limit, which RFC 9568 §5.1.2.3 has us check.

import { BatonError, describeError } from '@baton/base';

import type { NetErrorCode, PacketIo } from '../index.js';
import { openAdvertisementSocket } from './advertisement-socket.js';
import { openNativeSocket } from './native-driver.js';
import { loadRawSocket } from './raw-socket-driver.js';
import { IPV4, IPV6 } from './socket-family.js';

/** PacketIo on the network namespace of this process.
 *  @param wanted one driver and no other; by default the environment variable BATON_PACKET_DRIVER, and where that is
 *    empty the first that loads
 *  @throws {BatonError<NetErrorCode>} ERR_NET_DRIVER_UNAVAILABLE when the wanted driver does not load or has an unknown
 *    name */
export function openPacketIo(wanted = process.env['BATON_PACKET_DRIVER'] ?? ''): PacketIo {
  if (wanted === 'native') return NATIVE_PACKET_IO;
  if (wanted !== '' && wanted !== 'raw-socket') {
    throw new BatonError<NetErrorCode>('ERR_NET_DRIVER_UNAVAILABLE', `unknown packet driver: ${wanted}`, {
      details: { driver: wanted }, hint: 'set BATON_PACKET_DRIVER to raw-socket or native, or leave it unset',
    });
  }
  const rawSocket = loadRawSocket();
  if (rawSocket.ok) {
    return {
      driver: 'raw-socket',
      open: (name, family, receive) => (family === 6
        ? NATIVE_PACKET_IO.open(name, family, receive) : openAdvertisementSocket(rawSocket.open, IPV4, name, receive)),
    };
  }
  if (wanted === '') return NATIVE_PACKET_IO;
  const problem = `raw-socket does not load: ${describeError(rawSocket.cause)}`;
  throw new BatonError<NetErrorCode>('ERR_NET_DRIVER_UNAVAILABLE', problem, {
    cause: rawSocket.cause, details: { driver: wanted }, hint: 'unset BATON_PACKET_DRIVER to use the native driver',
  });
}

const NATIVE_PACKET_IO: PacketIo = {
  driver: 'native',
  open(name, family, receive) {
    const socketFamily = family === 6 ? IPV6 : IPV4;
    return openAdvertisementSocket(() => openNativeSocket(socketFamily.domain), socketFamily, name, receive);
  },
};

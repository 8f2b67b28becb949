// What comes in while an endpoint is being opened: before it is bound a raw socket hears other interfaces, and before
// it has joined its group it hears what is sent to the host. Run through packages/lab/bin/in-lab.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addressBytes } from '@baton/base';

import { encodeAdvertisementFrame, parseMac } from '../frames.js';
import type { ReceivedDatagram } from '../index.js';
import { openAdvertisementSocket, type DriverSocket } from './advertisement-socket.js';
import { openNativeSocket } from './native-driver.js';
import { PacketLab } from './packet-lab.fixture.js';
import { IPV4, IPV6, type SocketFamily } from './socket-family.js';
import { ip, until } from './veth-pair.fixture.js';

describe.each([['IPv4', IPV4], ['IPv6', IPV6]] as const)('an endpoint of %s that is being opened', (_, family) => {
  const lab = new PacketLab('native', family.family);

  beforeEach(() => {
    lab.begin();
  });
  afterEach(() => {
    lab.end();
  });

  /** Opens an endpoint on the near end with a driver of the test's own. */
  function openWith(openDriverSocket: (family: SocketFamily) => DriverSocket): {
    readonly drain: (limit: number) => number;
    readonly first: () => (number | undefined)[];
  } {
    const heard: ReceivedDatagram[] = [];
    const socket = lab.keep(openAdvertisementSocket(
      () => openDriverSocket(family), family, lab.pair.near, (datagram) => heard.push(datagram)));
    return { drain: (limit) => socket.drain(limit), first: () => heard.map(({ payload }) => payload[0]) };
  }

  test('does not tell as its own what it heard of other interfaces before it was bound', async () => {
    const other = lab.addPair(2);
    lab.listen(other.near);
    const stranger = lab.listen(other.far).socket;
    const friend = lab.listen(lab.pair.far).socket;
    const { first } = openWith(({ domain }) => {
      const socket = openNativeSocket(domain);
      for (let value = 0; value < 100; value += 1) {
        stranger.send(Uint8Array.of(value), lab.toGroup(other.farSource));
      }
      return socket;
    });
    friend.send(Uint8Array.of(255), lab.toGroup(lab.pair.farSource));
    await until('the friend', () => first().length > 0);
    expect(first()).toEqual([255]);
  });

  test('a flood while it opens neither holds it up nor loses what comes after it has joined', () => {
    const wire = lab.tap(lab.pair.far);
    const station = '02:00:00:00:00:07';
    ip('link', 'set', lab.pair.near, 'address', station);
    const encodeFrame = (destination: string, value: number): Uint8Array => encodeAdvertisementFrame(
      parseMac('02:00:00:00:00:01'), addressBytes(lab.pair.farSource), addressBytes(destination),
      Uint8Array.of(value));
    // To the host itself, which a socket hears unjoined.
    const flood = encodeFrame(lab.pair.nearSource, 1);
    flood.set(parseMac(station), 0);
    let count = 0;
    let flooding = true;
    const { drain, first } = openWith(({ domain }) => {
      const socket = openNativeSocket(domain);
      return {
        ...socket,
        // Each time the descriptor is used there is one more datagram.
        get fd(): number {
          if (!flooding) return socket.fd;
          count += 1;
          if (count > 20_000) throw new Error('it reads for ever');
          wire.inject(flood);
          return socket.fd;
        },
      };
    });
    flooding = false;
    wire.inject(encodeFrame(lab.group, 2));
    drain(20_000);
    expect(first().at(-1)).toBe(2);
  });
});

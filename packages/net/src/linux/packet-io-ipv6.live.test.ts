// What PacketIo does with IPv6 beyond what both families do: what the kernel tells beside a datagram, what it leaves
// alone, and which sources it has. Run through packages/lab/bin/in-lab.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addressBytes } from '@baton/base';

import { encodeAdvertisementFrame } from '../frames.js';
import { PacketLab } from './packet-lab.fixture.js';
import { ip, joinGroup, until } from './veth-pair.fixture.js';
import { readDatagrams } from './wire.fixture.js';

/** A whole advertisement from the far end, with this hop limit. */
function encodeFrame(source: string, hopLimit: number, payload: readonly number[]): Uint8Array {
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const frame = encodeAdvertisementFrame(
    mac, addressBytes(source), addressBytes('ff02::12'), Uint8Array.from(payload));
  frame[21] = hopLimit;
  return frame;
}

/** An extension header of 8 bytes, padding, before what follows. */
function insertExtension(frame: Uint8Array): Uint8Array {
  const [destinationOptions, padN] = [60, 1];
  const extended = Uint8Array.of(...frame.subarray(0, 54), 112, 0, padN, 4, 0, 0, 0, 0, ...frame.subarray(54));
  extended[20] = destinationOptions;
  extended[19] = (extended[19] ?? 0) + 8;
  return extended;
}

describe('PacketIo with IPv6', () => {
  const lab = new PacketLab('native', 6);

  beforeEach(() => {
    lab.begin();
  });
  afterEach(() => {
    lab.end();
  });

  test('IPv6 is there with the driver raw-socket too', async () => {
    const other = new PacketLab('raw-socket', 6);
    const { heard } = lab.listen(lab.pair.near);
    const sender = lab.keep(other.packetIo.open(lab.pair.far, 6, () => undefined));
    expect(sender.send(Uint8Array.of(1), lab.toGroup(lab.pair.farSource))).toEqual({ ok: true });
    await until('the datagram', () => heard.length === 1);
  });

  test('a hop limit other than 255 is told, whatever it is, so that it can be discarded and counted [B02, B03]',
    async () => {
      const { heard } = lab.listen(lab.pair.near);
      const wire = lab.tap(lab.pair.far);
      for (const hopLimit of [255, 254, 64, 1, 0]) wire.inject(encodeFrame(lab.pair.farSource, hopLimit, [hopLimit]));
      await until('five datagrams', () => heard.length === 5);
      expect(heard.map(({ ttl, payload }) => [ttl, payload[0]])).toEqual(
        [[255, 255], [254, 254], [64, 64], [1, 1], [0, 0]]);
    });

  test('the kernel neither writes nor checks the checksum of protocol 112: the bytes are those that were given',
    async () => {
      const wrong = [0x31, 7, 200, 1, 0, 10, 0xde, 0xad, 1, 2, 3, 4];
      const near = lab.listen(lab.pair.near);
      const wire = lab.tap(lab.pair.far);
      near.socket.send(Uint8Array.from(wrong), lab.toGroup(lab.pair.nearSource));
      expect(readDatagrams(wire.frames()).map(({ payload }) => payload)).toEqual([wrong]);
      wire.inject(encodeFrame(lab.pair.farSource, 255, wrong));
      await until('the datagram', () => near.heard.length === 1);
      expect(Array.from(near.heard[0]?.payload ?? [])).toEqual(wrong);
    });

  test('empty, large, and behind an extension header: the payload is what the protocol carries', async () => {
    const { heard } = lab.listen(lab.pair.near);
    const wire = lab.tap(lab.pair.far);
    const large = Array.from({ length: 1400 }, (_, index) => index & 0xff);
    wire.inject(encodeFrame(lab.pair.farSource, 255, []));
    wire.inject(insertExtension(encodeFrame(lab.pair.farSource, 255, [1, 2])));
    wire.inject(encodeFrame(lab.pair.farSource, 255, large));
    await until('three datagrams', () => heard.length === 3);
    expect(heard.map(({ payload, headerValid }) => [Array.from(payload), headerValid])).toEqual(
      [[[], true], [[1, 2], true], [large, true]]);
  });

  test('another group that some program of this host has joined is heard, and told as the destination', async () => {
    const { pair } = lab;
    const leave = joinGroup(pair.near, 'ff02::99');
    const far = lab.listen(pair.far).socket;
    const { heard } = lab.listen(pair.near);
    far.send(Uint8Array.of(1), { source: pair.farSource, destination: 'ff02::99' });
    far.send(Uint8Array.of(2), lab.toGroup(pair.farSource));
    await until('both', () => heard.length === 2);
    leave();
    expect(heard.map(({ destination }) => destination)).toEqual(['ff02::99', 'ff02::12']);
  });

  test('a source that is still being checked for duplicates is refused, and not replaced by another', () => {
    const { socket } = lab.listen(lab.pair.near);
    const wire = lab.tap(lab.pair.far);
    ip('address', 'add', 'fe80::200/64', 'dev', lab.pair.near);
    expect(socket.send(Uint8Array.of(1), lab.toGroup('fe80::200'))).toEqual({ ok: false, errno: 'EINVAL' });
    expect(readDatagrams(wire.frames())).toEqual([]);
  });

  test('the link-local address of another interface is no source here', () => {
    lab.addPair(2);
    const { socket } = lab.listen(lab.pair.near);
    expect(socket.send(Uint8Array.of(1), lab.toGroup('fe80::2:1'))).toEqual({ ok: false, errno: 'EINVAL' });
  });

  test('a peer off the link is reached by the gateway of the interface', () => {
    const { pair } = lab;
    const { socket } = lab.listen(pair.near);
    ip('address', 'add', '2001:db8:1::1/64', 'dev', pair.near, 'nodad');
    ip('link', 'set', pair.far, 'address', '02:00:00:00:00:0f');
    ip('neighbour', 'replace', 'fe80::fe', 'lladdr', '02:00:00:00:00:0f', 'dev', pair.near, 'nud', 'permanent');
    ip('route', 'add', '2001:db8:9::/64', 'via', 'fe80::fe', 'dev', pair.near);
    const wire = lab.tap(pair.far);
    const envelope = { source: '2001:db8:1::1', destination: '2001:db8:9::2' };
    expect(socket.send(Uint8Array.of(1), envelope)).toEqual({ ok: true });
    expect(readDatagrams(wire.frames())).toEqual([
      expect.objectContaining({ destinationMac: '02:00:00:00:00:0f', ttl: 255, ...envelope }),
    ]);
  });
});

// What PacketIo does with IPv4 beyond what both families do: headers that are odd, and peers behind a gateway. Run
// through packages/lab/bin/in-lab.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { PacketLab } from './packet-lab.fixture.js';
import { ip, joinGroup, until } from './veth-pair.fixture.js';
import { readDatagrams } from './wire.fixture.js';

interface FrameOptions {
  readonly ttl?: number;
  readonly first?: number;
  readonly totalLength?: number;
  readonly payload: readonly number[];
}

/** A datagram of protocol 112 to the group in a frame; the header checksum is right whatever the header says. */
function encodeFrame(options: FrameOptions): Uint8Array {
  const { ttl = 255, first = 0x45, payload } = options;
  const headerSize = Math.max(20, (first & 15) * 4);
  const totalLength = options.totalLength ?? headerSize + payload.length;
  const header = new Uint8Array(headerSize);
  header.set([first, 0xc0, totalLength >> 8, totalLength & 0xff, 0, 0, 0, 0, ttl, 112]);
  header.set([10, 99, 1, 2, 224, 0, 0, 18], 12);
  if (headerSize > 20) header.fill(1, 20); // options: no operation
  let sum = 0;
  for (let offset = 0; offset < (first & 15) * 4; offset += 2) {
    sum += ((header[offset] ?? 0) << 8) | (header[offset + 1] ?? 0);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  header.set([(~sum >> 8) & 0xff, ~sum & 0xff], 10);
  return Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 1, 8, 0, ...header, ...payload);
}

describe.each(['raw-socket', 'native'] as const)('PacketIo by %s with IPv4', (driver) => {
  const lab = new PacketLab(driver, 4);

  beforeEach(() => {
    lab.begin();
  });
  afterEach(() => {
    lab.end();
  });

  test('odd datagrams, a header with options among them, are delivered as they are [B19]; no IPv4, the kernel keeps',
    async () => {
      const { heard } = lab.listen(lab.pair.near);
      const wire = lab.tap(lab.pair.far);
      wire.inject(encodeFrame({ payload: [] }));
      wire.inject(encodeFrame({ ttl: 1, payload: [1] }));
      wire.inject(encodeFrame({ first: 0x46, payload: [2, 2] }));
      wire.inject(encodeFrame({ totalLength: 22, payload: [3, 3, 0, 0, 0, 0] }));
      wire.inject(encodeFrame({ totalLength: 60, payload: [4] }));
      wire.inject(encodeFrame({ first: 0x44, payload: [5] }));
      wire.inject(encodeFrame({ first: 0x65, payload: [6] }));
      const large = Array.from({ length: 1400 }, (_, index) => index & 0xff);
      wire.inject(encodeFrame({ payload: large }));
      await until('the last one', () => heard.at(-1)?.payload.length === 1400);
      expect(heard.map(({ ttl, payload, headerValid }) => [ttl, Array.from(payload), headerValid])).toEqual([
        [255, [], true], [1, [1], true], [255, [2, 2], true], [255, [3, 3], true], [255, large, true],
      ]);
    });

  test('hears no other group, whoever on this host has joined it', async () => {
    const { pair } = lab;
    const leave = joinGroup(pair.near, '224.0.0.99');
    const far = lab.listen(pair.far).socket;
    const { first, heard } = lab.listen(pair.near);
    far.send(Uint8Array.of(1), { source: pair.farSource, destination: '224.0.0.99' });
    far.send(Uint8Array.of(2), lab.toGroup(pair.farSource));
    await until('the second one', () => heard.at(-1)?.payload[0] === 2);
    leave();
    expect(first()).toEqual([2]);
  });

  test('a peer off the link is reached by the gateway of the interface', () => {
    const { pair } = lab;
    const { socket } = lab.listen(pair.near);
    ip('link', 'set', pair.far, 'address', '02:00:00:00:00:0f');
    ip('neighbour', 'replace', '10.99.1.254', 'lladdr', '02:00:00:00:00:0f', 'dev', pair.near, 'nud', 'permanent');
    ip('route', 'add', '192.0.2.0/24', 'via', '10.99.1.254', 'dev', pair.near);
    const wire = lab.tap(pair.far);
    const envelope = { source: pair.nearSource, destination: '192.0.2.7' };
    expect(socket.send(Uint8Array.of(1), envelope)).toEqual({ ok: true });
    expect(readDatagrams(wire.frames())).toEqual([
      expect.objectContaining({ destinationMac: '02:00:00:00:00:0f', ttl: 255, trafficClass: 0xc0, ...envelope }),
    ]);
  });
});

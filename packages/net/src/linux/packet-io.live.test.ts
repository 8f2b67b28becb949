// What every driver of PacketIo must do on real interfaces. Run through packages/lab/bin/in-lab.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SOCK_RAW, findSockets, interfaceIndex } from '@baton/linux';

import type { AdvertisementSocket, ReceivedDatagram, SendEnvelope } from '../index.js';
import { openAdvertisementSocket, type DriverSocket } from './advertisement-socket.js';
import { openNativeSocket } from './native-driver.js';
import { IPV4 } from './socket-family.js';
import { openPacketIo } from './transport.js';
import {
  createVethPair, ip, openTap, removeVethPair, until, waitUntilUp, type Tap, type VethPair,
} from './veth-pair.fixture.js';

interface FrameOptions {
  readonly ttl?: number;
  readonly first?: number;
  readonly totalLength?: number;
  readonly payload: readonly number[];
  /** To this station and its address 10.99.1.1 instead of the group. */
  readonly to?: Uint8Array;
}

/** A datagram of protocol 112 to the group in a frame; the header checksum is right whatever the header says. */
function encodeFrame(options: FrameOptions): Uint8Array {
  const { ttl = 255, first = 0x45, payload } = options;
  const headerSize = Math.max(20, (first & 15) * 4);
  const totalLength = options.totalLength ?? headerSize + payload.length;
  const header = new Uint8Array(headerSize);
  header.set([first, 0xc0, totalLength >> 8, totalLength & 0xff, 0, 0, 0, 0, ttl, 112]);
  header.set([10, 99, 1, 2, ...(options.to === undefined ? [224, 0, 0, 18] : [10, 99, 1, 1])], 12);
  if (headerSize > 20) header.fill(1, 20); // options: no operation
  let sum = 0;
  for (let offset = 0; offset < (first & 15) * 4; offset += 2) {
    sum += ((header[offset] ?? 0) << 8) | (header[offset + 1] ?? 0);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  header.set([(~sum >> 8) & 0xff, ~sum & 0xff], 10);
  const station = options.to ?? [1, 0, 0x5e, 0, 0, 0x12];
  return Uint8Array.of(...station, 2, 0, 0, 0, 0, 1, 8, 0, ...header, ...payload);
}

/** An advertisement as every router sends it. */
function toGroup(source: string): SendEnvelope {
  return { source, destination: '224.0.0.18' };
}

/** An endpoint, what it heard, and the first byte of each payload. */
interface Listener {
  readonly socket: AdvertisementSocket;
  readonly heard: readonly ReceivedDatagram[];
  readonly first: () => (number | undefined)[];
}

describe.each(['raw-socket', 'native'] as const)('PacketIo by %s', (driver) => {
  const packetIo = openPacketIo(driver);
  let pair: VethPair;
  let open: AdvertisementSocket[];
  let taps: Tap[];

  beforeEach(() => {
    pair = createVethPair(1);
    open = [];
    taps = [];
  });
  afterEach(() => {
    for (const socket of open) socket.close();
    for (const tap of taps) tap.close();
    removeVethPair(pair);
    expect(findSockets(SOCK_RAW, 112)).toEqual([]);
  });

  /** Opens an endpoint that is closed after the test, and what it heard so far. */
  function listen(name: string): Listener {
    const heard: ReceivedDatagram[] = [];
    const socket = packetIo.open(name, 4, (datagram) => heard.push(datagram));
    open.push(socket);
    return { socket, heard, first: () => heard.map(({ payload }) => payload[0]) };
  }

  function tap(name: string): Tap {
    const opened = openTap(name);
    taps.push(opened);
    return opened;
  }

  /** Runs statements in a process of their own, with `io`, `gc` and the names and addresses of the pair; ends it after
   *  5 s. */
  function runProgram(statements: string): SpawnSyncReturns<string> {
    const library = fileURLToPath(new URL('../../dist/linux/index.js', import.meta.url));
    const program = `
      import { openPacketIo } from ${JSON.stringify(library)};
      const { near, far, farAddress } = ${JSON.stringify(pair)};
      const io = openPacketIo(${JSON.stringify(driver)});
      const toGroup = (source) => ({ source, destination: '224.0.0.18' });
      ${statements}`;
    const flags = ['--expose-gc', '--input-type=module', '-e', program];
    return spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 5000, killSignal: 'SIGKILL' });
  }

  test('is the driver it says', () => {
    expect(packetIo.driver).toBe(driver);
  });

  test('joins 224.0.0.18 on its interface, and leaves when closed', () => {
    const groups = (): string => {
      const interfaces = readFileSync('/proc/net/igmp', 'latin1').split(/^\d/m);
      return interfaces.find((part) => part.includes(pair.near)) ?? '';
    };
    expect(groups()).not.toContain('120000E0');
    const { socket } = listen(pair.near);
    expect(groups()).toContain('120000E0');
    socket.close();
    expect(groups()).not.toContain('120000E0');
  });

  test('the datagram is on the wire when send returns: group MAC, CS6, TTL 255, source and payload', () => {
    const { socket } = listen(pair.near);
    const wire = tap(pair.far);
    expect(socket.send(Uint8Array.of(0x31, 2, 3), toGroup(pair.nearAddress))).toEqual({ ok: true });
    const [frame, ...others] = wire.frames().filter((bytes) => bytes[23] === 112);
    expect(others).toEqual([]);
    expect(Array.from(frame?.subarray(0, 6) ?? [])).toEqual([0x01, 0x00, 0x5e, 0x00, 0x00, 0x12]);
    expect(frame?.[15]).toBe(0xc0);
    expect(frame?.[22]).toBe(255);
    expect(Array.from(frame?.subarray(26) ?? [])).toEqual([10, 99, 1, 1, 224, 0, 0, 18, 0x31, 2, 3]);
  });

  test('sends from the address it is told, whatever others are there, and from no stranger\'s', async () => {
    ip('address', 'add', '10.99.1.100/24', 'dev', pair.near);
    ip('address', 'add', '10.0.0.1/8', 'dev', pair.near);
    const sender = listen(pair.near).socket;
    const receiver = listen(pair.far);
    for (const source of [pair.nearAddress, '10.99.1.100', pair.nearAddress]) {
      expect(sender.send(Uint8Array.of(1), toGroup(source))).toEqual({ ok: true });
    }
    expect(sender.send(Uint8Array.of(1), toGroup('10.99.1.77')).ok).toBe(false);
    expect(sender.send(Uint8Array.of(1), toGroup(pair.nearAddress))).toEqual({ ok: true });
    await until('four datagrams', () => receiver.heard.length === 4);
    expect(receiver.heard.map(({ source }) => source)).toEqual(
      [pair.nearAddress, '10.99.1.100', pair.nearAddress, pair.nearAddress]);
  });

  test('tells interface, source, destination, TTL and payload of what it hears', async () => {
    const sender = listen(pair.far).socket;
    const { heard } = listen(pair.near);
    sender.send(Uint8Array.of(0x31, 51), toGroup(pair.farAddress));
    await until('a datagram', () => heard.length === 1);
    expect(heard).toEqual([{
      interface: pair.near, source: pair.farAddress, destination: '224.0.0.18', ttl: 255,
      payload: Uint8Array.of(0x31, 51),
      headerValid: true,
    }]);
  });

  test('does not hear itself', async () => {
    const near = listen(pair.near);
    const far = listen(pair.far);
    near.socket.send(Uint8Array.of(1), toGroup(pair.nearAddress));
    far.socket.send(Uint8Array.of(2), toGroup(pair.farAddress));
    await until('a datagram each', () => near.heard.length > 0 && far.heard.length > 0);
    expect([near.first(), far.first()]).toEqual([[2], [1]]);
  });

  test('hears only its own interface', async () => {
    const other = createVethPair(2);
    try {
      const mine = listen(pair.near);
      const theirs = listen(other.near);
      const stranger = listen(other.far).socket;
      const friend = listen(pair.far).socket;
      stranger.send(Uint8Array.of(1), toGroup(other.farAddress));
      friend.send(Uint8Array.of(2), toGroup(pair.farAddress));
      await until('a datagram each', () => mine.heard.length > 0 && theirs.heard.length > 0);
      expect([mine.first(), theirs.first()]).toEqual([[2], [1]]);
    } finally {
      removeVethPair(other);
    }
  });

  test('what it heard of other interfaces before it was bound is not told as its own', async () => {
    const other = createVethPair(2);
    try {
      listen(other.near);
      const stranger = listen(other.far).socket;
      const friend = listen(pair.far).socket;
      const heard: ReceivedDatagram[] = [];
      const openEarly = (): DriverSocket => {
        const socket = openNativeSocket(IPV4.domain);
        for (let value = 0; value < 100; value += 1) stranger.send(Uint8Array.of(value), toGroup(other.farAddress));
        return socket;
      };
      open.push(openAdvertisementSocket(openEarly, IPV4, pair.near, (datagram) => heard.push(datagram)));
      friend.send(Uint8Array.of(255), toGroup(pair.farAddress));
      await until('the friend', () => heard.length > 0);
      expect(heard.map(({ payload }) => payload[0])).toEqual([255]);
    } finally {
      removeVethPair(other);
    }
  });

  test('a flood while it opens neither holds it up nor loses what comes after it has joined', () => {
    const wire = tap(pair.far);
    ip('link', 'set', pair.near, 'address', '02:00:00:00:00:07');
    const heard: ReceivedDatagram[] = [];
    let count = 0;
    let flooding = true;
    // Each time the descriptor is used there is one more datagram: to the host itself, which it hears unjoined.
    const openFlooded = (): DriverSocket => {
      const socket = openNativeSocket(IPV4.domain);
      return {
        ...socket,
        get fd(): number {
          if (!flooding) return socket.fd;
          count += 1;
          if (count > 20_000) throw new Error('it reads for ever');
          wire.inject(encodeFrame({ payload: [1], to: Uint8Array.of(2, 0, 0, 0, 0, 7) }));
          return socket.fd;
        },
      };
    };
    const flooded = openAdvertisementSocket(openFlooded, IPV4, pair.near, (datagram) => heard.push(datagram));
    open.push(flooded);
    flooding = false;
    wire.inject(encodeFrame({ payload: [2] }));
    flooded.drain(20_000);
    expect(heard.at(-1)?.payload[0]).toBe(2);
  });

  test('survives its link going down and up: refused meanwhile, both ways after', async () => {
    const near = listen(pair.near);
    const far = listen(pair.far);
    ip('link', 'set', pair.near, 'down');
    const refused = near.socket.send(Uint8Array.of(1), toGroup(pair.nearAddress));
    expect(refused).toEqual({ ok: false, errno: expect.stringMatching(/^ENET/) });
    expect(near.socket.drain(10)).toBe(0);
    ip('link', 'set', pair.near, 'up');
    waitUntilUp(pair);
    expect(near.socket.send(Uint8Array.of(2), toGroup(pair.nearAddress))).toEqual({ ok: true });
    far.socket.send(Uint8Array.of(3), toGroup(pair.farAddress));
    await until('a datagram each', () => near.heard.length > 0 && far.heard.length > 0);
    expect([near.first(), far.first()]).toEqual([[3], [2]]);
  });

  test('an interface made again is another one: the old endpoint refuses, a new one works', async () => {
    const old = listen(pair.near);
    removeVethPair(pair);
    pair = createVethPair(1);
    expect(old.socket.send(Uint8Array.of(1), toGroup(pair.nearAddress)).ok).toBe(false);
    old.socket.close();
    const near = listen(pair.near);
    const far = listen(pair.far);
    near.socket.send(Uint8Array.of(2), toGroup(pair.nearAddress));
    far.socket.send(Uint8Array.of(3), toGroup(pair.farAddress));
    await until('a datagram each', () => near.heard.length > 0 && far.heard.length > 0);
    expect([near.first(), far.first(), old.first()]).toEqual([[3], [2], []]);
  });

  test('a missing interface is an error that names it, and opens nothing', () => {
    expect(() => packetIo.open('no-such-link', 4, () => undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_NET_INTERFACE_MISSING' }));
  });

  test('its descriptor is not inherited by a child process', () => {
    listen(pair.near);
    const [fd] = findSockets(SOCK_RAW, 112);
    const socket = readlinkSync(`/proc/self/fd/${String(fd)}`);
    expect(socket).toMatch(/^socket:/);
    expect(spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout).not.toContain(socket);
  });

  test('garbage collection does not make it deaf', () => {
    const ended = runProgram(`
      const hear = () => { io.open(near, 4, () => { console.log('heard'); process.exit(); }); };
      const sender = io.open(far, 4, () => undefined);
      hear();
      setTimeout(() => {
        for (let round = 0; round < 5; round += 1) gc();
        setTimeout(() => sender.send(Uint8Array.of(1), toGroup(farAddress)), 10);
      }, 10);`);
    expect(ended.stdout).toBe('heard\n');
  });

  test('drain delivers what lies there at once, in order, and no more than asked', () => {
    const far = listen(pair.far).socket;
    const near = listen(pair.near);
    for (const value of [1, 2, 3, 4, 5]) far.send(Uint8Array.of(value), toGroup(pair.farAddress));
    expect(near.socket.drain(3)).toBe(3);
    expect(near.first()).toEqual([1, 2, 3]);
    expect(near.socket.drain(10)).toBe(2);
    expect(near.first()).toEqual([1, 2, 3, 4, 5]);
    expect(near.socket.drain(10)).toBe(0);
  });

  test('drained in the middle of a delivery, nothing comes twice or out of order', async () => {
    const far = listen(pair.far).socket;
    const order: (number | undefined)[] = [];
    const near: AdvertisementSocket = packetIo.open(pair.near, 4, ({ payload }) => {
      order.push(payload[0]);
      near.drain(100);
    });
    open.push(near);
    for (const value of [1, 2, 3, 4, 5]) far.send(Uint8Array.of(value), toGroup(pair.farAddress));
    await until('five datagrams', () => order.length >= 5);
    far.send(Uint8Array.of(6), toGroup(pair.farAddress));
    await until('one more', () => order.length >= 6);
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a payload belongs to its receiver: the next datagram does not change it', async () => {
    const far = listen(pair.far).socket;
    const { heard } = listen(pair.near);
    for (const value of [1, 2, 3]) {
      far.send(Uint8Array.of(value, value, value), toGroup(pair.farAddress));
      await until('the next datagram', () => heard.length === value);
    }
    expect(heard.map(({ payload }) => Array.from(payload))).toEqual([[1, 1, 1], [2, 2, 2], [3, 3, 3]]);
  });

  test('after close nothing is sent, nothing is heard, and no socket is made anew', async () => {
    const near = listen(pair.near);
    const far = listen(pair.far);
    far.socket.send(Uint8Array.of(1), toGroup(pair.farAddress));
    near.socket.close();
    near.socket.close();
    const before = findSockets(SOCK_RAW, 112);
    expect(near.socket.send(Uint8Array.of(1), toGroup(pair.nearAddress))).toEqual({ ok: false, errno: 'EBADF' });
    expect(near.socket.drain(10)).toBe(0);
    expect(findSockets(SOCK_RAW, 112)).toEqual(before);
    const marker = listen(pair.near);
    far.socket.send(Uint8Array.of(2), toGroup(pair.farAddress));
    await until('the marker', () => marker.heard.length === 1);
    expect([near.first(), far.first()]).toEqual([[], []]);
  });

  test('odd datagrams are delivered as they are; what is no IPv4 the kernel keeps', async () => {
    const { heard } = listen(pair.near);
    const wire = tap(pair.far);
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

  test('1,000 datagrams back to back all arrive, in order', async () => {
    const far = listen(pair.far).socket;
    const near = listen(pair.near);
    for (let value = 0; value < 1000; value += 1) {
      const sent = far.send(Uint8Array.of(value >> 8, value & 0xff), toGroup(pair.farAddress));
      if (!sent.ok) throw new Error(`datagram ${String(value)} refused: ${sent.errno}`);
    }
    await until('all of them', () => near.heard.length === 1000);
    expect(near.heard.map(({ payload }) => ((payload[0] ?? 0) << 8) | (payload[1] ?? 0))).toEqual(
      Array.from({ length: 1000 }, (_, index) => index));
  });

  test('an error thrown by the receiver ends the process instead of vanishing', () => {
    const ended = runProgram(`
      io.open(near, 4, () => { throw new Error('broken receiver'); });
      io.open(far, 4, () => undefined).send(Uint8Array.of(1), toGroup(farAddress));`);
    expect(ended.stderr).toContain('broken receiver');
    expect(ended.status).toBe(1);
  });

  test('opened and closed 200 times it leaves no descriptor and no membership behind', () => {
    const index = interfaceIndex(pair.near);
    for (let round = 0; round < 200; round += 1) packetIo.open(pair.near, 4, () => undefined).close();
    expect(index).toBeGreaterThan(0);
    expect(findSockets(SOCK_RAW, 112)).toEqual([]);
    expect(readFileSync('/proc/net/igmp', 'latin1')).not.toContain('120000E0');
  });
});

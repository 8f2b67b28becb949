// What every driver of PacketIo must do in every family it has, on real interfaces. What only one family does is in
// packet-io-ipv4.live.test.ts and packet-io-ipv6.live.test.ts. Run through packages/lab/bin/in-lab.
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SOCK_RAW, findSockets, interfaceIndex } from '@baton/linux';

import type { AdvertisementSocket } from '../index.js';
import { PacketLab } from './packet-lab.fixture.js';
import { addLinkLocals, ip, until, waitUntilUp } from './veth-pair.fixture.js';
import { hexOf, readDatagrams } from './wire.fixture.js';

const VARIANTS = [['raw-socket', 4], ['native', 4], ['native', 6]] as const;

describe.each(VARIANTS)('PacketIo by %s, IPv%i', (driver, family) => {
  const lab = new PacketLab(driver, family);

  beforeEach(() => {
    lab.begin();
  });
  afterEach(() => {
    lab.end();
  });

  test('is the driver it says, on the interface and in the family it was asked for', () => {
    expect(lab.packetIo.driver).toBe(driver);
    const { socket } = lab.listen(lab.pair.near);
    expect([socket.interface, socket.family]).toEqual([lab.pair.near, family]);
  });

  test('joins its group on its interface and on no other, and leaves when closed', () => {
    const other = lab.addPair(2);
    const joined = (): boolean[] => [lab.pair.near, lab.pair.far, other.near, 'lo'].map((name) => lab.hasJoined(name));
    expect(joined()).toEqual([false, false, false, false]);
    const { socket } = lab.listen(lab.pair.near);
    expect(joined()).toEqual([true, false, false, false]);
    socket.close();
    expect(joined()).toEqual([false, false, false, false]);
  });

  test('joining and leaving are reported to the switches of its own LAN alone [G13]', async () => {
    const other = lab.addPair(2);
    const wire = lab.tap(lab.pair.far);
    const elsewhere = lab.tap(other.far);
    // One record of IGMPv3 (RFC 3376 §4.2.12) or MLDv2 (RFC 3810 §5.2.12), as in the captured joins I1 and I2:
    // 4 excludes nobody, which is a join, 3 includes nobody, which is a leave.
    const group = family === 4 ? 'e0000012' : 'ff020000000000000000000000000012';
    const heard: string[] = [];
    const isReported = (record: string): boolean => {
      heard.push(...wire.frames().map(hexOf));
      return heard.some((frame) => frame.endsWith(`${record}000000${group}`));
    };
    const { socket } = lab.listen(lab.pair.near);
    await until('the join', () => isReported('04'));
    socket.close();
    await until('the leave', () => isReported('03'));
    expect(elsewhere.frames().map(hexOf).filter((frame) => frame.includes(group))).toEqual([]);
  });

  test('it is on the wire when send returns: group MAC, CS6, hop limit 255, source and payload [A15, A16]', () => {
    const { socket } = lab.listen(lab.pair.near);
    const wire = lab.tap(lab.pair.far);
    ip('link', 'set', lab.pair.near, 'address', '02:00:00:00:00:09');
    wire.frames();
    expect(socket.send(Uint8Array.of(0x31, 2, 3), lab.toGroup(lab.pair.nearSource))).toEqual({ ok: true });
    expect(readDatagrams(wire.frames())).toEqual([{
      destinationMac: family === 4 ? '01:00:5e:00:00:12' : '33:33:00:00:00:12', sourceMac: '02:00:00:00:00:09',
      trafficClass: 0xc0, ttl: 255, source: lab.pair.nearSource, destination: lab.group, payload: [0x31, 2, 3],
    }]);
  });

  test('sends from the address it is told, whatever others are there, and from no stranger\'s', async () => {
    const { pair } = lab;
    const [second, third, strange] = family === 4
      ? ['10.99.1.100', '10.0.0.1', '10.99.1.77'] as const : ['fe80::100', '2001:db8::1', 'fe80::77'] as const;
    for (const address of [second, third]) {
      ip('address', 'add', `${address}/${family === 4 ? '8' : '64'}`, 'dev', pair.near,
        ...(family === 4 ? [] : ['nodad']));
    }
    const sender = lab.listen(pair.near).socket;
    const receiver = lab.listen(pair.far);
    const sources = [pair.nearSource, second, third, pair.nearSource];
    for (const source of sources) expect(sender.send(Uint8Array.of(1), lab.toGroup(source))).toEqual({ ok: true });
    expect(sender.send(Uint8Array.of(1), lab.toGroup(strange))).toEqual(
      { ok: false, errno: family === 4 ? 'ENETUNREACH' : 'EINVAL' });
    expect(sender.send(Uint8Array.of(1), lab.toGroup(pair.nearSource))).toEqual({ ok: true });
    await until('five datagrams', () => receiver.heard.length === 5);
    expect(receiver.heard.map(({ source }) => source)).toEqual([...sources, pair.nearSource]);
  });

  test('tells interface, source, destination, hop limit and payload of what it hears', async () => {
    const { pair } = lab;
    const sender = lab.listen(pair.far).socket;
    const { heard } = lab.listen(pair.near);
    sender.send(Uint8Array.of(0x31, 51), lab.toGroup(pair.farSource));
    await until('a datagram', () => heard.length === 1);
    expect(heard).toEqual([{
      interface: pair.near, source: pair.farSource, destination: lab.group, ttl: 255,
      payload: Uint8Array.of(0x31, 51), headerValid: true,
    }]);
  });

  test('a peer is reached by its own address, with the hop limit of a neighbour and the chosen source', async () => {
    const { pair } = lab;
    const second = family === 4 ? '10.99.1.100' : 'fe80::100';
    ip('address', 'add', `${second}/${family === 4 ? '24' : '64'}`, 'dev', pair.near,
      ...(family === 4 ? [] : ['nodad']));
    const sender = lab.listen(pair.near).socket;
    const { heard } = lab.listen(pair.far);
    for (const source of [pair.nearSource, second]) {
      expect(sender.send(Uint8Array.of(7), { source, destination: pair.farSource })).toEqual({ ok: true });
    }
    await until('both datagrams', () => heard.length === 2);
    expect(heard.map(({ source, destination, ttl }) => [source, destination, ttl])).toEqual([
      [pair.nearSource, pair.farSource, 255], [second, pair.farSource, 255],
    ]);
  });

  test('what is sent to its own address on another interface it does not hear', async () => {
    const other = lab.addPair(2);
    const stranger = lab.listen(other.far).socket;
    const friend = lab.listen(lab.pair.far).socket;
    const mine = lab.listen(lab.pair.near);
    const theirs = lab.listen(other.near);
    stranger.send(Uint8Array.of(1), { source: other.farSource, destination: other.nearSource });
    friend.send(Uint8Array.of(2), { source: lab.pair.farSource, destination: lab.pair.nearSource });
    await until('a datagram each', () => mine.heard.length > 0 && theirs.heard.length > 0);
    expect([mine.first(), theirs.first()]).toEqual([[2], [1]]);
  });

  test('does not hear itself', async () => {
    const near = lab.listen(lab.pair.near);
    const far = lab.listen(lab.pair.far);
    near.socket.send(Uint8Array.of(1), lab.toGroup(lab.pair.nearSource));
    far.socket.send(Uint8Array.of(2), lab.toGroup(lab.pair.farSource));
    await until('a datagram each', () => near.heard.length > 0 && far.heard.length > 0);
    expect([near.first(), far.first()]).toEqual([[2], [1]]);
  });

  test('hears only its own interface', async () => {
    const other = lab.addPair(2);
    const mine = lab.listen(lab.pair.near);
    const theirs = lab.listen(other.near);
    const stranger = lab.listen(other.far).socket;
    const friend = lab.listen(lab.pair.far).socket;
    stranger.send(Uint8Array.of(1), lab.toGroup(other.farSource));
    friend.send(Uint8Array.of(2), lab.toGroup(lab.pair.farSource));
    await until('a datagram each', () => mine.heard.length > 0 && theirs.heard.length > 0);
    expect([mine.first(), theirs.first()]).toEqual([[2], [1]]);
  });

  test('survives its link going down and up: refused meanwhile, both ways after', async () => {
    const { pair } = lab;
    const near = lab.listen(pair.near);
    const far = lab.listen(pair.far);
    ip('link', 'set', pair.near, 'down');
    const refused = near.socket.send(Uint8Array.of(1), lab.toGroup(pair.nearSource));
    expect(refused).toEqual({ ok: false, errno: family === 4 ? 'ENETUNREACH' : 'EINVAL' });
    expect(near.socket.drain(10)).toBe(0);
    ip('link', 'set', pair.near, 'up');
    if (family === 6) addLinkLocals(1);
    waitUntilUp(pair);
    expect(near.socket.send(Uint8Array.of(2), lab.toGroup(pair.nearSource))).toEqual({ ok: true });
    far.socket.send(Uint8Array.of(3), lab.toGroup(pair.farSource));
    await until('a datagram each', () => near.heard.length > 0 && far.heard.length > 0);
    expect([near.first(), far.first()]).toEqual([[3], [2]]);
  });

  test('an interface made again is another one: the old endpoint refuses, a new one works', async () => {
    const old = lab.listen(lab.pair.near);
    lab.remakePair();
    const { pair } = lab;
    expect(old.socket.send(Uint8Array.of(1), lab.toGroup(pair.nearSource)).ok).toBe(false);
    old.socket.close();
    const near = lab.listen(pair.near);
    const far = lab.listen(pair.far);
    near.socket.send(Uint8Array.of(2), lab.toGroup(pair.nearSource));
    far.socket.send(Uint8Array.of(3), lab.toGroup(pair.farSource));
    await until('a datagram each', () => near.heard.length > 0 && far.heard.length > 0);
    expect([near.first(), far.first(), old.first()]).toEqual([[3], [2], []]);
  });

  test('a missing interface is an error that names it, and opens nothing', () => {
    expect(() => lab.packetIo.open('no-such-link', family, () => undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_NET_INTERFACE_MISSING' }));
  });

  test('its descriptors are not inherited by a child process, those for whole frames neither', () => {
    const { socket } = lab.listen(lab.pair.near);
    socket.send(Uint8Array.of(1), { ...lab.toGroup(lab.pair.nearSource), sourceMac: '00:00:5e:00:01:07' });
    const descriptors = [...findSockets(SOCK_RAW, 112), ...findSockets(SOCK_RAW, 0)];
    expect(descriptors).toHaveLength(2);
    const sockets = descriptors.map((fd) => readlinkSync(`/proc/self/fd/${String(fd)}`));
    const inherited = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout;
    expect(sockets.filter((name) => inherited.includes(name))).toEqual([]);
  });

  test('garbage collection does not make it deaf', () => {
    const ended = lab.runProgram(`
      const hear = () => { open(near, () => { console.log('heard'); process.exit(); }); };
      const sender = open(far, () => undefined);
      hear();
      setTimeout(() => {
        for (let round = 0; round < 5; round += 1) gc();
        setTimeout(() => sender.send(Uint8Array.of(1), toGroup(farSource)), 10);
      }, 10);`);
    expect(ended.stdout).toBe('heard\n');
  });

  test('drain delivers what lies there at once, in order, and no more than asked', () => {
    const far = lab.listen(lab.pair.far).socket;
    const near = lab.listen(lab.pair.near);
    for (const value of [1, 2, 3, 4, 5]) far.send(Uint8Array.of(value), lab.toGroup(lab.pair.farSource));
    expect(near.socket.drain(3)).toBe(3);
    expect(near.first()).toEqual([1, 2, 3]);
    expect(near.socket.drain(10)).toBe(2);
    expect(near.first()).toEqual([1, 2, 3, 4, 5]);
    expect(near.socket.drain(10)).toBe(0);
  });

  test('drained in the middle of a delivery, nothing comes twice or out of order', async () => {
    const { pair } = lab;
    const far = lab.listen(pair.far).socket;
    const order: (number | undefined)[] = [];
    const near: AdvertisementSocket = lab.open(pair.near, ({ payload }) => {
      order.push(payload[0]);
      near.drain(100);
    });
    for (const value of [1, 2, 3, 4, 5]) far.send(Uint8Array.of(value), lab.toGroup(pair.farSource));
    await until('five datagrams', () => order.length >= 5);
    far.send(Uint8Array.of(6), lab.toGroup(pair.farSource));
    await until('one more', () => order.length >= 6);
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a payload belongs to its receiver: the next datagram does not change it', async () => {
    const far = lab.listen(lab.pair.far).socket;
    const { heard } = lab.listen(lab.pair.near);
    for (const value of [1, 2, 3]) {
      far.send(Uint8Array.of(value, value, value), lab.toGroup(lab.pair.farSource));
      await until('the next datagram', () => heard.length === value);
    }
    expect(heard.map(({ payload }) => Array.from(payload))).toEqual([[1, 1, 1], [2, 2, 2], [3, 3, 3]]);
  });

  test('after close nothing is sent, nothing is heard, and no socket is made anew', async () => {
    const { pair } = lab;
    const near = lab.listen(pair.near);
    const far = lab.listen(pair.far);
    const envelope = lab.toGroup(pair.nearSource);
    far.socket.send(Uint8Array.of(1), lab.toGroup(pair.farSource));
    near.socket.close();
    near.socket.close();
    const before = findSockets(SOCK_RAW, 112);
    expect(near.socket.send(Uint8Array.of(1), envelope)).toEqual({ ok: false, errno: 'EBADF' });
    expect(near.socket.send(Uint8Array.of(1), { ...envelope, sourceMac: '00:00:5e:00:01:07' })).toEqual(
      { ok: false, errno: 'EBADF' });
    expect(near.socket.drain(10)).toBe(0);
    expect(findSockets(SOCK_RAW, 112)).toEqual(before);
    const marker = lab.listen(pair.near);
    far.socket.send(Uint8Array.of(2), lab.toGroup(pair.farSource));
    await until('the marker', () => marker.heard.length === 1);
    expect([near.first(), far.first()]).toEqual([[], []]);
  });

  test('1,000 datagrams back to back all arrive, in order', async () => {
    const far = lab.listen(lab.pair.far).socket;
    const near = lab.listen(lab.pair.near);
    for (let value = 0; value < 1000; value += 1) {
      const sent = far.send(Uint8Array.of(value >> 8, value & 0xff), lab.toGroup(lab.pair.farSource));
      if (!sent.ok) throw new Error(`datagram ${String(value)} refused: ${sent.errno}`);
    }
    await until('all of them', () => near.heard.length === 1000);
    expect(near.heard.map(({ payload }) => ((payload[0] ?? 0) << 8) | (payload[1] ?? 0))).toEqual(
      Array.from({ length: 1000 }, (_, index) => index));
  });

  test('an error thrown by the receiver ends the process instead of vanishing', () => {
    const ended = lab.runProgram(`
      open(near, () => { throw new Error('broken receiver'); });
      open(far, () => undefined).send(Uint8Array.of(1), toGroup(farSource));`);
    expect(ended.stderr).toContain('broken receiver');
    expect(ended.status).toBe(1);
  });

  test('opened and closed 200 times it leaves no descriptor and no membership behind', () => {
    const index = interfaceIndex(lab.pair.near);
    for (let round = 0; round < 200; round += 1) {
      const socket = lab.packetIo.open(lab.pair.near, family, () => undefined);
      // Seldom: the kernel takes its time to close a packet socket.
      const sourceMac = round % 20 === 0 ? { sourceMac: '00:00:5e:00:01:07' } : {};
      socket.send(Uint8Array.of(1), { ...lab.toGroup(lab.pair.nearSource), ...sourceMac });
      socket.close();
    }
    expect(index).toBeGreaterThan(0);
    expect([...findSockets(SOCK_RAW, 112), ...findSockets(SOCK_RAW, 0)]).toEqual([]);
    expect(lab.hasJoined(lab.pair.near)).toBe(false);
  });
});

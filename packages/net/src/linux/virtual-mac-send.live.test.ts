// Advertisements that leave with the virtual MAC: whole frames by the interface itself, whatever MAC it has. Run
// through packages/lab/bin/in-lab.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { capturedFrame } from '../captured-frames.fixture.js';
import { PacketLab } from './packet-lab.fixture.js';
import { ip, until } from './veth-pair.fixture.js';
import { hexOf, readDatagrams } from './wire.fixture.js';

describe.each([4, 6] as const)('an advertisement from a virtual MAC, IPv%i', (family) => {
  const lab = new PacketLab('native', family);
  const sourceMac = family === 4 ? '00:00:5e:00:01:07' : '00:00:5e:00:02:07';
  const payload = Uint8Array.of(0x31, 7, 200, 1);

  beforeEach(() => {
    lab.begin();
  });
  afterEach(() => {
    lab.end();
  });

  test('is on the wire when send returns, with the virtual MAC and the envelope of any other [A15, A16]', () => {
    const { socket } = lab.listen(lab.pair.near);
    const wire = lab.tap(lab.pair.far);
    expect(socket.send(payload, { ...lab.toGroup(lab.pair.nearSource), sourceMac })).toEqual({ ok: true });
    expect(socket.send(payload, lab.toGroup(lab.pair.nearSource))).toEqual({ ok: true });
    const [virtual, own] = readDatagrams(wire.frames());
    expect(virtual).toEqual({
      destinationMac: family === 4 ? '01:00:5e:00:00:12' : '33:33:00:00:00:12', sourceMac, trafficClass: 0xc0, ttl: 255,
      source: lab.pair.nearSource, destination: lab.group, payload: Array.from(payload),
    });
    expect({ ...own, sourceMac }).toEqual(virtual);
  });

  test('has the bytes of keepalived\'s, but for the identification or the flow label [A15, A16]', () => {
    const captured = capturedFrame(family === 4 ? 'K4' : 'K8');
    const source = family === 4 ? '10.9.0.1' : 'fe80::ff:fe00:1';
    const { socket } = lab.listen(lab.pair.near);
    const wire = lab.tap(lab.pair.far);
    socket.send(captured.subarray(family === 4 ? 34 : 54), { ...lab.toGroup(source), sourceMac });
    const [sent] = wire.frames().filter((frame) => frame[11] === 7);
    // Identification 1 and the checksum over it; or the flow label.
    const choices = family === 4 ? [18, 19, 24, 25] : [15, 16, 17];
    const withoutChoices = (frame: Uint8Array = new Uint8Array()): string =>
      hexOf(frame.map((byte, offset) => (choices.includes(offset) ? 0 : byte)));
    expect(withoutChoices(sent)).toBe(withoutChoices(captured));
  });

  test('is heard by a peer and not by the sender', async () => {
    const near = lab.listen(lab.pair.near);
    const far = lab.listen(lab.pair.far);
    near.socket.send(payload, { ...lab.toGroup(lab.pair.nearSource), sourceMac });
    far.socket.send(Uint8Array.of(2), lab.toGroup(lab.pair.farSource));
    await until('a datagram each', () => near.heard.length > 0 && far.heard.length > 0);
    expect([near.first(), far.first()]).toEqual([[2], [0x31]]);
    expect(far.heard[0]).toEqual({
      interface: lab.pair.far, source: lab.pair.nearSource, destination: lab.group, ttl: 255, payload,
      headerValid: true,
    });
  });

  test('goes to groups alone: the MAC of a peer is not known here', () => {
    const { socket } = lab.listen(lab.pair.near);
    const envelope = { source: lab.pair.nearSource, destination: lab.pair.farSource, sourceMac };
    expect(socket.send(payload, envelope)).toEqual({ ok: false, errno: 'EINVAL' });
  });

  test('is refused while the interface is down, and when it is gone', () => {
    const { socket } = lab.listen(lab.pair.near);
    const envelope = { ...lab.toGroup(lab.pair.nearSource), sourceMac };
    expect(socket.send(payload, envelope)).toEqual({ ok: true });
    ip('link', 'set', lab.pair.near, 'down');
    expect(socket.send(payload, envelope)).toEqual({ ok: false, errno: 'ENETDOWN' });
    lab.remakePair();
    expect(socket.send(payload, envelope)).toEqual({ ok: false, errno: 'ENXIO' });
  });

  test('is refused when it is larger than the interface carries', () => {
    const { socket } = lab.listen(lab.pair.near);
    const envelope = { ...lab.toGroup(lab.pair.nearSource), sourceMac };
    expect(socket.send(new Uint8Array(1481), envelope)).toEqual({ ok: false, errno: 'EMSGSIZE' });
  });
});

// What a takeover asks of this package with IPv6, in the order in which it asks: advertisement, address, neighbour
// advertisement, all in one tick; and that advertisements pass a switch that snoops. Run through
// packages/lab/bin/in-lab.
import { readFileSync } from 'node:fs';

import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { encodeNeighbourAdvertisement, parseMac } from '../frames.js';
import type { OwnedAddress } from '../index.js';
import { openAddressOwner } from './address-owner.js';
import { openAnnouncer } from './announcer.js';
import { PacketLab } from './packet-lab.fixture.js';
import { ip, until } from './veth-pair.fixture.js';
import { hexOf, readDatagrams } from './wire.fixture.js';

const MAC = '02:00:00:00:00:09';
const SWITCH = 'btswitch';

/** Makes a bridge between interfaces that snoops MLD. It floods groups until somebody asks who has joined, and trusts
 *  the answers 10 ms later. */
function makeSnoopingSwitch(ports: readonly string[]): void {
  ip('link', 'add', SWITCH, 'type', 'bridge', 'mcast_snooping', '1', 'mcast_query_response_interval', '1');
  for (const port of ports) {
    ip('address', 'flush', 'dev', port);
    ip('link', 'set', port, 'master', SWITCH);
  }
  ip('link', 'set', SWITCH, 'up');
  ip('address', 'replace', 'fe80::ff/64', 'dev', SWITCH, 'nodad');
}

describe('a takeover with IPv6', () => {
  const lab = new PacketLab('native', 6);
  const owner = openAddressOwner();
  const announcer = openAnnouncer();

  beforeEach(() => {
    lab.begin();
    ip('link', 'set', lab.pair.near, 'address', MAC);
  });
  afterEach(() => {
    lab.end();
  });
  afterAll(() => {
    owner.close();
    announcer.close();
  });

  /** Whether the near end listens to the solicited-node group of fd09::ab:cdef. */
  function listensToSolicitations(): boolean {
    const lines = readFileSync('/proc/net/igmp6', 'latin1').split('\n').map((line) => line.trim().split(/\s+/u));
    return lines.some(([, device, group]) => device === lab.pair.near && group === 'ff0200000000000000000001ffabcdef');
  }

  test('advertises and announces at once, and owns the address from its first instant [H01, H03, H05]', async () => {
    const { pair } = lab;
    const { socket, heard } = lab.listen(pair.near);
    const wire = lab.tap(pair.far);
    const address: OwnedAddress = { interface: pair.near, address: 'fd09::ab:cdef', prefixLength: 64 };
    expect(listensToSolicitations()).toBe(false);

    expect(socket.send(Uint8Array.of(0x31), lab.toGroup(pair.nearSource))).toEqual({ ok: true });
    expect(owner.claim(address)).toEqual({ ok: true, already: false, ours: true });
    expect(announcer.announce([address], 1)).toEqual({ ok: true });
    // The kernel lets nobody send from an address that is still tentative.
    expect(socket.send(Uint8Array.of(0x32), lab.toGroup(address.address))).toEqual({ ok: true });

    const frames = wire.frames();
    const announcement = hexOf(encodeNeighbourAdvertisement(parseMac(MAC), address.address));
    // A worker of the kernel joins the group a moment after the address is there.
    await until('the kernel to listen to solicitations', listensToSolicitations);
    expect(readDatagrams(frames).map(({ payload, source }) => [payload[0], source])).toEqual(
      [[0x31, pair.nearSource], [0x32, address.address]]);
    const ours = frames.map(hexOf).filter((frame) => frame === announcement || frame.slice(40, 42) === '70');
    expect(ours.indexOf(announcement)).toBe(1);

    // A neighbour that knows nothing yet asks for the address, is answered, and reaches it.
    ip('route', 'add', 'fd09::/64', 'dev', pair.far);
    const neighbour = lab.listen(pair.far).socket;
    expect(neighbour.send(Uint8Array.of(7), { source: pair.farSource, destination: address.address })).toEqual(
      { ok: true });
    await until('the datagram', () => heard.length > 0);
    expect(heard.map(({ destination }) => destination)).toEqual([address.address]);

    owner.release(address);
    expect(listensToSolicitations()).toBe(false);
  });

  test('a switch that forwards only where somebody has joined lets advertisements through [H09]', async () => {
    const other = lab.addPair(2);
    makeSnoopingSwitch([lab.pair.far, other.far]);
    try {
      const sender = lab.listen(lab.pair.near).socket;
      const wire = lab.tap(other.near);
      /** Sends until the switch has decided what `condition` asks for. */
      const sendUntil = async (what: string, condition: (arrived: number) => boolean): Promise<void> => {
        await until(what, () => {
          wire.frames();
          sender.send(Uint8Array.of(1), lab.toGroup(lab.pair.nearSource));
          return condition(readDatagrams(wire.frames()).length);
        });
      };
      await sendUntil('a flooded one', (arrived) => arrived > 0);
      ip('link', 'set', SWITCH, 'type', 'bridge', 'mcast_querier', '1');
      await sendUntil('nothing while nobody has joined', (arrived) => arrived === 0);
      const { heard } = lab.listen(other.near);
      await sendUntil('an advertisement', () => heard.length > 0);
    } finally {
      ip('link', 'delete', SWITCH);
    }
  });
});

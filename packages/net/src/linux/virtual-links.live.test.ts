// What a LAN sees of virtual MACs, on real interfaces. Run through packages/lab/bin/in-lab.
import { interfaceIndex } from '@baton/linux';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { formatMac } from '../frames.js';
import type { ReceivedDatagram } from '../index.js';
import { VIRTUAL_LINK_METRIC, virtualLinkName, virtualMac, type VirtualLink } from '../virtual-link.js';
import { openAddressOwner } from './address-owner.js';
import {
  PORT, UPLINK, UPLINK_MAC, addHost, answersPing, createLan, inside, removeLan, writeSetting, type LanHost,
} from './bridged-lan.fixture.js';
import {
  encodeArpRequest, encodeIpv4Frame, encodeNeighbourSolicitation, encodeProbe, encodeRouterAdvertisement, isProbe,
  readArp, readNeighbourAdvertisements, sentBy, type ArpMessage,
} from './probe-frames.fixture.js';
import { openPacketIo } from './transport.js';
import { ip, openTap, readText, until, type Tap } from './veth-pair.fixture.js';
import { openVirtualLinks } from './virtual-links.js';

const VIP = '10.97.0.100';
const VIP6 = 'fd97::100';
const CLIENT = '10.97.0.2';
const CLIENT_MAC = '02:00:00:00:00:02';
const GROUP_MAC = '01:00:5e:00:00:12';
const OK = { ok: true };

let links: ReturnType<typeof openVirtualLinks>;
let owner: ReturnType<typeof openAddressOwner>;
let client: LanHost;
let wire: Tap;

beforeEach(() => {
  createLan();
  client = addHost(2);
  links = openVirtualLinks();
  owner = openAddressOwner();
  wire = openTap(PORT);
});
afterEach(() => {
  wire.close();
  owner.close();
  links.close();
  removeLan([client]);
});

function ensureLink(vrid: number, family: 4 | 6): VirtualLink {
  const name = virtualLinkName(vrid, family, interfaceIndex(UPLINK));
  const link = { parent: UPLINK, name, mac: virtualMac(vrid, family), family };
  expect(links.ensure(link)).toEqual(OK);
  return link;
}

function become(state: 'master' | 'backup', link: VirtualLink, ...addresses: string[]): void {
  const owned = addresses.map((address) => ({
    interface: link.name, address, prefixLength: link.family === 4 ? 24 : 64, metric: VIRTUAL_LINK_METRIC,
  }));
  if (state === 'master') expect(links.activate(link)).toEqual(OK);
  for (const address of owned) {
    expect(state === 'master' ? owner.claim(address) : owner.release(address)).toMatchObject(OK);
  }
  if (state === 'backup') expect(links.deactivate(link)).toEqual(OK);
}

/** Asks for addresses one after the other, and waits until each was answered.
 *  @returns everything on the cable since it was looked at last */
async function readUntilAnswered(...targets: string[]): Promise<Uint8Array[]> {
  const seen: Uint8Array[] = [];
  for (const target of targets) wire.inject(encodeArpRequest(CLIENT_MAC, CLIENT, target));
  await until(`an answer for each of ${targets.join()}`, () => {
    seen.push(...wire.frames());
    return targets.every((target) => readReplies(seen).some(({ sender }) => sender === target));
  });
  return seen;
}

function readReplies(frames: readonly Uint8Array[]): ArpMessage[] {
  return readArp(frames).filter(({ operation }) => operation === 'reply');
}

describe('the IPv4 virtual link of a master', () => {
  test('answers once for each virtual address, with the virtual MAC; the host with its own [G02] [G03]', async () => {
    const link = ensureLink(51, 4);
    become('master', link, VIP, '10.97.0.101');
    // The last one is answered on the same path as the first: by then a second answer for the first would be there.
    const replies = readReplies(await readUntilAnswered(VIP, '10.97.0.1', '10.97.0.101'));
    expect(replies.map(({ sender, senderMac, etherSource }) => [sender, senderMac, etherSource]).sort()).toEqual([
      ['10.97.0.1', UPLINK_MAC, UPLINK_MAC], [VIP, link.mac, link.mac], ['10.97.0.101', link.mac, link.mac],
    ]);
    expect(answersPing(client, VIP)).toBe(true);
    expect(inside(client, 'ip', 'neigh', 'show', VIP)).toContain(link.mac);
  });

  test('is not answered for by the parent, also when the request went to the parent\'s own MAC [G02]', async () => {
    const link = ensureLink(51, 4);
    become('master', link, VIP);
    const direct = encodeArpRequest(CLIENT_MAC, CLIENT, VIP);
    direct.set([2, 0, 0, 0, 0, 1]);
    wire.inject(direct);
    const replies = readReplies(await readUntilAnswered('10.97.0.1'));
    expect(replies.map(({ sender }) => sender)).toEqual(['10.97.0.1']);
  });

  test('keeps the parent\'s MAC out of what the host asks in the virtual address\'s name', () => {
    const link = ensureLink(51, 4);
    become('master', link, VIP);
    for (const source of [VIP, '10.97.0.1']) {
      ip('neigh', 'flush', 'all');
      inside(client, 'ip', 'neigh', 'flush', 'all');
      expect(readText('ping', '-n', '-c', '1', '-W', '1', '-I', source, CLIENT)).toContain('1 received');
    }
    const said = readArp(wire.frames()).filter(({ sender }) => sender === VIP || sender === '10.97.0.1');
    expect(said.length).toBeGreaterThan(0);
    for (const { sender, senderMac } of said) expect(senderMac).toBe(sender === VIP ? link.mac : UPLINK_MAC);
  });

  test('carries traffic also where reverse paths are checked strictly everywhere', () => {
    writeSetting('ipv4/conf/all/rp_filter', '1');
    writeSetting(`ipv4/conf/${UPLINK}/rp_filter`, '1');
    become('master', ensureLink(51, 4), VIP);
    expect(answersPing(client, VIP)).toBe(true);
    expect(answersPing(client, '10.97.0.1')).toBe(true);
    writeSetting('ipv4/conf/all/rp_filter', '0');
  });

  test('is neither way nor source of what the host itself sends, also when its own route came later', () => {
    become('master', ensureLink(51, 4), VIP);
    ip('address', 'delete', '10.97.0.1/24', 'dev', UPLINK);
    ip('address', 'add', '10.97.0.1/24', 'dev', UPLINK);
    expect(readText('ip', 'route', 'get', CLIENT)).toContain(`dev ${UPLINK} src 10.97.0.1`);
  });

  test('answers clients of a subnet in which the parent has no address', () => {
    const link = ensureLink(51, 4);
    become('master', link, '198.51.100.100');
    inside(client, 'ip', 'address', 'add', '198.51.100.2/24', 'dev', 'eth0');
    expect(answersPing(client, '198.51.100.100')).toBe(true);
    expect(inside(client, 'ip', 'neigh', 'show', '198.51.100.100')).toContain(link.mac);
    // Who asks there in the name of an address that the client knows elsewhere would make it belong to the virtual MAC.
    ip('neigh', 'flush', 'all');
    expect(readText('ping', '-n', '-c', '1', '-W', '1', '-I', '10.97.0.1', '198.51.100.2')).toContain('1 received');
    expect(inside(client, 'ip', 'neigh', 'show', '10.97.0.1')).toContain(UPLINK_MAC);
    expect(readArp(sentBy(link.mac, wire.frames())).map(({ sender }) => sender)).not.toContain('10.97.0.1');
  });

  test('stands beside another one on the same parent, each with its own MAC [G15]', async () => {
    const [first, second] = [ensureLink(51, 4), ensureLink(52, 4)];
    become('master', first, VIP);
    become('master', second, '10.97.0.101');
    const replies = readReplies(await readUntilAnswered(VIP, '10.97.0.101', VIP, '10.97.0.101'));
    expect(new Set(replies.map(({ sender, senderMac }) => `${sender} ${senderMac}`))).toEqual(
      new Set([`${VIP} ${first.mac}`, `10.97.0.101 ${second.mac}`]));
    become('backup', first, VIP);
    expect(answersPing(client, '10.97.0.101')).toBe(true);
    expect(answersPing(client, VIP)).toBe(false);
  });
});

describe('another master with the same virtual MAC', () => {
  test.each([
    ['is heard by the parent while our link is on', 'bridge', ['10.97.0.2', '10.97.0.3']],
    ['would not be heard if the link were of private mode', 'private', ['10.97.0.3']],
  ])('%s', async (_, mode, heardFrom) => {
    const link = ensureLink(51, 4);
    ip('link', 'set', link.name, 'type', 'macvlan', 'mode', mode);
    become('master', link, VIP);
    const heard: ReceivedDatagram[] = [];
    const io = openPacketIo();
    const socket = io.open(UPLINK, 4, (datagram) => heard.push(datagram));
    wire.inject(encodeIpv4Frame({ from: link.mac, to: GROUP_MAC }, '10.97.0.2', '224.0.0.18', 112));
    wire.inject(encodeIpv4Frame({ from: '02:00:00:00:00:03', to: GROUP_MAC }, '10.97.0.3', '224.0.0.18', 112));
    await until('the last advertisement', () => heard.some(({ source }) => source === '10.97.0.3'));
    socket.close();
    expect(heard.map(({ source }) => source)).toEqual(heardFrom);
  });
});

describe('the IPv6 virtual link of a master', () => {
  test('answers at once, with the virtual MAC, and has no address of its own [H02] [H05] [H10]', async () => {
    const link = ensureLink(51, 6);
    become('master', link, 'fe80::51', VIP6);
    expect(readText('ip', '-6', '-o', 'address', 'show', 'dev', link.name).match(/inet6 \S+/g)).toEqual(
      expect.arrayContaining(['inet6 fe80::51/64', `inet6 ${VIP6}/64`]));
    expect(readText('ip', '-6', '-o', 'address', 'show', 'dev', link.name)).not.toMatch(/tentative|fe80::200:5eff/);
    wire.frames();
    wire.inject(encodeNeighbourSolicitation(CLIENT_MAC, 'fd97::2', VIP6));
    const seen: Uint8Array[] = [];
    await until('an answer', () => {
      seen.push(...wire.frames());
      return readNeighbourAdvertisements(seen).length > 0;
    });
    expect(readNeighbourAdvertisements(seen)).toEqual([
      {
        etherDestination: CLIENT_MAC, etherSource: link.mac, source: VIP6, target: VIP6, linkAddress: link.mac,
        flags: 0xe0,
      },
    ]);
    expect(answersPing(client, VIP6)).toBe(true);
    expect(answersPing(client, 'fd97::1')).toBe(true);
    expect(inside(client, 'ip', 'neigh', 'show', VIP6)).toContain(link.mac);
    expect(inside(client, 'ip', 'neigh', 'show', 'fd97::1')).toContain(UPLINK_MAC);
    expect(readText('ip', 'route', 'get', 'fd97::2')).toContain(`dev ${UPLINK}`);
  });

  test('makes neither an address nor a route of what a router advertises', async () => {
    writeSetting('ipv6/conf/all/forwarding', '0');
    writeSetting(`ipv6/conf/${UPLINK}/accept_ra`, '1');
    const link = ensureLink(51, 6);
    become('master', link, VIP6);
    wire.inject(encodeRouterAdvertisement(CLIENT_MAC, 'fe80::2', '2001:db8:97::'));
    const addresses = (name: string): string => readText('ip', '-6', '-o', 'address', 'show', 'dev', name);
    await until('the parent to have its address', () => addresses(UPLINK).includes('2001:db8:97:'));
    // On the way of the answer the link has seen the router's word as well.
    wire.inject(encodeNeighbourSolicitation(CLIENT_MAC, 'fd97::2', VIP6));
    await until('an answer', () => readNeighbourAdvertisements(wire.frames()).length > 0);
    expect(addresses(link.name).match(/inet6 \S+/g)).toEqual([`inet6 ${VIP6}/64`]);
    expect(readText('ip', '-6', 'route', 'show', 'dev', link.name)).not.toContain('proto ra');
  });
});

const isOn = ({ name }: VirtualLink): boolean => readText('ip', 'link', 'show', name).includes(',UP');
const isOff = (link: VirtualLink): boolean => !isOn(link);

describe('the virtual link of a backup', () => {
  test.each([
    ['as soon as it is deactivated', 4, isOn], ['as soon as it is deactivated', 6, isOn],
    ['when it is off', 4, isOff], ['when it is off', 6, isOff],
  ] as const)('drops what is sent to its MAC though the host forwards: %s, IPv%i [E20]', async (_, family, is) => {
    const link = ensureLink(51, family);
    const [address, from, to] = family === 4 ? [VIP, '10.97.0.3', CLIENT] : [VIP6, 'fd97::3', 'fd97::2'];
    become('master', link, address);
    expect(answersPing(client, address)).toBe(true); // so that both know each other's MAC
    become('backup', link, address);
    await until('its state', () => is(link));
    wire.frames();
    for (const destination of [address, to]) {
      wire.inject(encodeProbe({ from: CLIENT_MAC, to: link.mac }, from, destination));
    }
    expect((await readUntilAnswered('10.97.0.1')).filter(isProbe)).toEqual([]);
    // The proof that this host would have forwarded it.
    wire.inject(encodeProbe({ from: CLIENT_MAC, to: UPLINK_MAC }, from, to));
    await until('the forwarded packet', () => sentBy(UPLINK_MAC, wire.frames()).some(isProbe));
  });

  test('answers neither packets to the virtual address, whatever their MAC, nor who has it [E19] [E21]', async () => {
    const link = ensureLink(51, 4);
    const link6 = ensureLink(51, 6);
    for (const state of ['master', 'backup'] as const) {
      become(state, link, VIP);
      become(state, link6, VIP6);
    }
    expect(answersPing(client, VIP)).toBe(false);
    expect(answersPing(client, VIP6)).toBe(false);
    for (const mac of [link.mac, UPLINK_MAC]) {
      inside(client, 'ip', 'neigh', 'replace', VIP, 'lladdr', mac, 'dev', 'eth0');
      expect(answersPing(client, VIP)).toBe(false);
    }
    wire.frames();
    wire.inject(encodeArpRequest(CLIENT_MAC, CLIENT, VIP));
    const replies = readReplies(await readUntilAnswered('10.97.0.1'));
    expect(replies.map(({ sender }) => sender)).toEqual(['10.97.0.1']);
  });

  test.each([4, 6] as const)('becomes a master\'s again, IPv%i, before it is off and after', async (family) => {
    const link = ensureLink(51, family);
    const address = family === 4 ? VIP : VIP6;
    for (const is of [isOn, isOff, isOn]) {
      become('master', link, address);
      expect(answersPing(client, address)).toBe(true);
      become('backup', link, address);
      await until('its state', () => is(link));
    }
    expect(answersPing(client, address)).toBe(false);
    become('master', link, address);
    expect(answersPing(client, address)).toBe(true);
  });

  test('hears nothing for an address that was left on it, which the parent still accepts packets for', async () => {
    const link = ensureLink(51, 4);
    become('master', link, VIP);
    expect(answersPing(client, VIP)).toBe(true);
    expect(links.deactivate(link)).toEqual(OK);
    await until('it to be off', () => isOff(link));
    expect(answersPing(client, VIP)).toBe(false);
    inside(client, 'ip', 'neigh', 'replace', VIP, 'lladdr', UPLINK_MAC, 'dev', 'eth0');
    expect(answersPing(client, VIP)).toBe(true);
  });

  test('sends no frame for 12 s, freshly made or after having been a master\'s [E22]', async () => {
    const former = [ensureLink(51, 4), ensureLink(51, 6)] as const;
    become('master', former[0], VIP);
    become('master', former[1], 'fe80::51', VIP6);
    become('backup', former[0], VIP);
    become('backup', former[1], 'fe80::51', VIP6);
    const fresh = [ensureLink(52, 4), ensureLink(52, 6)];
    wire.frames();
    const seen: Uint8Array[] = [];
    const end = performance.now() + 12_000;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      // What provokes answers: somebody asks, and somebody advertises from the virtual MAC.
      for (const { mac } of [...former, ...fresh]) {
        wire.inject(encodeIpv4Frame({ from: CLIENT_MAC, to: mac }, CLIENT, VIP, 1));
      }
      wire.inject(encodeArpRequest(CLIENT_MAC, CLIENT, VIP));
      seen.push(...wire.frames());
    }
    const ownMacs = [...former, ...fresh].map(({ mac }) => mac);
    const sent = seen.filter((frame) => ownMacs.includes(formatMac(frame.subarray(6, 12))));
    expect(sent.map((frame) => Buffer.from(frame).toString('hex'))).toEqual([]);
  });
});

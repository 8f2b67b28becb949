// A take-over with a virtual MAC while the former master's kernel still holds the address: where do switches send what
// is for that MAC afterwards? Host 3 is the stale owner, this host takes over. Run through packages/lab/bin/in-lab.
import { interfaceIndex } from '@baton/linux';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { VIRTUAL_LINK_METRIC, virtualLinkName, virtualMac, type VirtualLink } from '../virtual-link.js';
import { openAddressOwner } from './address-owner.js';
import { openAnnouncer } from './announcer.js';
import {
  BRIDGE, PORT, UPLINK, addHost, answersPing, createLan, inside, removeLan, type LanHost,
} from './bridged-lan.fixture.js';
import { encodeIpv4Frame, readArp, readNeighbourAdvertisements } from './probe-frames.fixture.js';
import { openTap, readText, until, type Tap } from './veth-pair.fixture.js';
import { openVirtualLinks } from './virtual-links.js';

const VIP = '10.97.0.100';
const VIP6 = 'fd97::100';
const GROUP_MAC = '01:00:5e:00:00:12';
const MAC = { 4: virtualMac(51, 4), 6: virtualMac(51, 6) } as const;
const OK = { ok: true };

let links: ReturnType<typeof openVirtualLinks>;
let owner: ReturnType<typeof openAddressOwner>;
let announcer: ReturnType<typeof openAnnouncer>;
let client: LanHost;
let stale: LanHost;
let staleWire: Tap;

beforeEach(() => {
  createLan();
  client = addHost(2);
  stale = addHost(3);
  links = openVirtualLinks();
  owner = openAddressOwner();
  announcer = openAnnouncer();
  staleWire = openTap(stale.port);
});
afterEach(() => {
  staleWire.close();
  announcer.close();
  owner.close();
  links.close();
  removeLan([client, stale]);
});

/** Makes host 3 a master as keepalived (private) or Baton (bridge) would, and lets the bridge learn where it is. */
function holdOnStaleOwner(mode: 'private' | 'bridge'): void {
  inside(stale, 'sysctl', '-q', '-w', 'net.ipv4.conf.all.arp_ignore=1', 'net.ipv6.conf.default.accept_dad=0');
  const macvlans = [['vrrp4', MAC[4], VIP, '24'], ['vrrp6', MAC[6], VIP6, '64'],
    // Answers when everything that was sent before has been looked at: all share one queue for what goes to everybody.
    ['fence', virtualMac(99, 4), '10.97.0.109', '24']] as const;
  for (const [name, mac, address, length] of macvlans) {
    inside(stale, 'ip', 'link', 'add', 'link', 'eth0', 'name', name, 'address', mac, 'type', 'macvlan', 'mode', mode);
    // keepalived lets the link accept what comes from its own address, which includes announcements of others.
    const setting = `net.ipv4.conf.${name}.accept_local=${mode === 'private' ? '1' : '0'}`;
    const silence = `net.ipv6.conf.${name}.disable_ipv6=${name === 'vrrp6' ? '0' : '1'}`;
    inside(stale, 'sysctl', '-q', '-w', setting, silence);
    if (name === 'vrrp6') inside(stale, 'ip', 'link', 'set', name, 'addrgenmode', 'none');
    inside(stale, 'ip', 'link', 'set', name, 'up');
    inside(stale, 'ip', 'address', 'add', `${address}/${length}`, 'dev', name);
  }
  inside(client, 'ip', 'neigh', 'flush', 'all');
  expect(answersPing(client, VIP)).toBe(true);
  expect(answersPing(client, VIP6)).toBe(true);
  expect([whereIs(MAC[4]), whereIs(MAC[6])]).toEqual([stale.port, stale.port]);
}

/** The port that the bridge sends frames for this MAC to. */
function whereIs(mac: string): string | undefined {
  const table = readText('bridge', 'fdb', 'show', 'br', BRIDGE);
  return new RegExp(`^${mac} dev (\\S+) (?!.*permanent)`, 'm').exec(table)?.[1];
}

function takeOver(family: 4 | 6): VirtualLink {
  const name = virtualLinkName(51, family, interfaceIndex(UPLINK));
  const link = { parent: UPLINK, name, mac: MAC[family], family };
  expect(links.ensure(link)).toEqual(OK);
  expect(links.activate(link)).toEqual(OK);
  const [address, prefixLength] = family === 4 ? [VIP, 24] : [VIP6, 64];
  expect(owner.claim({ interface: name, address, prefixLength, metric: VIRTUAL_LINK_METRIC })).toMatchObject(OK);
  return link;
}

function announce(link: VirtualLink, form: 'request' | 'reply'): void {
  staleWire.frames();
  const address = link.family === 4 ? VIP : VIP6;
  const owned = { interface: link.name, address, prefixLength: link.family === 4 ? 24 : 64 };
  expect(announcer.announce([owned], 5, { form, sourceMac: link.mac, via: UPLINK })).toEqual(OK);
}

/** Waits until the stale owner has looked at everything so far.
 *  @returns the frames on its cable, both ways */
async function readStaleAnswers(): Promise<Uint8Array[]> {
  const seen: Uint8Array[] = [];
  inside(client, 'arping', '-c', '1', '-I', 'eth0', '10.97.0.109');
  await until('the stale owner to be done', () => {
    seen.push(...staleWire.frames());
    return readArp(seen).some(({ operation, sender }) => operation === 'reply' && sender === '10.97.0.109');
  });
  return seen;
}

/** How often the stale owner has answered an announcement of the virtual address. */
async function countStaleAnswers(): Promise<number> {
  // What goes to everybody is an announcement that passes by, not an answer.
  const answers = (await readStaleAnswers()).filter((frame) => (frame[0] ?? 0) % 2 === 0);
  return readArp(answers).filter(({ operation, sender, target }) =>
    operation === 'reply' && sender === VIP && target === VIP).length;
}

describe('the former master stays behind with the address, as keepalived after SIGKILL [G10]', () => {
  test('it answers announcements in request form, and the switches go back to it', async () => {
    holdOnStaleOwner('private');
    announce(takeOver(4), 'request');
    expect(await countStaleAnswers()).toBe(5);
    expect(whereIs(MAC[4])).toBe(stale.port);
  });

  test('announcements in reply form are not answered, and the switches stay with the new master', async () => {
    holdOnStaleOwner('private');
    announce(takeOver(4), 'reply');
    expect(await countStaleAnswers()).toBe(0);
    expect(whereIs(MAC[4])).toBe(PORT);
    expect(answersPing(client, VIP)).toBe(true);
    expect(whereIs(MAC[4])).toBe(PORT);
  });

  test('one more advertisement from the virtual MAC behind the answers repairs it as well', async () => {
    holdOnStaleOwner('private');
    const link = takeOver(4);
    announce(link, 'request');
    expect(await countStaleAnswers()).toBe(5);
    const uplink = openTap(UPLINK);
    uplink.inject(encodeIpv4Frame({ from: link.mac, to: GROUP_MAC }, '10.97.0.1', '224.0.0.18', 112));
    uplink.close();
    await until('the switch to know', () => whereIs(MAC[4]) === PORT);
  });

  test('neighbour advertisements are not answered anyway', async () => {
    holdOnStaleOwner('private');
    announce(takeOver(6), 'request');
    expect(whereIs(MAC[6])).toBe(PORT);
    const all = '33:33:00:00:00:01';
    const said = readNeighbourAdvertisements(await readStaleAnswers()).filter(({ target }) => target === VIP6);
    expect(said.filter(({ etherDestination }) => etherDestination !== all)).toEqual([]);
  });
});

test('a former master of our own kind answers no form: its link does not hear its own MAC [G10]', async () => {
  holdOnStaleOwner('bridge');
  announce(takeOver(4), 'request');
  expect(await countStaleAnswers()).toBe(0);
  expect(whereIs(MAC[4])).toBe(PORT);
});

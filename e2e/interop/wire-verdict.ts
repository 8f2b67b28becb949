// What tshark says about everything that Baton sent in a match, held against the configuration: no malformed packet, no
// bad checksum, and in every advert and announcement the fields that were asked for.

import { expect } from '@jest/globals';
import { LAB_VRID, unicastAddress, virtualMac } from '@baton/lab';
import { dissect, distinct, GOOD_CHECKSUM, type Dissected } from '../support/dissection.js';
import { addressesOf, answeringMac, familiesOf, INTERVAL_MS, type Cell } from './cells.js';
import type { Contestant } from './contest.js';

const COMPLAINTS = ['_ws.expert.message', '_ws.malformed'] as const;
const MESSAGE = [
  'eth.src',
  'vrrp.version',
  'vrrp.type',
  'vrrp.virt_rtr_id',
  'vrrp.prio',
  'vrrp.adver_int',
  'vrrp.short_adver_int',
  'vrrp.auth_type',
  'vrrp.auth_string',
  'vrrp.addr_count',
  'vrrp.checksum.status',
  ...COMPLAINTS,
] as const;
const ENVELOPE = {
  4: ['ip.src', 'ip.dst', 'ip.ttl', 'ip.dsfield.dscp', 'ip.checksum.status', 'vrrp.ip_addr'],
  6: ['ipv6.src', 'ipv6.dst', 'ipv6.hlim', 'ipv6.tclass.dscp', 'vrrp.ipv6_addr'],
} as const;
const ARP = [
  'eth.src',
  'eth.dst',
  'arp.src.hw_mac',
  'arp.src.proto_ipv4',
  'arp.dst.proto_ipv4',
  'arp.opcode',
  ...COMPLAINTS,
] as const;
const NEIGHBOUR = [
  'eth.src',
  'eth.dst',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.hlim',
  'icmpv6.nd.na.flag.o',
  'icmpv6.nd.na.target_address',
  'icmpv6.opt.linkaddr',
  'icmpv6.checksum.status',
  ...COMPLAINTS,
] as const;
/** Class selector 6, which is what routing protocols use. */
const DSCP = '48';
const HOP_LIMIT = '255';
const REQUEST = '1';
const REPLY = '2';

/** What the verdict needs to know of a match. */
export interface Judged {
  readonly cell: Cell;
  /** Baton. */
  readonly sender: Contestant;
  readonly other: Contestant;
}

/** Judges all that Baton sent. In a match it was master, resigned, and was master again. */
export async function judgeWire(judged: Judged): Promise<void> {
  await judged.sender.sent.stop();
  for (const family of familiesOf(judged.cell)) {
    await judgeAdverts(judged, family);
    await (family === 4 ? judgeGratuitousArp(judged) : judgeNeighbourAdvertisements(judged));
  }
}

async function judgeAdverts(judged: Judged, family: 4 | 6): Promise<void> {
  const { sender } = judged;
  // Without what the kernel says about an advert that found no daemon, which quotes it.
  const filter = `vrrp && ${family === 4 ? 'ip && !icmp' : 'ipv6 && !icmpv6'}`;
  const rows = await dissect<string>(sender.sent.file, filter, [...MESSAGE, ...ENVELOPE[family]]);
  const fields = { ...expectedMessage(judged, family), ...expectedEnvelope(judged, family) };
  const withPriority = (priority: number): Dissected<string> => ({ ...fields, 'vrrp.prio': String(priority) });
  expect(byPriority(distinct(rows))).toEqual([withPriority(0), withPriority(sender.priority)]);
  expect(rows.length).toBe(sender.sent.adverts().filter((advert) => advert.family === family).length);
}

function expectedMessage({ cell, sender }: Judged, family: 4 | 6): Dissected<string> {
  const { version = 3, vrid = LAB_VRID, advertIntervalMs = INTERVAL_MS, password } = cell.router;
  const isOld = version === 2;
  return {
    'eth.src': cell.router.virtualMac === true ? virtualMac(family, vrid) : sender.node.host.mac,
    'vrrp.version': String(version),
    'vrrp.type': '1',
    'vrrp.virt_rtr_id': String(vrid),
    'vrrp.adver_int': isOld ? String(advertIntervalMs / 1000) : '',
    'vrrp.short_adver_int': isOld ? '' : String(advertIntervalMs / 10),
    'vrrp.auth_type': isOld ? (password === undefined ? '0' : '1') : '',
    'vrrp.auth_string': password ?? '',
    'vrrp.addr_count': String(addressesOf(cell, family).length),
    'vrrp.checksum.status': GOOD_CHECKSUM,
    '_ws.expert.message': '',
    '_ws.malformed': '',
  };
}

function expectedEnvelope({ cell, sender, other }: Judged, family: 4 | 6): Dissected<string> {
  const { host } = sender.node;
  const addresses = addressesOf(cell, family).join(',');
  const isUnicast = cell.router.unicast === true;
  const group = family === 4 ? '224.0.0.18' : 'ff02::12';
  const destination = isUnicast ? unicastAddress(other.node.host, family) : group;
  if (family === 6) {
    return {
      'ipv6.src': isUnicast ? host.addressIpv6 : host.linkLocal,
      'ipv6.dst': destination,
      'ipv6.hlim': HOP_LIMIT,
      'ipv6.tclass.dscp': DSCP,
      'vrrp.ipv6_addr': addresses,
    };
  }
  return {
    'ip.src': host.address,
    'ip.dst': destination,
    'ip.ttl': HOP_LIMIT,
    'ip.dsfield.dscp': DSCP,
    'ip.checksum.status': GOOD_CHECKSUM,
    'vrrp.ip_addr': addresses,
  };
}

/** Every address is announced, by nobody but its owner's MAC. Nobody answers a reply: with a virtual MAC, which a dead
 *  owner's kernel shares, announcements have that form. */
async function judgeGratuitousArp({ cell, sender }: Judged): Promise<void> {
  const mac = answeringMac(sender.daemon, sender.node.host, 4, cell);
  const rows = await dissect(sender.sent.file, 'arp.isgratuitous == 1', ARP);
  expect(distinct(rows)).toEqual(
    addressesOf(cell, 4).map((address) => ({
      'eth.src': mac,
      'eth.dst': 'ff:ff:ff:ff:ff:ff',
      'arp.src.hw_mac': mac,
      'arp.src.proto_ipv4': address,
      'arp.dst.proto_ipv4': address,
      'arp.opcode': cell.router.virtualMac === true ? REPLY : REQUEST,
      '_ws.expert.message': '',
      '_ws.malformed': '',
    })),
  );
}

async function judgeNeighbourAdvertisements({ cell, sender }: Judged): Promise<void> {
  const mac = answeringMac(sender.daemon, sender.node.host, 6, cell);
  const filter = 'icmpv6.type == 136 && icmpv6.nd.na.flag.s == 0';
  const addresses = addressesOf(cell, 6);
  const rows = await dissect(sender.sent.file, filter, NEIGHBOUR);
  const ours = rows.filter((row) => addresses.includes(row['icmpv6.nd.na.target_address']));
  expect(distinct(ours)).toEqual(
    addresses.map((address) => ({
      'eth.src': mac,
      'eth.dst': '33:33:00:00:00:01',
      'ipv6.src': address,
      'ipv6.dst': 'ff02::1',
      'ipv6.hlim': HOP_LIMIT,
      'icmpv6.nd.na.flag.o': '1',
      'icmpv6.nd.na.target_address': address,
      'icmpv6.opt.linkaddr': mac,
      'icmpv6.checksum.status': GOOD_CHECKSUM,
      '_ws.expert.message': '',
      '_ws.malformed': '',
    })),
  );
}

function byPriority(rows: readonly Dissected<string>[]): readonly Dissected<string>[] {
  return [...rows].sort((one, other) => Number(one['vrrp.prio']) - Number(other['vrrp.prio']));
}

// Keeps this host from accepting packets to virtual addresses, for routers that are not to answer on them (Accept_Mode
// false, RFC 9568 §6.4.3): one nf_tables table of our own, replaced as a whole in one transaction. Forwarding and ARP
// never come here; neighbour discovery passes (§6.1 forbids to drop it). Knows nothing of routers.

import { type IpAddress, addressBytes, addressFamily } from '@baton/base';
import {
  addAddressSet, addInputChain, addSetAddresses, addTable, appendRule, asOutcome, commitFilterChanges, compare, decide,
  deleteTable, loadBytes, loadFact, lookUp, openFilterSocket,
  type FilterChange, type NetlinkSocket,
} from '@baton/linux';

import type { LinkResult, TrafficFilter } from '../index.js';
import { withErrno } from './refusal.js';

/** A TrafficFilter on the network namespace of this process; close it to give its socket back, which leaves the filter.
 *  @param table name of the nf_tables table, at most 31 letters, digits and `_`: daemons that share a namespace need
 *    different ones, because each replaces its own */
export function openTrafficFilter(table = 'baton'): TrafficFilter & { close(): void } {
  return new NfTablesFilter(table);
}

class NfTablesFilter implements TrafficFilter {
  readonly #table: string;
  /** Opened when it is first needed: a kernel without nf_tables is no obstacle for who refuses nothing. */
  #socket: NetlinkSocket | undefined;

  constructor(table: string) {
    this.#table = table;
  }

  refuse(addresses: readonly IpAddress[]): LinkResult {
    return withErrno(() => {
      this.#socket ??= openFilterSocket();
      // Making it first lets the deletion succeed also when there was none.
      const cleared = [addTable(this.#table), deleteTable(this.#table)];
      const built = addresses.length === 0 ? [] : buildTable(this.#table, addresses);
      return asOutcome(commitFilterChanges(this.#socket, [...cleared, ...built]));
    });
  }

  close(): void {
    this.#socket?.close();
  }
}

const CHAIN = 'input';
const SETS = { 4: 'refused_ipv4', 6: 'refused_ipv6' } as const;
// Addresses in one message of the transaction.
const ADDRESSES_PER_MESSAGE = 1000;

const IPV4 = [2];
const IPV6 = [10];
const ICMPV6 = [58];
const NEIGHBOUR_SOLICITATION = [135];
const NEIGHBOUR_ADVERTISEMENT = [136];
// ARPHRD_LOOPBACK <linux/if_arp.h>, 772, in the machine's order
const LOOPBACK = [0x04, 0x03];

function buildTable(table: string, addresses: readonly IpAddress[]): FilterChange[] {
  return [
    addTable(table),
    addAddressSet(table, SETS[4], 4),
    addAddressSet(table, SETS[6], 6),
    ...fillSet(table, 4, addresses),
    ...fillSet(table, 6, addresses),
    addInputChain(table, CHAIN),
    // What the host says to itself is not traffic of the LAN.
    appendRule(table, CHAIN, [loadFact('interface-type'), compare('equal', LOOPBACK), decide('accept')]),
    appendRule(table, CHAIN, [
      loadFact('ip-version'), compare('equal', IPV6), loadFact('protocol'), compare('equal', ICMPV6),
      loadBytes('transport', 0, 1), compare('at-least', NEIGHBOUR_SOLICITATION),
      compare('at-most', NEIGHBOUR_ADVERTISEMENT), decide('accept'),
    ]),
    // Destination addresses: RFC 791 §3.1, RFC 8200 §3.
    appendRule(table, CHAIN, [
      loadFact('ip-version'), compare('equal', IPV4), loadBytes('network', 16, 4), lookUp(SETS[4], 4), decide('drop'),
    ]),
    appendRule(table, CHAIN, [
      loadFact('ip-version'), compare('equal', IPV6), loadBytes('network', 24, 16), lookUp(SETS[6], 6), decide('drop'),
    ]),
  ];
}

function fillSet(table: string, family: 4 | 6, addresses: readonly IpAddress[]): FilterChange[] {
  const members = addresses.filter((address) => addressFamily(address) === family).map(addressBytes);
  const messages = Math.ceil(members.length / ADDRESSES_PER_MESSAGE);
  return Array.from({ length: messages }, (_, index) => {
    const from = index * ADDRESSES_PER_MESSAGE;
    return addSetAddresses(table, SETS[family], members.slice(from, from + ADDRESSES_PER_MESSAGE));
  });
}

// Sees interfaces and their addresses change, by netlink's multicast groups. A message only says where to look: the
// state that is told is always read fresh, so that messages lost to an overrun, or several at once, cannot leave a
// wrong picture.

import {
  NETLINK_ROUTE, NetlinkMonitor, RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK, decodeAddress, decodeLink, openRouteSocket, readAddresses, readLink, type NetlinkMessage,
  type NetlinkNews,
} from '@baton/linux';

import { formatMac } from '../frames.js';
import type { LinkMonitor, LinkState } from '../index.js';
import { type LinkReadFailure, WatchedLinks } from './watched-links.js';

/** A LinkMonitor on the network namespace of this process.
 *  @param failed hears of each reading of a watched interface that failed and is tried again; by default nobody does.
 *    When it has failed for about 10 s, the error is thrown from the event loop and ends the process
 *  @throws {BatonError} when there is no netlink socket to be had */
export function openLinkMonitor(failed: (failure: LinkReadFailure) => void = () => undefined): LinkMonitor {
  return new NetlinkLinkMonitor(failed);
}

class NetlinkLinkMonitor implements LinkMonitor {
  readonly #socket = openRouteSocket();
  readonly #watched: WatchedLinks;
  #monitor: NetlinkMonitor | undefined;

  constructor(failed: (failure: LinkReadFailure) => void) {
    this.#watched = new WatchedLinks({ read: (name) => this.read(name), later: runLater, failed });
  }

  read(interfaceName: string): LinkState {
    const link = readLink(this.#socket, interfaceName);
    if (link === undefined) {
      return { interface: interfaceName, exists: false, up: false, index: 0, mac: undefined, addresses: [] };
    }
    const addresses = readAddresses(this.#socket, link.index);
    return {
      interface: interfaceName,
      exists: true,
      up: link.up,
      index: link.index,
      mac: link.mac === undefined ? undefined : formatMac(link.mac),
      addresses: addresses.filter(({ tentative }) => !tentative)
        .map(({ address, prefixLength }) => ({ address, prefixLength })),
    };
  }

  watch(interfaceNames: readonly string[], changed: (state: LinkState) => void): void {
    // Subscribed before the first reading, so that no change can fall between the two.
    this.#monitor ??= new NetlinkMonitor(NETLINK_ROUTE, GROUPS, QUEUE_BYTES, (news) => {
      this.#heard(news);
    });
    for (const name of interfaceNames) this.#watched.add(name, changed);
  }

  close(): void {
    this.#monitor?.close();
    this.#socket.close();
    this.#watched.clear();
  }

  #heard(news: readonly NetlinkNews[]): void {
    const touched = new Set<string | number>();
    for (const item of news) {
      if (item.kind === 'overrun') {
        this.#watched.refresh('all');
        return;
      }
      for (const message of item.messages) this.#collectTouched(message, touched);
    }
    this.#watched.refresh(touched);
  }

  /** Adds the name or index of every interface that a notice is about. That an address is there which was told to be
   *  there is no news, and comes with every renewal of a lease. */
  #collectTouched(message: NetlinkMessage, touched: Set<string | number>): void {
    if (message.type === RTM_NEWLINK || message.type === RTM_DELLINK) {
      const link = decodeLink(message);
      if (link !== undefined) touched.add(link.name).add(link.index);
      return;
    }
    const address = decodeAddress(message);
    if (address === undefined) return;
    const isKnown = message.type === RTM_NEWADDR && !address.tentative && this.#watched.knows(address.index, address);
    if (!isKnown) touched.add(address.index);
  }
}

function runLater(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
}

const GROUPS = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];
// Room for about 5,000 notices; what does not fit is an overrun, and answered by reading everything again.
const QUEUE_BYTES = 4 * 1024 * 1024;

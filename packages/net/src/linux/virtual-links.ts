// Makes the interfaces that carry virtual MACs (RFC 9568 §7.3, §8.1.2) and switches them on and off. A link that is on
// belongs to a master; one that is off hears nothing, says nothing and forwards nothing, which is what §6.4.2 asks of a
// backup. Knows nothing of routers and of the addresses that the links carry.
//
//     LAN ── parent (own MAC, own addresses) ── macvlan (virtual MAC, virtual addresses)
//
// A frame that another master sends from the virtual MAC must reach the parent, where advertisements are listened for,
// while our link is on. A macvlan in private mode takes such a frame for itself; in bridge mode the parent gets it, and
// the link does not, so that it answers no announcement of the other master either.

import {
  EEXIST, ENODEV, asOutcome, createMacvlan, deleteLink, openRouteSocket, readAllLinkDetails, readLinkDetails,
  setIpv4Settings, setLinkAlias, switchLink,
  type Ipv4Settings, type LinkDetails, type MacvlanMode, type NetlinkSocket, type SyscallResult,
} from '@baton/linux';

import { formatMac, parseMac } from '../frames.js';
import type { LinkResult, VirtualLink, VirtualLinks } from '../index.js';
import { writeIpv6Settings } from './ipv6-settings.js';
import { withErrno } from './refusal.js';

/** VirtualLinks on the network namespace of this process; close it to give its socket back, which leaves the links.
 *  @param mark tells the links of this daemon from those of others, as their alias; at most 255 bytes
 *  @throws {BatonError} when there is no netlink socket to be had */
export function openVirtualLinks(mark = 'baton'): VirtualLinks & { close(): void } {
  return new MacvlanLinks(mark);
}

const MODE: MacvlanMode = 'bridge';
/** What IPv4 needs on a virtual link. It answers requests for its own addresses only (arp_ignore) and asks in the name
 *  of no other (arp_announce). What comes in here is answered by the parent, so that the strict check of reverse paths
 *  would drop it: 2, because the larger of this and of `all` holds, and 0 would not undo a strict `all`. */
const LINK_SETTINGS: Ipv4Settings = { arp_ignore: 1, arp_announce: 2, arp_filter: 0, rp_filter: 2 };
/** What IPv4 needs on the parent meanwhile: it must not answer for virtual addresses with its own MAC, nor ask in their
 *  name. */
const PARENT_SETTINGS = { arp_ignore: 1, arp_announce: 2 };

/** A link that was made or adopted by this object. */
interface KnownLink {
  readonly index: number;
  readonly parentIndex: number;
  active: boolean;
}

class MacvlanLinks implements VirtualLinks {
  readonly #socket: NetlinkSocket = openRouteSocket();
  readonly #mark: string;
  readonly #known = new Map<string, KnownLink>();
  /** What parents had before, by index: only what was changed. */
  readonly #parentsBefore = new Map<number, Ipv4Settings>();

  constructor(mark: string) {
    this.#mark = mark;
  }

  ensure(link: VirtualLink): LinkResult {
    return attempt(() => {
      const parent = readLinkDetails(this.#socket, link.parent);
      if (parent === undefined) return ENODEV;
      const there = readLinkDetails(this.#socket, link.name);
      if (there !== undefined && !this.#isOurs(there)) return EEXIST;
      const right = there !== undefined && isAsWanted(there, link, parent);
      if (there !== undefined && !right) {
        const deleted = deleteLink(this.#socket, there.index);
        if (deleted < 0) return deleted;
      }
      const made = right ? there.index : this.#create(link, parent);
      return made < 0 ? made : this.#settle(link, made, parent);
    });
  }

  activate(link: VirtualLink): LinkResult {
    return this.#switch(link, 'up');
  }

  deactivate(link: VirtualLink): LinkResult {
    return this.#switch(link, 'down');
  }

  remove(link: VirtualLink): LinkResult {
    return attempt(() => {
      const there = readLinkDetails(this.#socket, link.name);
      if (there !== undefined && !this.#isOurs(there)) return EEXIST;
      const result = there === undefined ? 0 : deleteLink(this.#socket, there.index);
      if (result < 0 && result !== ENODEV) return result;
      const known = this.#known.get(link.name);
      this.#known.delete(link.name);
      return known === undefined ? 0 : this.#restoreParent(known.parentIndex);
    });
  }

  list(): readonly VirtualLink[] {
    const all = readAllLinkDetails(this.#socket);
    const names = new Map(all.map(({ index, name }) => [index, name]));
    return all.filter((link) => this.#isOurs(link)).map(({ name, mac, parentIndex }) => ({
      parent: names.get(parentIndex) ?? '', name, mac: formatMac(mac ?? new Uint8Array()),
      family: name.startsWith('vr6') ? 6 : 4,
    }));
  }

  close(): void {
    this.#socket.close();
  }

  #isOurs({ mode, alias }: LinkDetails): boolean {
    return mode !== undefined && alias === this.#mark;
  }

  /** @returns the index of the new link */
  #create({ name, mac }: VirtualLink, parent: LinkDetails): SyscallResult {
    const request = { name, parentIndex: parent.index, mac: parseMac(mac), mode: MODE };
    const created = createMacvlan(this.#socket, request);
    if (created < 0) return created;
    const index = readLinkDetails(this.#socket, name)?.index ?? ENODEV;
    const marked = index < 0 ? index : setLinkAlias(this.#socket, index, this.#mark);
    if (marked >= 0) return index;
    // Without its mark nobody would know it as ours.
    if (index > 0) deleteLink(this.#socket, index);
    return marked;
  }

  /** Brings a link that is right in kind into the state and settings that it needs. */
  #settle(link: VirtualLink, index: number, parent: LinkDetails): SyscallResult {
    const before = this.#known.get(link.name);
    const known = before?.index === index ? before : { index, parentIndex: parent.index, active: false };
    this.#known.set(link.name, known);
    // Also one that was on when a former process died: nobody here has decided that it should be.
    const steps = [
      () => known.active ? 0 : switchLink(this.#socket, index, 'down'),
      () => writeIpv6Settings(link.name, link.family),
      () => link.family === 6 ? 0 : setIpv4Settings(this.#socket, index, LINK_SETTINGS),
      () => link.family === 6 ? 0 : this.#prepareParent(parent),
    ];
    for (const step of steps) {
      const result = step();
      if (result < 0) return result;
    }
    return 0;
  }

  #switch({ name }: VirtualLink, state: 'up' | 'down'): LinkResult {
    const known = this.#known.get(name);
    // By index: an interface that somebody else has given this name since is none of ours.
    const result = known === undefined ? ENODEV : switchLink(this.#socket, known.index, state);
    if (known !== undefined && result >= 0) known.active = state === 'up';
    return asOutcome(result);
  }

  /** What is stricter already stays as it is, and what is right is not set again: everybody who monitors links would
   *  be told. */
  #prepareParent({ index, ipv4Settings: { arp_ignore = 0, arp_announce = 0 } }: LinkDetails): SyscallResult {
    if (arp_ignore >= PARENT_SETTINGS.arp_ignore && arp_announce >= PARENT_SETTINGS.arp_announce) return 0;
    if (!this.#parentsBefore.has(index)) this.#parentsBefore.set(index, { arp_ignore, arp_announce });
    return setIpv4Settings(this.#socket, index, {
      arp_ignore: Math.max(arp_ignore, PARENT_SETTINGS.arp_ignore),
      arp_announce: Math.max(arp_announce, PARENT_SETTINGS.arp_announce),
    });
  }

  /** The parent's settings belong to the host: what was before the first link is put back when the last is gone. */
  #restoreParent(index: number): SyscallResult {
    const before = this.#parentsBefore.get(index);
    const isNeeded = [...this.#known.values()].some((known) => known.parentIndex === index);
    if (before === undefined || isNeeded) return 0;
    this.#parentsBefore.delete(index);
    const result = setIpv4Settings(this.#socket, index, before);
    return result === ENODEV ? 0 : result;
  }
}

function attempt(steps: () => SyscallResult): LinkResult {
  return withErrno(() => asOutcome(steps()));
}

function isAsWanted(there: LinkDetails, { mac }: VirtualLink, parent: LinkDetails): boolean {
  // Of a macvlan on a macvlan the kernel tells the interface below both.
  const parentIndex = parent.mode === undefined ? parent.index : parent.parentIndex;
  if (there.parentIndex !== parentIndex || there.mode !== MODE) return false;
  return there.mac !== undefined && formatMac(there.mac) === mac;
}

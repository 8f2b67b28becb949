// Makes the interfaces that carry virtual MACs (RFC 9568 §7.3, §8.1.2) and switches them on and off. A link that is on
// belongs to a master; one that is off hears nothing, says nothing and forwards nothing, which is what §6.4.2 asks of a
// backup. Knows nothing of routers and of the addresses that the links carry.
//
//     LAN ── parent (own MAC, own addresses) ── macvlan (virtual MAC, virtual addresses)

import {
  EEXIST, ENODEV, asOutcome, createMacvlan, deleteLink, openRouteSocket, readAllLinkDetails, readLinkDetails,
  setIpv4Settings, setLinkAlias, switchLink,
  type Ipv4Settings, type LinkDetails, type MacvlanMode, type NetlinkSocket, type SyscallResult,
} from '@baton/linux';

import { formatMac, parseMac } from '../frames.js';
import type { LinkResult, VirtualLink, VirtualLinks } from '../index.js';
import { switchIpv6, writeIpv6Settings } from './ipv6-settings.js';
import { withErrno } from './refusal.js';

/** VirtualLinks on the network namespace of this process; close it to give its socket back, which leaves the links.
 *  @param mark tells the links of this daemon from those of others, as their alias; at most 255 bytes
 *  @throws {BatonError} when there is no netlink socket to be had */
export function openVirtualLinks(mark = 'baton'): VirtualLinks & { close(): void } {
  return new MacvlanLinks(mark);
}

/** A frame that another master sends from the virtual MAC must reach the parent, where advertisements are listened for,
 *  while our link is on. In private mode the link would take such a frame for itself; in bridge mode the parent gets it
 *  and the link does not, so that it answers no announcement of the other master either. */
const MODE: MacvlanMode = 'bridge';
/** What IPv4 needs on a virtual link. It answers requests for its own addresses only (arp_ignore) and asks in the name
 *  of no other (arp_announce). What comes in here is answered by the parent, so the strict check of reverse paths would
 *  drop it: 2, because the larger of this and of `all` holds, and 0 would not undo a strict `all`. With 2 the link also
 *  drops everything as long as it has no address. */
const LINK_SETTINGS = { arp_ignore: 1, arp_announce: 2, arp_filter: 0, rp_filter: 2 };
const NAMES_OF_LINK_SETTINGS = ['arp_ignore', 'arp_announce', 'arp_filter', 'rp_filter'] as const;
/** What IPv4 needs on the parent meanwhile: it must not answer for virtual addresses with its own MAC, nor ask in their
 *  name. */
const PARENT_SETTINGS = { arp_ignore: 1, arp_announce: 2 };

/** Pause between links that are switched off, so that a host with many is not at a standstill, ms. */
const PAUSE_MS = 40;

/** A link that was made or adopted by this object. */
interface KnownLink {
  readonly index: number;
  readonly parentIndex: number;
  readonly family: 4 | 6;
  state: 'off' | 'active' | 'muted';
}

/** off ── activate ──► active ── deactivate ──► muted ── a moment later ──► off
 *
 *  Switching a macvlan off makes the kernel wait for all its processors, some 10 ms, during which this process stands
 *  still. So a link that is deactivated is only muted at once, and switched off when its turn comes, with pauses for
 *  everything else. Without an address it takes no IPv4 packet anyway (rp_filter drops them all), and IPv6 is switched
 *  off on it, which also keeps it from telling the LAN which groups it has left. */
class MacvlanLinks implements VirtualLinks {
  readonly #socket: NetlinkSocket = openRouteSocket();
  readonly #mark: string;
  readonly #known = new Map<string, KnownLink>();
  /** What parents had before, by index: only what was changed. */
  readonly #parentsBefore = new Map<number, Ipv4Settings>();
  #pause: NodeJS.Timeout | undefined;

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
      return made < 0 ? made : this.#settle(link, made, parent, right ? there : undefined);
    });
  }

  activate({ name }: VirtualLink): LinkResult {
    return attempt(() => {
      // By index: an interface that somebody else has given this name since is none of ours.
      const known = this.#known.get(name);
      if (known === undefined) return ENODEV;
      const heard = known.state === 'muted' ? unmute(name, known) : 0;
      const result = heard < 0 ? heard : switchLink(this.#socket, known.index, 'up');
      if (result >= 0) known.state = 'active';
      return result;
    });
  }

  deactivate({ name }: VirtualLink): LinkResult {
    return attempt(() => {
      const known = this.#known.get(name);
      if (known === undefined) return ENODEV;
      if (known.state !== 'active') return 0;
      const result = known.family === 4 ? 0 : switchIpv6(name, 'off');
      if (result < 0) return result;
      known.state = 'muted';
      this.#armPause();
      return 0;
    });
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

  /** Switches off first what is only muted. */
  close(): void {
    clearTimeout(this.#pause);
    for (const [name, known] of this.#known) if (known.state === 'muted') this.#rest(name, known);
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

  /** Brings a link that is right in kind into the state and settings that it needs. What is right is not set again:
   *  everybody who monitors links would be told.
   *  @param there as it was found, undefined when it was just made */
  #settle(link: VirtualLink, index: number, parent: LinkDetails, there: LinkDetails | undefined): SyscallResult {
    const before = this.#known.get(link.name);
    const known: KnownLink = before?.index === index
      ? before : { index, parentIndex: parent.index, family: link.family, state: 'off' };
    this.#known.set(link.name, known);
    const settings = there?.ipv4Settings ?? {};
    const isSet = NAMES_OF_LINK_SETTINGS.every((name) => settings[name] === LINK_SETTINGS[name]);
    const steps = [
      () => this.#put(known, there?.switchedOn ?? false),
      () => known.state === 'off' ? writeIpv6Settings(link.name, link.family) : 0,
      () => isSet ? 0 : setIpv4Settings(this.#socket, index, LINK_SETTINGS),
      () => link.family === 6 ? 0 : this.#prepareParent(parent),
    ];
    for (const step of steps) {
      const result = step();
      if (result < 0) return result;
    }
    return 0;
  }

  /** Switches a link on or off that somebody else has switched. One that was on when a former process died goes off:
   *  nobody here has decided that it should be on. */
  #put({ index, state }: KnownLink, switchedOn: boolean): SyscallResult {
    if (state === 'active' && !switchedOn) return switchLink(this.#socket, index, 'up');
    return state === 'off' && switchedOn ? switchLink(this.#socket, index, 'down') : 0;
  }

  #armPause(): void {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      const muted = [...this.#known].filter(([, { state }]) => state === 'muted');
      for (const [name, known] of muted.slice(0, 1)) this.#rest(name, known);
      if (muted.length > 1) this.#armPause();
    }, PAUSE_MS).unref();
  }

  /** Switches a muted link off. Where that fails the link is gone, or ensure() will put it right: it is silent. */
  #rest(name: string, known: KnownLink): void {
    if (switchLink(this.#socket, known.index, 'down') >= 0) unmute(name, known);
    known.state = 'off';
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

/** What a link needs to be of use when it is switched on. */
function unmute(name: string, { family }: KnownLink): SyscallResult {
  return family === 4 ? 0 : switchIpv6(name, 'on');
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

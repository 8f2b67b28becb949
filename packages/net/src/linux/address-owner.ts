// Puts virtual addresses on interfaces and takes them off, by netlink, in the caller's tick. Knows nothing of routers:
// what is asked is done, and nothing else: deleting an address must not take others of its subnet along.

import { type AddressPrefix, addressFamily } from '@baton/base';
import {
  ADDRESS_PROTOCOL, EADDRNOTAVAIL, EEXIST, ENODEV, addAddress, deleteAddress, errnoName, openRouteSocket,
  promoteSecondaries, readAddresses, readLinkIndex, readLinks, renewAddress, restoreAddress,
  type AddressRequest, type InterfaceAddress, type NetlinkSocket, type SyscallResult,
} from '@baton/linux';

import type {
  AddressOwner, AddressResult, HeldAddress, OwnedAddress, ReleaseResult, RenewalResult,
} from '../index.js';
import { withErrno } from './refusal.js';

/** An AddressOwner on the network namespace of this process; close it to give its socket back.
 *  @param promote makes an interface keep the other addresses of a subnet when its first is deleted. Where it is
 *    refused they are put back after each release instead, and are away for some 100 µs
 *  @throws {BatonError} when there is no netlink socket to be had */
export function openAddressOwner(promote = promoteSecondaries): AddressOwner & { close(): void } {
  return new NetlinkAddressOwner(promote);
}

class NetlinkAddressOwner implements AddressOwner {
  readonly #socket: NetlinkSocket = openRouteSocket();
  readonly #promote: typeof promoteSecondaries;
  /** When each interface was last seen to promote, by index (one that is made again has another); -Infinity after a
   *  claim, so that the next release looks. */
  readonly #promotedAt = new Map<number, number>();

  constructor(promote: typeof promoteSecondaries) {
    this.#promote = promote;
  }

  claim(wanted: OwnedAddress): AddressResult {
    return withErrno(() => {
      const index = readLinkIndex(this.#socket, wanted.interface);
      if (index < 0) return { ok: false, errno: errnoName(index) };
      const request = requestFor(wanted, index);
      const result = addAddress(this.#socket, request);
      if (result === EEXIST) return this.#takeHeld(request);
      if (result < 0) return { ok: false, errno: errnoName(result) };
      if (!this.#promotedAt.has(index)) this.#prepare(wanted, index);
      return { ok: true, already: false, ours: true };
    });
  }

  renew(addresses: readonly OwnedAddress[]): readonly RenewalResult[] {
    const indexes = new Map<string, SyscallResult>();
    return addresses.map((wanted) => withErrno(() => {
      const index = indexes.get(wanted.interface) ?? readLinkIndex(this.#socket, wanted.interface);
      indexes.set(wanted.interface, index);
      const result = index < 0 ? index : renewAddress(this.#socket, requestFor(wanted, index));
      return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true };
    }));
  }

  release(address: OwnedAddress): ReleaseResult {
    return withErrno(() => {
      const index = readLinkIndex(this.#socket, address.interface);
      const result = index < 0 ? index : this.#delete({ ...address, index });
      if (result === EADDRNOTAVAIL || result === ENODEV) return { ok: true, already: false };
      return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true, already: true };
    });
  }

  list(interfaceName?: string): readonly HeldAddress[] {
    const index = interfaceName === undefined ? 0 : readLinkIndex(this.#socket, interfaceName);
    if (index < 0) return [];
    const names = interfaceName === undefined
      ? new Map(readLinks(this.#socket).map((link) => [link.index, link.name])) : new Map([[index, interfaceName]]);
    return readAddresses(this.#socket, index).flatMap(({ address, prefixLength, label, protocol, index: at }) => {
      const name = names.get(at);
      if (name === undefined) return [];
      const ours = protocol === ADDRESS_PROTOCOL;
      const ownLabel = label === undefined || label === name ? {} : { label };
      return [{ interface: name, address, prefixLength, ours, ...ownLabel }];
    });
  }

  close(): void {
    this.#socket.close();
  }

  /** IPv6 has an address once per interface, whatever its prefix length: only the same length is the same address. */
  #takeHeld(wanted: AddressRequest): AddressResult {
    const held = readAddresses(this.#socket, wanted.index).find((candidate) => isSame(candidate, wanted));
    if (held === undefined) return { ok: false, errno: errnoName(EEXIST) };
    const ours = held.protocol === ADDRESS_PROTOCOL;
    const result = ours ? renewAddress(this.#socket, wanted) : 0;
    return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true, already: true, ours };
  }

  /** From the first claim on, what the host deletes of its own takes no virtual address along either. */
  #prepare(claimed: AddressPrefix, index: number): void {
    if (isAloneInItsSubnet(claimed)) return;
    // Refused: every release then asks again, and puts back what it took along.
    this.#promote(this.#socket, index);
    this.#remember(index, -Infinity);
  }

  #delete(wanted: AddressPrefix & { readonly index: number }): SyscallResult {
    if (isAloneInItsSubnet(wanted) || this.#promotes(wanted.index)) return deleteAddress(this.#socket, wanted);
    const before = readAddresses(this.#socket, wanted.index);
    const result = deleteAddress(this.#socket, wanted);
    return result < 0 ? result : this.#restore(before.filter((held) => !isSame(held, wanted)), wanted.index);
  }

  /** Looks anew for each burst of releases: the setting belongs to the host, which may have turned it off since. */
  #promotes(index: number): boolean {
    const now = performance.now();
    if (now - (this.#promotedAt.get(index) ?? -Infinity) < BURST_MS) return true;
    if (this.#promote(this.#socket, index) < 0) return false;
    this.#remember(index, now);
    return true;
  }

  #remember(index: number, promotedAt: number): void {
    if (this.#promotedAt.size >= REMEMBERED_LIMIT) this.#promotedAt.clear();
    this.#promotedAt.set(index, promotedAt);
  }

  /** Puts back, in their order, those that are no longer there.
   *  @returns the first refusal, if there was one */
  #restore(expected: readonly InterfaceAddress[], index: number): SyscallResult {
    const after = readAddresses(this.#socket, index);
    const missing = expected.filter((held) => !after.some((left) => isSame(left, held)));
    const results = missing.map((held) => restoreAddress(this.#socket, held));
    return results.find((result) => result < 0 && result !== EEXIST) ?? 0;
  }
}

// Looking takes some 100 µs, deleting 30: releases this close to each other look once.
const BURST_MS = 10;
// Interfaces whose setting is remembered; beyond it the memory begins anew.
const REMEMBERED_LIMIT = 1024;

function requestFor(wanted: OwnedAddress, index: number): AddressRequest {
  const { address, prefixLength, label, metric, lifetimeSeconds } = wanted;
  return {
    address, prefixLength, index,
    ...(label === undefined ? {} : { label }),
    ...(metric === undefined ? {} : { routeMetric: metric }),
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
  };
}

/** Only IPv4 has secondary addresses, and none has them that is a whole subnet. */
function isAloneInItsSubnet({ address, prefixLength }: AddressPrefix): boolean {
  return addressFamily(address) === 6 || prefixLength === 32;
}

function isSame(one: AddressPrefix, other: AddressPrefix): boolean {
  return one.address === other.address && one.prefixLength === other.prefixLength;
}

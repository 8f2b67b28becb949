// Puts virtual addresses on interfaces and takes them off, by netlink, in the caller's tick. Knows nothing of routers:
// what is asked is done.

import type { AddressPrefix } from '@baton/base';
import {
  EADDRNOTAVAIL, EEXIST, ENODEV, addAddress, ADDRESS_PROTOCOL, deleteAddress, errnoName, interfaceIndex, openRouteSocket,
  readAddresses, readLinks, type NetlinkSocket,
} from '@baton/linux';

import type { AddressOwner, AddressResult, HeldAddress, OwnedAddress } from '../index.js';

/** An AddressOwner on the network namespace of this process; close it to give its socket back.
 *  @throws {BatonError} when there is no netlink socket to be had */
export function openAddressOwner(): AddressOwner & { close(): void } {
  return new NetlinkAddressOwner();
}

class NetlinkAddressOwner implements AddressOwner {
  readonly #socket: NetlinkSocket = openRouteSocket();

  claim(address: OwnedAddress): AddressResult {
    const index = interfaceIndex(address.interface);
    if (index < 0) return { ok: false, errno: errnoName(index) };
    const { prefixLength, label } = address;
    const result = addAddress(this.#socket, {
      address: address.address, prefixLength, index, ...(label === undefined ? {} : { label }),
    });
    if (result === EEXIST && this.#isThere(address, index)) return { ok: true, already: true };
    return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true, already: false };
  }

  release(address: OwnedAddress): AddressResult {
    const index = interfaceIndex(address.interface);
    const result = index < 0 ? index : deleteAddress(this.#socket, { ...address, index });
    if (result === EADDRNOTAVAIL || result === ENODEV) return { ok: true, already: false };
    return result < 0 ? { ok: false, errno: errnoName(result) } : { ok: true, already: true };
  }

  list(interfaceName?: string): readonly HeldAddress[] {
    const index = interfaceName === undefined ? 0 : interfaceIndex(interfaceName);
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
  #isThere(wanted: AddressPrefix, index: number): boolean {
    return readAddresses(this.#socket, index)
      .some(({ address, prefixLength }) => address === wanted.address && prefixLength === wanted.prefixLength);
  }
}

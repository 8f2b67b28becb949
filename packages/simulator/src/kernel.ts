// The kernel of one node, as far as the engine sees it: one interface with its addresses. It outlives the process: what
// a crashed engine has claimed stays there. Knows no VRRP.

import type { AddressPrefix } from '@baton/base';
import type { AddressResult, HeldAddress, LinkState, OwnedAddress, ReleaseResult } from '@baton/net';

/** The only interface of a node. */
export const INTERFACE = 'eth0';
/** The LAN's prefix length. */
export const PREFIX_LENGTH = 24;

/** Interface and addresses of one node. */
export class Kernel {
  /** What claims are answered with; undefined = they are granted. */
  refusesClaims: string | undefined;
  readonly #primary: AddressPrefix;
  readonly #mac: string;
  readonly #changed: () => void;
  #exists = true;
  #up = true;
  #index = 2;
  #addresses: HeldAddress[];

  /** @param changed called when anything about the interface changed */
  constructor(primaryAddress: string, mac: string, changed: () => void) {
    this.#primary = { address: primaryAddress, prefixLength: PREFIX_LENGTH };
    this.#mac = mac;
    this.#changed = changed;
    this.#addresses = [this.#ownAddress()];
  }

  /** Whether the interface can carry packets now. */
  get carries(): boolean {
    return this.#exists && this.#up;
  }

  /** Index of the interface; 0 when it does not exist. */
  get index(): number {
    return this.#exists ? this.#index : 0;
  }

  read(): LinkState {
    return {
      interface: INTERFACE,
      exists: this.#exists,
      up: this.carries,
      index: this.index,
      mac: this.#exists ? this.#mac : undefined,
      addresses: this.#addresses.map(({ address, prefixLength }) => ({ address, prefixLength })),
    };
  }

  list(): readonly HeldAddress[] {
    return this.#addresses;
  }

  holds(address: string): boolean {
    return this.#addresses.some((held) => held.address === address);
  }

  claim(place: OwnedAddress): AddressResult {
    if (!this.#exists) return { ok: false, errno: 'ENODEV' };
    if (this.refusesClaims !== undefined) return { ok: false, errno: this.refusesClaims };
    const held = this.#addresses.find(({ address }) => address === place.address);
    if (held !== undefined) return { ok: true, already: true, ours: held.ours };
    this.#addresses = [...this.#addresses, { ...place, ours: true }];
    this.#changed();
    return { ok: true, already: false, ours: true };
  }

  release(address: string): ReleaseResult {
    const already = this.holds(address);
    if (already) {
      this.#addresses = this.#addresses.filter((held) => held.address !== address);
      this.#changed();
    }
    return { ok: true, already };
  }

  setLink(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#changed();
  }

  /** Deletes the interface with everything on it. */
  deleteInterface(): void {
    if (!this.#exists) return;
    this.#exists = false;
    this.#addresses = [];
    this.#changed();
  }

  /** Makes it again under its name, with a new index and its primary address. */
  createInterface(): void {
    if (this.#exists) return;
    this.#exists = true;
    this.#up = true;
    this.#index += 1;
    this.#addresses = [this.#ownAddress()];
    this.#changed();
  }

  #ownAddress(): HeldAddress {
    return { ...this.#primary, interface: INTERFACE, ours: false };
  }
}

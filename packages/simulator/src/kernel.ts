// The kernel of one node, as far as the engine sees it: its interfaces with their addresses. It outlives the process:
// what a crashed engine has claimed stays there. Knows no VRRP.

import type { AddressPrefix, IpAddress } from '@baton/base';
import type { AddressResult, HeldAddress, LinkState, OwnedAddress, ReleaseResult } from '@baton/net';
import type { InterfaceSetup } from './stage.js';

/** Interfaces and addresses of one node. */
export class Kernel {
  /** What claims are answered with; undefined = they are granted. */
  refusesClaims: string | undefined;
  readonly #interfaces: ReadonlyMap<string, Interface>;

  /** @param changed called with the name of an interface when anything about it changed */
  constructor(setups: readonly InterfaceSetup[], changed: (interfaceName: string) => void) {
    this.#interfaces = new Map(setups.map((setup, order) => [setup.name, new Interface(setup, order, () => {
      changed(setup.name);
    })]));
  }

  /** The interfaces, or the one on a LAN. */
  on(lan?: number): readonly Interface[] {
    return [...this.#interfaces.values()].filter((candidate) => lan === undefined || candidate.lan === lan);
  }

  interface(name: string): Interface | undefined {
    return this.#interfaces.get(name);
  }

  read(name: string): LinkState {
    return this.#interfaces.get(name)?.read()
      ?? { interface: name, exists: false, up: false, index: 0, mac: undefined, addresses: [] };
  }

  list(name?: string): readonly HeldAddress[] {
    const all = name === undefined ? [...this.#interfaces.values()] : [this.#interfaces.get(name)];
    return all.flatMap((found) => found?.addresses ?? []);
  }

  holds(address: IpAddress, interfaceName: string): boolean {
    return this.#interfaces.get(interfaceName)?.holds(address) ?? false;
  }

  claim(place: OwnedAddress): AddressResult {
    const target = this.#interfaces.get(place.interface);
    if (target?.index === undefined || target.index === 0) return { ok: false, errno: 'ENODEV' };
    if (this.refusesClaims !== undefined) return { ok: false, errno: this.refusesClaims };
    return target.add(place);
  }

  release({ interface: name, address }: Pick<OwnedAddress, 'interface' | 'address'>): ReleaseResult {
    return { ok: true, already: this.#interfaces.get(name)?.remove(address) ?? false };
  }
}

/** One interface. */
class Interface {
  readonly name: string;
  readonly lan: number;
  readonly #mac: string;
  readonly #own: readonly AddressPrefix[];
  readonly #changed: () => void;
  #exists = true;
  #up = true;
  #index: number;
  #addresses: readonly HeldAddress[];

  constructor({ name, lan, mac, addresses }: InterfaceSetup, order: number, changed: () => void) {
    this.name = name;
    this.lan = lan;
    this.#mac = mac;
    this.#own = addresses;
    this.#changed = changed;
    // Odd and even, so that one that is made again never takes the number of another.
    this.#index = 2 + order;
    this.#addresses = this.#ownAddresses();
  }

  /** Whether it can carry packets now. */
  get carries(): boolean {
    return this.#exists && this.#up;
  }

  /** 0 when it does not exist. */
  get index(): number {
    return this.#exists ? this.#index : 0;
  }

  get addresses(): readonly HeldAddress[] {
    return this.#addresses;
  }

  read(): LinkState {
    return {
      interface: this.name,
      exists: this.#exists,
      up: this.carries,
      index: this.index,
      mac: this.#exists ? this.#mac : undefined,
      addresses: this.#addresses.map(({ address, prefixLength }) => ({ address, prefixLength })),
    };
  }

  holds(address: IpAddress): boolean {
    return this.#addresses.some((held) => held.address === address);
  }

  add(place: OwnedAddress): AddressResult {
    const held = this.#addresses.find(({ address }) => address === place.address);
    if (held !== undefined) return { ok: true, already: true, ours: held.ours };
    this.#addresses = [...this.#addresses, { ...place, ours: true }];
    this.#changed();
    return { ok: true, already: false, ours: true };
  }

  /** @returns whether it was there */
  remove(address: IpAddress): boolean {
    if (!this.holds(address)) return false;
    this.#addresses = this.#addresses.filter((held) => held.address !== address);
    this.#changed();
    return true;
  }

  setLink(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#changed();
  }

  /** Deletes it with everything on it. */
  delete(): void {
    if (!this.#exists) return;
    this.#exists = false;
    this.#addresses = [];
    this.#changed();
  }

  /** Makes it again under its name, with a new index and its own addresses. */
  create(): void {
    if (this.#exists) return;
    this.#exists = true;
    this.#up = true;
    this.#index += 2;
    this.#addresses = this.#ownAddresses();
    this.#changed();
  }

  #ownAddresses(): readonly HeldAddress[] {
    return this.#own.map((prefix) => ({ ...prefix, interface: this.name, ours: false }));
  }
}

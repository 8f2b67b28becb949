// The kernel of one node, as far as the engine sees it: its interfaces with their addresses. It outlives the process:
// what a crashed engine has claimed stays there until its lease ends. Knows no VRRP.

import type { AddressPrefix, IpAddress } from '@baton/base';
import type { AddressResult, HeldAddress, LinkState, OwnedAddress, ReleaseResult, RenewalResult } from '@baton/net';
import type { Random } from './random.js';
import type { InterfaceSetup } from './stage.js';
import type { PlannedEvent, World } from './world.js';

/** How late a kernel takes an address off when its lease has ended, at most, ms. */
export const LEASE_OVERRUN_MS = 60;

/** What leases need: they run in true time, not by the clock of a process. */
export interface LeaseSurroundings {
  readonly world: World;
  readonly random: Random;
  /** An address was taken off because its lease has ended. */
  readonly ended: (interfaceName: string, address: IpAddress) => void;
}

/** Interfaces and addresses of one node. */
export class Kernel {
  /** What claims are answered with; undefined = they are granted. */
  refusesClaims: string | undefined;
  readonly #interfaces: ReadonlyMap<string, Interface>;

  readonly #leases: LeaseSurroundings;
  /** The ends of leases, by interface and address. */
  readonly #ends = new Map<string, PlannedEvent>();

  /** @param changed called with the name of an interface when anything about it changed */
  constructor(
    setups: readonly InterfaceSetup[], leases: LeaseSurroundings, changed: (interfaceName: string) => void,
  ) {
    this.#leases = leases;
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
    const result = target.add(place);
    if (result.ok && result.ours) this.#let(place);
    return result;
  }

  renew(place: OwnedAddress): RenewalResult {
    if (this.#interfaces.get(place.interface)?.holds(place.address) !== true) {
      return { ok: false, errno: 'EADDRNOTAVAIL' };
    }
    if (this.refusesClaims !== undefined) return { ok: false, errno: this.refusesClaims };
    this.#let(place);
    return { ok: true };
  }

  release({ interface: name, address }: Pick<OwnedAddress, 'interface' | 'address'>): ReleaseResult {
    this.#ends.get(`${name} ${address}`)?.cancel();
    return { ok: true, already: this.#interfaces.get(name)?.remove(address) ?? false };
  }

  /** Begins the lease of an address anew. */
  #let({ interface: name, address, lifetimeSeconds }: OwnedAddress): void {
    const key = `${name} ${address}`;
    this.#ends.get(key)?.cancel();
    this.#ends.delete(key);
    if (lifetimeSeconds === undefined) return;
    const { world, random, ended } = this.#leases;
    const endsAt = world.now + 1000 * lifetimeSeconds + LEASE_OVERRUN_MS * random.nextFraction();
    this.#ends.set(key, world.plan(endsAt, () => {
      if (this.#interfaces.get(name)?.remove(address) === true) ended(name, address);
    }));
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
    const { interface: name, address, prefixLength } = place;
    this.#addresses = [...this.#addresses, { interface: name, address, prefixLength, ours: true }];
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

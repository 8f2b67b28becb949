// Decides when a watched interface is read anew and whom its new state is told: after notices about it, and again when
// a reading failed, ever more patiently, because what is not read is not known, and no later notice need ever come.
// Knows no netlink and no timer of its own.

import { type AddressPrefix, type BatonError, isBatonError } from '@baton/base';

import type { LinkState } from '../index.js';

/** A reading that failed and is tried again. */
export interface LinkReadFailure {
  readonly interface: string;
  readonly error: BatonError;
  /** Failed rounds in a row, from 1; after RETRY_LIMIT the error is thrown instead. */
  readonly round: number;
}

/** What watching needs of the world. */
export interface WatchedLinksPorts {
  /** @throws {BatonError} when the kernel does not answer */
  readonly read: (interfaceName: string) => LinkState;
  /** Runs once after a delay.
   *  @returns takes it back */
  readonly later: (delayMs: number, run: () => void) => () => void;
  readonly failed: (failure: LinkReadFailure) => void;
}

/** Rounds of readings that may fail in a row: about 10 s. Whoever cannot see its links for longer had better end and
 *  let another node take over. */
export const RETRY_LIMIT = 16;
/** The delay before the first round; each further one is twice as long, up to the longest. */
export const FIRST_RETRY_MS = 10;
export const LONGEST_RETRY_MS = 1000;

interface WatchedLink {
  /** The state last told; undefined when it was never read. */
  state: LinkState | undefined;
  /** Its addresses with their prefix lengths. */
  addresses: ReadonlySet<string>;
  readonly changed: ((state: LinkState) => void)[];
}

/** The watched interfaces with the state that was last told of each. */
export class WatchedLinks {
  readonly #ports: WatchedLinksPorts;
  readonly #links = new Map<string, WatchedLink>();
  /** Those whose last reading failed. */
  readonly #owed = new Set<string>();
  #failedRounds = 0;
  #takeBack: (() => void) | undefined;

  constructor(ports: WatchedLinksPorts) {
    this.#ports = ports;
  }

  /** Calls back with the present state whenever something happened to the interface; when it cannot be read, with the
   *  first that can. */
  add(name: string, changed: (state: LinkState) => void): void {
    const known = this.#links.get(name);
    if (known !== undefined) known.changed.push(changed);
    else {
      const state = this.#tryToRead(name);
      this.#links.set(name, { state, addresses: addressesOf(state), changed: [changed] });
    }
  }

  /** Whether the state last told of this interface has the address: that it is there is then no news. Its going is told
   *  apart, also when it has come back by then. */
  knows(index: number, address: AddressPrefix): boolean {
    for (const [name, { state, addresses }] of this.#links) {
      if (state?.index === index && !this.#owed.has(name) && addresses.has(keyOf(address))) return true;
    }
    return false;
  }

  /** Reads anew and tells.
   *  @param touched names and indexes of interfaces that something happened to
   *  @throws what a callback throws */
  refresh(touched: ReadonlySet<string | number> | 'all'): void {
    for (const [name, link] of this.#links) {
      if (touched === 'all' || touched.has(name) || touched.has(link.state?.index ?? name)) this.#tell(name, link);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#takeBack?.();
    this.#links.clear();
    this.#owed.clear();
  }

  /** Tells a state that equals the last one too: between two readings an address can have come and gone, or gone and
   *  come, and whoever put it there must hear of it. */
  #tell(name: string, link: WatchedLink): void {
    const state = this.#tryToRead(name);
    if (state === undefined) return;
    link.state = state;
    link.addresses = addressesOf(state);
    for (const changed of link.changed) changed(state);
  }

  #tryToRead(name: string): LinkState | undefined {
    try {
      const state = this.#ports.read(name);
      this.#owed.delete(name);
      return state;
    } catch (error) {
      if (!isBatonError(error) || this.#failedRounds >= RETRY_LIMIT) throw error;
      this.#owed.add(name);
      this.#scheduleRetry();
      this.#ports.failed({ interface: name, error, round: this.#failedRounds });
      return undefined;
    }
  }

  #scheduleRetry(): void {
    if (this.#takeBack !== undefined) return;
    this.#takeBack = this.#ports.later(Math.min(FIRST_RETRY_MS * 2 ** this.#failedRounds, LONGEST_RETRY_MS), () => {
      this.#takeBack = undefined;
      this.#retry();
    });
    this.#failedRounds += 1;
  }

  #retry(): void {
    for (const name of [...this.#owed]) {
      const link = this.#links.get(name);
      if (link !== undefined) this.#tell(name, link);
    }
    if (this.#owed.size === 0) this.#failedRounds = 0;
  }
}

function addressesOf(state: LinkState | undefined): ReadonlySet<string> {
  return new Set(state?.addresses.map(keyOf));
}

function keyOf({ address, prefixLength }: AddressPrefix): string {
  return `${address}/${String(prefixLength)}`;
}

// The LAN between the nodes: what happens to a datagram on its way from one to each other one. Every direction of every
// pair is a link of its own. Knows datagrams and names of nodes, no VRRP.

import type { IpAddress } from '@baton/base';
import type { ReceivedDatagram } from '@baton/net';
import type { Random } from './random.js';
import type { World } from './world.js';

/** What a link does to datagrams. */
export interface LinkQuality {
  /** Every datagram takes at least this long, ms. */
  readonly delayMs: number;
  /** And up to this much longer, ms; the order is kept. */
  readonly jitterMs: number;
  /** Part that is lost, 0–1. */
  readonly loss: number;
  /** Part that arrives twice, 0–1. */
  readonly duplicate: number;
  /** Part that is held back by up to ten delays and jitters, and so overtaken, 0–1. */
  readonly reorder: number;
}

/** A cable: 0.1 ms, and nothing ever goes wrong. */
export const PERFECT_LINK: LinkQuality = { delayMs: 0.1, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 };

/** How much longer than everything else an overtaken datagram may take. */
const OVERTAKEN_FACTOR = 10;

/** Something on a LAN. */
export interface Station {
  readonly name: string;
  /** Whether datagrams to this address are for it, be it a group or its own. */
  readonly listensTo: (destination: IpAddress) => boolean;
  readonly receive: (datagram: ReceivedDatagram) => void;
}

/** One broadcast domain. */
export class Lan {
  #quality: LinkQuality = PERFECT_LINK;
  readonly #world: World;
  readonly #random: Random;
  readonly #stations: Station[] = [];
  /** Links that differ from the rest, `a>b`. */
  readonly #linkQualities = new Map<string, LinkQuality>();
  readonly #cuts = new Set<string>();
  readonly #separated = new Set<string>();
  /** When the last datagram of a link arrives: the next one comes no earlier. */
  readonly #lastArrivalAt = new Map<string, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  attach(station: Station): void {
    this.#stations.push(station);
  }

  /** Sends to every other station that listens. */
  send(from: string, datagram: ReceivedDatagram): void {
    for (const station of this.#stations) {
      if (station.name === from || !station.listensTo(datagram.destination)) continue;
      this.#carry(link(from, station.name), station, datagram);
    }
  }

  /** Whether datagrams from one station reach the other at all. */
  reaches(from: string, to: string): boolean {
    const key = link(from, to);
    return !this.#cuts.has(key) && !this.#separated.has(key);
  }

  /** Whether every datagram from one station reaches the other. */
  reachesAlways(from: string, to: string): boolean {
    return this.reaches(from, to) && this.#qualityOf(link(from, to)).loss === 0;
  }

  /** The longest that a datagram sent now can take from any station to any other, ms. */
  longestWayMs(): number {
    const qualities = [this.#quality, ...this.#linkQualities.values()];
    return Math.max(...qualities.map((quality) => {
      const wayMs = quality.delayMs + quality.jitterMs;
      return quality.reorder > 0 ? wayMs * (1 + OVERTAKEN_FACTOR) : wayMs;
    }));
  }

  /** Changes all links, or one direction of one pair. */
  setQuality(quality: LinkQuality, only?: { readonly from: string; readonly to: string }): void {
    if (only !== undefined) {
      this.#linkQualities.set(link(only.from, only.to), quality);
      return;
    }
    this.#quality = quality;
    this.#linkQualities.clear();
  }

  /** Cuts one direction. */
  cut(from: string, to: string): void {
    this.#cuts.add(link(from, to));
  }

  restore(from: string, to: string): void {
    this.#cuts.delete(link(from, to));
  }

  /** Nothing passes between the groups; a station in none of them is alone. */
  partition(groups: readonly (readonly string[])[]): void {
    this.#separated.clear();
    const groupOf = (name: string): readonly string[] | undefined => groups.find((group) => group.includes(name));
    for (const { name: from } of this.#stations) {
      for (const { name: to } of this.#stations) {
        if (groupOf(from) === undefined || groupOf(from) !== groupOf(to)) this.#separated.add(link(from, to));
      }
    }
  }

  /** Ends the partition; one-way cuts stay. */
  heal(): void {
    this.#separated.clear();
  }

  #carry(key: string, station: Station, datagram: ReceivedDatagram): void {
    if (this.#cuts.has(key) || this.#separated.has(key)) return;
    const quality = this.#qualityOf(key);
    if (this.#random.chance(quality.loss)) return;
    this.#deliver(key, quality, station, datagram);
    if (this.#random.chance(quality.duplicate)) this.#deliver(key, quality, station, datagram);
  }

  #deliver(key: string, quality: LinkQuality, station: Station, datagram: ReceivedDatagram): void {
    const { now } = this.#world;
    const jitterMs = quality.jitterMs === 0 ? 0 : quality.jitterMs * this.#random.nextFraction();
    let at = now + quality.delayMs + jitterMs;
    if (this.#random.chance(quality.reorder)) {
      at += this.#random.nextFraction() * OVERTAKEN_FACTOR * (quality.delayMs + quality.jitterMs);
    } else {
      at = Math.max(at, this.#lastArrivalAt.get(key) ?? 0);
      this.#lastArrivalAt.set(key, at);
    }
    this.#world.plan(at, () => {
      station.receive(datagram);
    });
  }

  #qualityOf(key: string): LinkQuality {
    return this.#linkQualities.get(key) ?? this.#quality;
  }
}

function link(from: string, to: string): string {
  return `${from}>${to}`;
}

// All LANs of a scenario. Knows their numbers and what is attached to them; what a LAN does to datagrams is in lan.ts.

import { Lan } from './lan.js';
import { Random } from './random.js';
import type { Action } from './scenario.js';
import type { World } from './world.js';

/** How far the seeds of two LANs are apart. */
const SEED_STRIDE = 7919;

/** What happens to LANs. */
type NetworkAction = Extract<Action, { kind: 'cut' | 'restore' | 'partition' | 'heal' | 'lan' }>;

/** The LANs, by their numbers. */
export class Network {
  readonly #lans: ReadonlyMap<number, Lan>;

  constructor(world: World, seed: number, numbers: readonly number[]) {
    this.#lans = new Map(numbers.map((number) =>
      [number, new Lan(world, Random.fromSeed(seed + SEED_STRIDE * (number - 1)))]));
  }

  /** @throws {RangeError} when there is none of this number */
  lan(number: number): Lan {
    const lan = this.#lans.get(number);
    if (lan === undefined) throw new RangeError(`there is no LAN ${String(number)}`);
    return lan;
  }

  /** The longest that a datagram sent now can take, ms. */
  longestWayMs(): number {
    return Math.max(...[...this.#lans.values()].map((lan) => lan.longestWayMs()));
  }

  /** Performs a step, on all LANs or on the one that it names. */
  perform(action: NetworkAction): void {
    for (const [number, lan] of this.#lans) {
      if (action.lan === undefined || action.lan === number) change(lan, action);
    }
  }
}

function change(lan: Lan, action: NetworkAction): void {
  switch (action.kind) {
    case 'cut': lan.cut(action.from, action.to); break;
    case 'restore': lan.restore(action.from, action.to); break;
    case 'partition': lan.partition(action.groups); break;
    case 'heal': lan.heal(); break;
    case 'lan': lan.setQuality(action.quality, action.only); break;
  }
}

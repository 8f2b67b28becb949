// Two daemons as one pair, put through what happens to a pair: each step does one thing to it and holds its outcome
// against the protocol. What each sends is captured where its cable enters the switch, so that a virtual MAC that both
// use does not hide who spoke; the client asks who answers.

import { expect } from '@jest/globals';
import { insideNamespace, runToEnd, waitFor, type LabNode } from '@baton/lab';
import type { Bed } from '../support/bed.js';
import type { Capture } from '../support/capture.js';
import type { SeenAdvert } from '../support/frames.js';
import { START_DEADLINE_MS } from '../support/journal.js';
import {
  addressesOf,
  answeringMac,
  ASKED,
  familiesOf,
  HIGHER_PRIORITY,
  INTERVAL_MS,
  LOWER_PRIORITY,
  masterDownIntervalMs,
  quirkMs,
  skewTimeMs,
  type Cell,
  type Daemon,
  type Match,
} from './cells.js';

/** What several pairs on two busy cores may add to a time of the protocol, ms. */
const NOISE_MS = 250;
/** A capture's clock and a daemon's are read at different moments of one send, ms. */
const STAMP_MS = 3;
/** Adverts of a master that prove that a backup accepts it: its patience would be over before the last one. */
const ACCEPTED_ADVERTS = 5;
/** Adverts of a master that has nobody to accept it. */
const ALONE_ADVERTS = 2;
const ASK_DEADLINE_MS = 5_000;
/** The scheduling that Baton's engine gives itself: other work on the machine must not make its partner look late. */
const REALTIME = ['chrt', '--rr', '10'];
/** How each daemon tells that it is backup. */
export const IS_BACKUP = /to=backup|Entering BACKUP STATE|Initialize -> Backup/u;

/** One of the two. */
export interface Contestant {
  readonly daemon: Daemon;
  readonly priority: number;
  readonly node: LabNode;
  /** What it sends. */
  readonly sent: Capture;
}

/** The pair and what is known about it. */
export class Contest {
  readonly higher: Contestant;
  readonly lower: Contestant;
  readonly #cell: Cell;
  readonly #bed: Bed;
  readonly #families: readonly (4 | 6)[];

  private constructor(bed: Bed, cell: Cell, higher: Contestant, lower: Contestant) {
    this.#bed = bed;
    this.#cell = cell;
    this.higher = higher;
    this.lower = lower;
    this.#families = familiesOf(cell);
  }

  /** Prepares a match on the nodes `a` (higher) and `b`; nothing is started but the captures. */
  static async prepare(bed: Bed, { cell, higher, lower }: Omit<Match, 'title'>): Promise<Contest> {
    const contestant = async (name: string, daemon: Daemon, priority: number): Promise<Contestant> => {
      const sent = await bed.captureFrom(name);
      return { daemon, priority, node: makeNode(bed, name, cell, daemon, priority), sent };
    };
    const first = await contestant('a', higher, HIGHER_PRIORITY);
    const second = await contestant('b', lower, LOWER_PRIORITY);
    return new Contest(bed, cell, first, second);
  }

  /** The one that runs Baton, if any does. */
  get baton(): Contestant | undefined {
    return [this.higher, this.lower].find(({ daemon }) => daemon === 'baton');
  }

  /** Both start, and the higher priority is master, whoever was first. */
  async startBoth(): Promise<void> {
    await Promise.all([this.higher.node.start(), this.lower.node.start()]);
    const deadlineMs = START_DEADLINE_MS + masterDownIntervalMs(this.#cell, LOWER_PRIORITY);
    await Promise.all([isBackup(this.higher), isBackup(this.lower)]);
    await this.#nextAdverts(this.higher, 0, deadlineMs);
    await this.#settled(this.higher, Date.now());
    await this.#answers(this.higher);
  }

  /** The backup dies and returns, and the master does not care. */
  async loseBackup(): Promise<void> {
    const fromMs = Date.now();
    await this.lower.node.kill();
    await this.#startAsBackup(this.lower);
    await this.#settled(this.higher, Date.now());
    await this.#settleCaptures();
    expect(this.lower.sent.adverts().filter(({ atMs }) => atMs > fromMs)).toEqual([]);
  }

  /** The master is told to stop: it resigns, and the other one is master a skew time later. */
  async stopMaster(master: Contestant): Promise<void> {
    const successor = this.#other(master);
    const fromMs = Date.now();
    await master.node.stop();
    for (const family of this.#families) {
      const isResignation = (advert: SeenAdvert): boolean =>
        advert.family === family && advert.priority === 0 && advert.atMs > fromMs - STAMP_MS;
      const { atMs } = await master.sent.waitForAdvert('priority 0', 2_000, isResignation);
      const skewMs = skewTimeMs(this.#cell, successor.priority);
      await this.#expectTakeover(successor, family, atMs, skewMs);
    }
    await this.#settled(successor, fromMs, ALONE_ADVERTS);
    await this.#answers(successor);
    // Its macvlan keeps the addresses, whatever FRR's state is.
    if (master.daemon === 'frr') return;
    for (const family of this.#families) {
      expect(await this.#bed.lan.holders(ASKED[family])).not.toContain(master.node.host.name);
    }
  }

  /** The master is killed: the other one is master when its patience is over. */
  async killMaster(master: Contestant): Promise<void> {
    const successor = this.#other(master);
    await master.node.kill();
    const fromMs = Date.now();
    await this.#nextAdverts(successor, fromMs, 2 * masterDownIntervalMs(this.#cell, successor.priority) + 1_000);
    for (const family of this.#families) {
      const last = master.sent.adverts().findLast((advert) => advert.family === family);
      const patienceMs = masterDownIntervalMs(this.#cell, successor.priority);
      await this.#expectTakeover(successor, family, last?.atMs ?? 0, patienceMs);
    }
    await this.#settled(successor, fromMs, ALONE_ADVERTS);
  }

  /** The one that is not running starts and stays backup: it may not preempt, or has nothing to preempt with. */
  async returnAsBackup(returning: Contestant, options: { readonly preempt: boolean }): Promise<void> {
    const fromMs = Date.now();
    returning.node.configure(options);
    await this.#startAsBackup(returning);
    await this.#settled(this.#other(returning), Date.now());
    await this.#settleCaptures();
    expect(returning.sent.adverts().filter(({ atMs }) => atMs > fromMs)).toEqual([]);
    await this.#answers(this.#other(returning));
  }

  /** The higher one starts and takes the mastership back. */
  async returnAsMaster(): Promise<void> {
    const fromMs = Date.now();
    this.higher.node.configure({ preempt: true });
    await this.#startAsBackup(this.higher);
    await this.#nextAdverts(this.higher, fromMs, 2 * masterDownIntervalMs(this.#cell, HIGHER_PRIORITY) + 1_000);
    await this.#settled(this.higher, fromMs);
    await this.#answers(this.higher);
  }

  #other(contestant: Contestant): Contestant {
    return contestant === this.higher ? this.lower : this.higher;
  }

  async #startAsBackup(contestant: Contestant): Promise<void> {
    await contestant.node.start();
    await isBackup(contestant);
  }

  /** Its first advert of each family after a moment. */
  async #nextAdverts({ node, sent }: Contestant, sinceMs: number, deadlineMs: number): Promise<readonly SeenAdvert[]> {
    const wanted = this.#families.map((family) =>
      sent.waitForAdvert(
        `an IPv${String(family)} advert of ${node.host.name}`,
        deadlineMs,
        (advert) => advert.family === family && advert.priority > 0 && advert.atMs > sinceMs,
      ),
    );
    return Promise.all(wanted);
  }

  /** Expects the first advert of a family within the time that the protocol gives, counted from one of the other's. */
  async #expectTakeover(successor: Contestant, family: 4 | 6, sinceMs: number, waitMs: number): Promise<void> {
    const quirk = quirkMs(successor.daemon, family, this.#cell);
    const adverts = await this.#nextAdverts(successor, sinceMs, waitMs + quirk.late + 2_000);
    const takeoverAtMs = adverts.find((advert) => advert.family === family)?.atMs ?? Infinity;
    expect(takeoverAtMs - sinceMs).toBeGreaterThan(waitMs - quirk.early - STAMP_MS);
    expect(takeoverAtMs - sinceMs).toBeLessThan(waitMs + quirk.late + NOISE_MS);
    if (successor.daemon === 'baton') await this.#expectAnnouncements(successor, family, sinceMs, takeoverAtMs);
  }

  /** Expects every address of a family to be announced behind the first advert, not before it [G01] [H01]. */
  async #expectAnnouncements(owner: Contestant, family: 4 | 6, sinceMs: number, takeoverAtMs: number): Promise<void> {
    for (const address of addressesOf(this.#cell, family)) {
      const announced = (): readonly number[] =>
        announcementsAtMs(owner.sent, address).filter((atMs) => atMs > sinceMs);
      const [first = Infinity] = await waitFor(`${address} to be announced`, 2_000, () => {
        const found = announced();
        return found.length > 0 && found;
      });
      expect(first).toBeGreaterThanOrEqual(takeoverAtMs);
      expect(first - takeoverAtMs).toBeLessThan(NOISE_MS);
    }
  }

  /** Waits for some adverts of a master in a row, in each family, of which the other one does not interrupt any. */
  async #settled(master: Contestant, sinceMs: number, count = ACCEPTED_ADVERTS): Promise<void> {
    const other = this.#other(master);
    const enough = (family: 4 | 6): boolean => {
      const ofFamily = (advert: SeenAdvert): boolean => advert.family === family && advert.priority > 0;
      const interruptedMs = other.sent.adverts().findLast(ofFamily)?.atMs ?? 0;
      const fromMs = Math.max(sinceMs, interruptedMs);
      return master.sent.adverts().filter((advert) => ofFamily(advert) && advert.atMs > fromMs).length >= count;
    };
    const intervalMs = this.#cell.router.advertIntervalMs ?? INTERVAL_MS;
    const deadlineMs = 3 * count * intervalMs + 5_000;
    await waitFor(`${master.node.host.name} alone to advertise`, deadlineMs, () => this.#families.every(enough));
  }

  /** Expects that the client, which has forgotten everything, finds this one and nobody else behind each address. */
  async #answers(owner: Contestant): Promise<void> {
    for (const family of this.#families) {
      const address = ASKED[family];
      const mac = answeringMac(owner.daemon, owner.node.host, family, this.#cell);
      const fromMs = Date.now() - STAMP_MS;
      await this.#ask(address, family);
      await this.#settleCaptures();
      const named = this.#claimants(owner, address, fromMs);
      // keepalived's macvlan of the other family answers as well.
      expect(owner.daemon === 'keepalived' ? named.filter((one) => one === mac) : named).toEqual([mac]);
      expect(this.#claimants(this.#other(owner), address, fromMs)).toEqual([]);
    }
  }

  /** Nothing that either of the two has sent by now is missing after this. */
  async #settleCaptures(): Promise<void> {
    await Promise.all([this.higher, this.lower].map(({ sent }) => sent.settle()));
  }

  /** The MACs that one of the two named when the client asked for an address. */
  #claimants({ sent }: Contestant, address: string, sinceMs: number): readonly string[] {
    const { client } = this.#bed.lan;
    const replies = sent
      .arpClaims(address)
      .filter(({ operation, target, atMs }) => operation === 2 && target === client.address && atMs > sinceMs)
      .map(({ senderMac }) => senderMac);
    const advertisements = sent
      .neighbourClaims(address)
      .filter(({ isSolicited, atMs }) => isSolicited && atMs > sinceMs)
      .map(({ targetMac = 'none' }) => targetMac);
    return [...new Set([...replies, ...advertisements])];
  }

  async #ask(address: string, family: 4 | 6): Promise<void> {
    const { client } = this.#bed.lan;
    await waitFor(`${address} to answer the client`, ASK_DEADLINE_MS, async () => {
      await runToEnd(['ip', '-n', client.namespace, 'neighbour', 'flush', 'to', address, 'dev', client.interface]);
      const ping = ['ping', `-${String(family)}`, '-n', '-c', '2', '-i', '0.2', '-W', '1', address];
      return (await runToEnd(insideNamespace(client.namespace, ping))).code === 0;
    });
  }
}

function makeNode(bed: Bed, name: string, cell: Cell, daemon: Daemon, priority: number): LabNode {
  const options = { advertIntervalMs: INTERVAL_MS, ...cell.router, ...cell.differences?.[daemon], priority };
  switch (daemon) {
    case 'baton':
      return bed.baton(name, { ...options, router: cell.batonKeys ?? {} });
    case 'keepalived':
      return bed.keepalived(name, { ...options, launcher: REALTIME });
    case 'frr':
      return bed.frr(name, { ...options, launcher: REALTIME });
  }
}

/** When an address was announced to everybody, by gratuitous ARP or an unsolicited neighbour advertisement. */
function announcementsAtMs(sent: Capture, address: string): readonly number[] {
  const gratuitous = sent.arpClaims(address).filter(({ target }) => target === address);
  const unsolicited = sent.neighbourClaims(address).filter(({ isSolicited }) => !isSolicited);
  return [...gratuitous, ...unsolicited].map(({ atMs }) => atMs);
}

async function isBackup({ node }: Contestant): Promise<void> {
  await waitFor(`${node.host.name} to be backup`, START_DEADLINE_MS, () => IS_BACKUP.test(node.log));
}

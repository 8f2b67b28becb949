// A host that listens to the LAN: when was which advertisement or announcement on the wire, and who claims to hold an
// address.

import { fileURLToPath } from 'node:url';
import { BatonError, type Instant, type IpAddress } from '@baton/base';

import type { LabErrorCode } from './errors.js';
import type { Lan } from './namespaces.js';
import { LabProcess } from './processes.js';
import type { AdvertisementSighting, ArpSighting, Sighting } from './sightings.js';
import { letPass, monotonicMs, waitFor } from './waiting.js';

/** What the lab asks of the observer: an ARP request. */
export interface ObserverRequest {
  readonly id: number;
  readonly whoHas: IpAddress;
}

/** What the observer says. */
export type ObserverAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'seen'; readonly sighting: Sighting }
  | { readonly type: 'asked'; readonly id: number; readonly ok: boolean };

const START_DEADLINE_MS = 5_000;
/** How long answers to an ARP request are collected: a kernel on the same machine needs well under one millisecond. */
const ANSWERS_MS = 200;
/** Sightings kept; older ones are dropped. */
const MAX_SIGHTINGS = 100_000;

/** A running observer. */
export class Observer {
  /** Everything seen so far, in order. */
  readonly sightings: Sighting[] = [];
  readonly #lan: Lan;
  readonly #process: LabProcess;
  readonly #asked = new Map<number, boolean>();
  #ready = false;

  private constructor(lan: Lan) {
    const program = fileURLToPath(new URL('../dist/observer-process.js', import.meta.url));
    const { namespace, mac, address } = lan.observer;
    this.#lan = lan;
    const command = [process.execPath, program, lan.observer.interface, mac, address];
    this.#process = new LabProcess(namespace, command, { channel: true });
    this.#process.onMessage((message) => { this.#hear(message as ObserverAnswer); });
  }

  /** Begins to listen on the LAN's observer host. */
  static async start(lan: Lan): Promise<Observer> {
    const observer = new Observer(lan);
    await waitFor('the observer to listen', START_DEADLINE_MS, () => observer.#ready);
    return observer;
  }

  /** The first advertisement of a node after a moment, waited for. */
  async advertisement(
    node: string, after: Instant, deadlineMs: number, matches: (seen: AdvertisementSighting) => boolean = () => true,
  ): Promise<AdvertisementSighting> {
    const source = this.#lan.host(node).address;
    return waitFor(`an advertisement of ${node}`, deadlineMs, () => this.advertisements(after)
      .find((seen) => seen.source === source && matches(seen)));
  }

  /** Advertisements seen after a moment. */
  advertisements(after: Instant): readonly AdvertisementSighting[] {
    return this.sightings.filter((seen) => seen.kind === 'advertisement').filter((seen) => seen.at >= after);
  }

  /** Announcements (gratuitous ARP, asked or answered) of an address seen after a moment. */
  announcements(address: IpAddress, after: Instant): readonly ArpSighting[] {
    return this.sightings.filter((seen) => seen.kind === 'arp')
      .filter((seen) => seen.at >= after && seen.gratuitous && seen.sender === address);
  }

  /** Asks the LAN who has an address.
   *  @returns the names of the nodes that answered, in host order; a stranger is shown by its MAC */
  async whoHas(address: IpAddress): Promise<readonly string[]> {
    const from = monotonicMs();
    const id = this.#asked.size + 1;
    this.#process.send({ id, whoHas: address } satisfies ObserverRequest);
    await waitFor('the ARP request to leave', START_DEADLINE_MS, () => this.#asked.has(id));
    if (this.#asked.get(id) !== true) {
      throw new BatonError<LabErrorCode>('ERR_LAB_COMMAND_FAILED', 'the observer could not send an ARP request');
    }
    await letPass(ANSWERS_MS);
    const macs = new Set(this.sightings.filter((seen) => seen.kind === 'arp')
      .filter((seen) => seen.at >= from && seen.operation === 'reply' && seen.sender === address && !seen.gratuitous)
      .map((seen) => seen.senderMac));
    const known = this.#lan.nodes.filter((node) => macs.delete(node.mac)).map((node) => node.name);
    return [...known, ...macs];
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  #hear(message: ObserverAnswer): void {
    switch (message.type) {
      case 'ready': this.#ready = true; break;
      case 'asked': this.#asked.set(message.id, message.ok); break;
      case 'seen':
        this.sightings.push(message.sighting);
        if (this.sightings.length > MAX_SIGHTINGS) this.sightings.shift();
        break;
    }
  }
}

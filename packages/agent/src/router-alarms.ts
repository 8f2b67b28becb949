// Decides which alarms follow from the state of the routers, from what the observer saw and from what holds a sync
// group back: an interface that is missing, a member that may not become master, and somebody else who answers for an
// address while this node is its master. A claim heard as backup is the master's own.

import type { IpAddress } from '@baton/base';
import type { Configuration, RouterSettings } from '@baton/config';
import type { FaultReason, StateName } from '@baton/vrrp';
import type { AlarmRegistry } from './alarms.js';
import type { Notice } from './events.js';
import { FaultAlarms } from './fault-alarms.js';

/** A foreign claim counts as over when none was reported for this time, ms; the engine reports one a minute. */
export const CLAIM_MEMORY_MS = 150_000;

/** What the agent knows of its routers that can be an alarm. */
export class RouterAlarms {
  readonly #alarms: AlarmRegistry;
  readonly #faults: FaultAlarms;
  readonly #mastered = new Map<string, ReadonlySet<IpAddress>>();
  /** By address; as many as there are virtual addresses at most. */
  readonly #claims = new Map<IpAddress, NodeJS.Timeout>();

  /** @param interfaces those that this host has now */
  constructor(alarms: AlarmRegistry, interfaces: () => readonly string[]) {
    this.#alarms = alarms;
    this.#faults = new FaultAlarms(alarms, interfaces);
  }

  /** A router entered a state, or is found in it. `settings` is undefined for one that is not configured any more. */
  noteState(
    router: string, state: StateName, faults: readonly FaultReason[], settings: RouterSettings | undefined,
  ): void {
    this.#faults.noteFaults(router, faults, settings);
    if (state === 'master' && settings !== undefined) {
      const addresses = settings.families.flatMap((family) => family.addresses);
      this.#mastered.set(router, new Set(addresses.map(({ address }) => address)));
      return;
    }
    for (const address of this.#mastered.get(router) ?? []) this.#forgetClaim(address);
    this.#mastered.delete(router);
  }

  /** The routers are configured by this file now. */
  noteFile(file: Pick<Configuration, 'file' | 'places'>): void {
    this.#faults.noteFile(file);
  }

  /** A router is not configured any more. */
  forgetRouter(router: string): void {
    this.#alarms.clear('sync-group-split', router);
    this.noteState(router, 'initialize', [], undefined);
  }

  /** What the observer saw, and what a sync group is held back by, are among the notices; the others are nothing to
   *  this file. */
  noteNotice({ event, fields }: Notice): void {
    const { address, mac, router } = fields;
    if (event === 'address-install-failed' && typeof router === 'string') {
      const { interface: carrier, errno } = fields;
      this.#faults.noteRefusal(router, `${String(address)} on ${String(carrier)}: ${String(errno)}`);
    }
    if (event === 'sync-group-split') this.#noteSplit(fields);
    if (event !== 'foreign-claim-seen' || typeof address !== 'string') return;
    if (![...this.#mastered.values()].some((addresses) => addresses.has(address))) return;
    clearTimeout(this.#claims.get(address));
    this.#claims.set(address, setTimeout(() => { this.#forgetClaim(address); }, CLAIM_MEMORY_MS).unref());
    this.#alarms.raise('duplicate-address', `${String(mac)} answers for it while this node is master`, address);
  }

  /** Stops waiting. */
  close(): void {
    for (const timer of this.#claims.values()) clearTimeout(timer);
  }

  #noteSplit({ router, active, following }: Notice['fields']): void {
    if (typeof router !== 'string') return;
    const others = String(following).split(' ').join(', ');
    const detail = `hears no master and may not become one, because another hears its own: ${others}`;
    if (active === true) this.#alarms.raise('sync-group-split', detail, router);
    else this.#alarms.clear('sync-group-split', router);
  }

  #forgetClaim(address: IpAddress): void {
    clearTimeout(this.#claims.get(address));
    this.#claims.delete(address);
    this.#alarms.clear('duplicate-address', address);
  }
}

// Decides which alarms explain the faults of routers that a token alone does not explain: what is missing on which
// interface, and where the file says so. A link that is down explains itself.

import { formatPlace, type Configuration, type RouterSettings } from '@baton/config';
import type { FaultReason } from '@baton/vrrp';
import type { AlarmName, AlarmRegistry } from './alarms.js';

const EXPLAINED = [
  'interface-missing', 'socket-unavailable', 'source-address-missing', 'no-primary-address', 'address-install-failed',
] as const satisfies readonly (AlarmName & FaultReason)[];

/** What is known of a router that is or was in fault. */
interface FaultyRouter {
  readonly faults: readonly FaultReason[];
  readonly settings: RouterSettings | undefined;
}

/** The faults of the routers of one node, as alarms. */
export class FaultAlarms {
  readonly #alarms: AlarmRegistry;
  readonly #interfaces: () => readonly string[];
  readonly #routers = new Map<string, FaultyRouter>();
  /** What the kernel refused last, by router. */
  readonly #refusals = new Map<string, string>();
  #file: Pick<Configuration, 'file' | 'places'> | undefined;

  /** @param interfaces those that this host has now */
  constructor(alarms: AlarmRegistry, interfaces: () => readonly string[]) {
    this.#alarms = alarms;
    this.#interfaces = interfaces;
  }

  /** The faults of a router are these now; `settings` is undefined for one that is not configured any more. */
  noteFaults(router: string, faults: readonly FaultReason[], settings: RouterSettings | undefined): void {
    if (settings === undefined) this.#routers.delete(router);
    else this.#routers.set(router, { faults, settings });
    if (!faults.includes('address-install-failed')) this.#refusals.delete(router);
    // What a missing interface brings along needs no words of its own.
    const told: readonly FaultReason[] = faults.includes('interface-missing') ? ['interface-missing'] : faults;
    for (const reason of EXPLAINED) {
      if (told.includes(reason)) this.#alarms.raise(reason, this.#explain(reason, router, settings), router);
      else this.#alarms.clear(reason, router);
    }
  }

  /** The kernel refused an address of a router. */
  noteRefusal(router: string, refused: string): void {
    this.#refusals.set(router, refused);
    const known = this.#routers.get(router);
    if (known?.faults.includes('address-install-failed') === true) {
      this.noteFaults(router, known.faults, known.settings);
    }
  }

  /** The routers are configured by this file now. */
  noteFile(file: Pick<Configuration, 'file' | 'places'>): void {
    this.#file = file;
    for (const [router, { faults, settings }] of this.#routers) this.noteFaults(router, faults, settings);
  }

  #explain(reason: (typeof EXPLAINED)[number], router: string, settings: RouterSettings | undefined): string {
    const carrier = settings?.families[0].interface ?? 'its interface';
    switch (reason) {
      case 'interface-missing': {
        const place = this.#file === undefined ? ''
          : ` (${formatPlace(this.#file, `virtual_routers.${router}.interface`)})`;
        return `${carrier} does not exist${place}; waiting for it; this host has ${this.#interfaces().join(', ')}`;
      }
      case 'socket-unavailable':
        return `no socket could be opened on ${carrier}; tried again each second`;
      case 'source-address-missing':
        return `source_address ${Object.values(settings?.sourceAddresses ?? {}).join(' or ')} is not on ${carrier}`;
      case 'no-primary-address':
        return `${carrier} has no address to send from besides the virtual ones; give it one of its own`;
      case 'address-install-failed':
        return this.#refusals.get(router) ?? `the kernel refused an address of it on ${carrier}`;
    }
  }
}

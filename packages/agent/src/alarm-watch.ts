// Everything that can be an alarm of this node in one place: what the agent finds itself, what the states of the
// routers mean, what the engine tells, and, while it has told something odd, what its counters say. Decides when the
// counters are looked at; what is an alarm is decided by advert-alarms.ts and router-alarms.ts.

import type { Clock } from '@baton/base';
import type { Configuration, RouterSettings } from '@baton/config';
import type { FaultReason, StateName } from '@baton/vrrp';
import { AdvertAlarms } from './advert-alarms.js';
import { AlarmRegistry, type Alarm, type AlarmListener, type AlarmName } from './alarms.js';
import type { Snapshot } from './engine-channel.js';
import type { Notice } from './events.js';
import { listInterfaces } from './interfaces.js';
import { RouterAlarms } from './router-alarms.js';

/** What the watch needs. */
export interface AlarmWatchOptions {
  readonly clock: Clock;
  readonly wallClockMs: () => number;
  /** What the engine has counted; may reject. */
  readonly snapshot: () => Promise<Snapshot>;
  readonly listener: AlarmListener;
}

/** After a notice, ms: soon enough for an operator, and never more often than a stranger's packets are told. */
export const FIRST_LOOK_MS = 2000;
/** Between two later looks, ms. */
export const LOOK_INTERVAL_MS = 10_000;

/** The alarms of one node. */
export class AlarmWatch {
  readonly #options: AlarmWatchOptions;
  readonly #registry: AlarmRegistry;
  readonly #routers: RouterAlarms;
  readonly #adverts: AdvertAlarms;
  #look: { readonly timer: NodeJS.Timeout; readonly soon: boolean } | undefined;
  #configured: readonly string[] = [];
  #isClosed = false;

  constructor(options: AlarmWatchOptions) {
    this.#options = options;
    this.#registry = new AlarmRegistry(options.wallClockMs, options.listener);
    this.#routers = new RouterAlarms(this.#registry, listInterfaces);
    this.#adverts = new AdvertAlarms(this.#registry);
  }

  /** The alarms that are up, in the order in which they were raised. */
  list(): readonly Alarm[] {
    return this.#registry.list();
  }

  /** Raises an alarm about this node itself or a peer, or clears it with undefined. */
  set(name: AlarmName, detail: string | undefined, subject = ''): void {
    if (detail === undefined) this.#registry.clear(name, subject);
    else this.#registry.raise(name, detail, subject);
  }

  /** A router entered a state, or is found in it; `settings` is undefined for one that is not configured any more. */
  noteState(
    router: string, state: StateName, faults: readonly FaultReason[], settings: RouterSettings | undefined,
  ): void {
    this.#routers.noteState(router, state, faults, settings);
  }

  /** These routers are configured now: what was wrong with others is over. */
  noteConfigured(routers: readonly string[], file: Pick<Configuration, 'file' | 'places'>): void {
    for (const router of this.#configured) {
      if (routers.includes(router)) continue;
      this.#routers.forgetRouter(router);
      this.#adverts.forgetRouter(router);
    }
    this.#configured = routers;
    this.#routers.noteFile(file);
  }

  noteNotice(notice: Notice): void {
    this.#routers.noteNotice(notice);
    if (this.#adverts.noteNotice(notice, this.#options.clock.now())) this.#lookLater('soon');
  }

  /** Takes what the engine has counted, whoever asked for it. */
  takeSnapshot(snapshot: Snapshot): void {
    this.#adverts.takeSnapshot(snapshot, this.#options.clock.now(), this.#options.wallClockMs());
  }

  /** Stops looking. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#look?.timer);
    this.#routers.close();
  }

  #lookLater(when: 'soon' | 'later'): void {
    if (this.#isClosed || this.#look?.soon === true) return;
    clearTimeout(this.#look?.timer);
    const timer = setTimeout(() => { void this.#lookNow(); }, when === 'soon' ? FIRST_LOOK_MS : LOOK_INTERVAL_MS);
    this.#look = { timer: timer.unref(), soon: when === 'soon' };
  }

  async #lookNow(): Promise<void> {
    this.#look = undefined;
    try {
      this.takeSnapshot(await this.#options.snapshot());
    } catch {
      // The engine is silent: what it counted is seen at the next look, and that it is silent is not for this file.
    }
    if (this.#adverts.isWatching()) this.#lookLater('later');
  }
}

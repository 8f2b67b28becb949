// Remembers the newest advertisement of every other router of one VRID, for status and evidence. Decides nothing.

import type { Instant, IpAddress } from '@baton/base';
import type { Advertisement, Moment } from '@baton/vrrp';
import type { HeardRouter } from './messages.js';

/** How many senders are remembered for one virtual router; the one silent for longest is forgotten first. */
export const MAX_HEARD_ROUTERS = 16;

/** The other routers that advertise one VRID. */
export class HeardRouters {
  readonly #bySource = new Map<IpAddress, HeardRouter>();
  #newestAt: Instant = -Infinity;

  /** Takes note of a valid advertisement. */
  note(
    source: IpAddress,
    advertisement: Advertisement,
    checksumForm: HeardRouter['checksumForm'],
    { now, wallClockMs }: Moment,
  ): void {
    this.#newestAt = now;
    this.#bySource.delete(source);
    this.#bySource.set(source, {
      address: source,
      priority: advertisement.priority,
      advertIntervalMs: advertisement.advertIntervalMs,
      checksumForm,
      lastHeardMs: wallClockMs,
    });
    const oldest = this.#bySource.keys().next();
    if (this.#bySource.size > MAX_HEARD_ROUTERS && oldest.done !== true) this.#bySource.delete(oldest.value);
  }

  /** The newest advertisement of all, and when it came; undefined when there was none. */
  newest(): { readonly heard: HeardRouter; readonly at: Instant } | undefined {
    const heard = this.list().at(-1);
    return heard && { heard, at: this.#newestAt };
  }

  /** Every remembered sender, the one heard last at the end. */
  list(): readonly HeardRouter[] {
    return [...this.#bySource.values()];
  }
}

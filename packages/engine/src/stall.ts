// The stall rule: how long this process was not running, and which masters must step down for it.
//
// A process that wakes late must not act on timers before it has read what arrived meanwhile, and a master that slept
// longer than its peers are patient is no longer the master, whatever it remembers. Only rest counts: what the engine
// is late because of its own work is no sleep.

import type { Instant } from '@baton/base';
import type { VirtualRouter } from '@baton/vrrp';

/** Lateness below this is scheduling noise on a busy host, and not worth a notice, ms. */
export const STALL_NOTICE_MS = 50;

/** How long after `deadline` the process woke, of the time that it rested, ms; 0 when it is on time or nothing was
 *  planned. */
export function latenessMs(now: Instant, deadline: Instant | undefined, restingSince: Instant): number {
  return deadline === undefined ? 0 : Math.max(0, now - Math.max(deadline, restingSince));
}

/** Whether the peers of this master have given up on it. It slept from its missed deadline on, one interval after its
 *  last advertisement; a peer waits at least 3 intervals from there (RFC 9568 §6.1), so 2 intervals of lateness are
 *  the limit. */
export function hasOutsleptItsPeers(router: VirtualRouter, now: Instant, restingSince: Instant): boolean {
  const { state } = router;
  return (
    state.kind === 'master' && latenessMs(now, state.advertAt, restingSince) > 2 * router.parameters.advertIntervalMs
  );
}

/** Whether any master can have outslept its peers when the engine as a whole was that late: its deadline is no earlier
 *  than the engine's, and its interval no shorter than the shortest there is. Spares looking at each. */
export function canOutsleepPeers(engineLatenessMs: number): boolean {
  return engineLatenessMs > 2 * SHORTEST_INTERVAL_MS;
}

/** Of version 3, ms (RFC 9568 §5.2.7). */
const SHORTEST_INTERVAL_MS = 10;

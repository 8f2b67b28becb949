// The stall rule: how long this process was not running, measured against the deadline it had set itself, and which
// masters must step down for it.
//
// A process that wakes late must not act on timers before it has read what arrived meanwhile, and a master that slept
// longer than its peers are patient is no longer the master, whatever it remembers.

import type { Instant } from '@baton/base';
import type { VirtualRouter } from '@baton/vrrp';

/** Lateness below this is scheduling noise on a busy host, ms. */
export const STALL_NOTICE_MS = 50;

/** Whether the peers of this master have given up on it. The master slept from its missed deadline on, one interval
 *  after its last advertisement;  a peer waits at least 3 intervals from there (RFC 9568 §6.1), so 2 intervals of
 *  lateness are the limit. */
export function hasOutsleptItsPeers(router: VirtualRouter, lateMs: number): boolean {
  return router.state.kind === 'master' && lateMs > 2 * router.parameters.advertIntervalMs;
}

/** How late the process woke for a deadline: 0 when it is on time or nothing was armed. */
export function latenessMs(now: Instant, armedAt: Instant | undefined): number {
  return armedAt === undefined ? 0 : Math.max(0, now - armedAt);
}

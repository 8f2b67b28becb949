// Sees that somebody else took a virtual address off a master, and when it happens too often to go on putting it back.

import type { Instant } from '@baton/base';
import type { LinkState } from '@baton/net';
import type { VirtualAddress } from '@baton/vrrp';
import type { HostedRouter } from './hosted-router.js';

/** So many losses within the window are put right in place; one more is a fault of the router. */
export const MAX_LOSSES = 3;
export const LOSS_WINDOW_MS = 10_000;

/** The addresses that a master should have on this interface and has not. */
export function findLostAddresses(hosted: HostedRouter, link: LinkState): readonly VirtualAddress[] {
  const { state, parameters } = hosted.router;
  if (state.kind !== 'master' || !link.exists) return [];
  const present = new Set(link.addresses.map((entry) => entry.address));
  return parameters.addresses.filter(
    (address) => hosted.placed(address).interface === link.interface && !present.has(address.address),
  );
}

/** The recent losses of one router. */
export class LossHistory {
  #at: Instant[] = [];

  /** Takes note of one more loss.
   *  @returns whether it is one too many */
  isTooMany(now: Instant): boolean {
    this.#at = [...this.#at.filter((at) => now - at < LOSS_WINDOW_MS), now];
    if (this.#at.length <= MAX_LOSSES) return false;
    this.#at = [];
    return true;
  }
}

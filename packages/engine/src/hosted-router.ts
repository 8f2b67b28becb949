// A virtual router in its place: the pure state machine, the interface it runs on, and what is remembered about it
// for status.

import type { Instant, IpAddress } from '@baton/base';
import type { OwnedAddress } from '@baton/net';
import { OWNER_PRIORITY, VirtualRouter, type VirtualAddress } from '@baton/vrrp';
import { HeardRouters } from './heard-routers.js';
import { LossHistory } from './loss-history.js';
import type { RouterConfiguration } from './messages.js';

/** One configured virtual router of this engine. */
export class HostedRouter {
  readonly router: VirtualRouter;
  readonly heard = new HeardRouters();
  /** Wall-clock milliseconds of the last transition, or of the creation. */
  sinceMs: number;
  /** Reason of the last transition. */
  reason = 'created';
  readonly losses = new LossHistory();
  /** When the agent was last told of an overruled advertisement. */
  lowerPriorityToldAt: Instant = -Infinity;
  /** Addresses that were there before us and are the host's own: claimed by an address owner, never taken off. */
  readonly preexisting = new Set<IpAddress>();

  constructor(configuration: RouterConfiguration, nowMs: number) {
    this.router = new VirtualRouter(configuration.families[0], { epochFloor: configuration.epochFloor });
    this.sinceMs = nowMs;
  }

  get name(): string {
    return this.router.parameters.name;
  }

  /** Priority 255: the virtual addresses are the host's own (RFC 9568 §5.2.4). */
  ownsAddresses(): boolean {
    return this.router.parameters.priority === OWNER_PRIORITY;
  }

  /** The virtual addresses of this router, without their prefix lengths. */
  virtualAddresses(): readonly IpAddress[] {
    return this.router.parameters.addresses.map((entry) => entry.address);
  }

  /** A virtual address with the interface that carries it. */
  placed(address: VirtualAddress): OwnedAddress {
    const { address: ip, prefixLength, label } = address;
    const place = address.interface ?? this.router.parameters.interface;
    return label === undefined
      ? { address: ip, prefixLength, interface: place }
      : { address: ip, prefixLength, interface: place, label };
  }
}

// What status shows of one router: the state machine's own words, with the addresses read back from the kernel.

import type { HeldAddress } from '@baton/net';
import type { HostedRouter } from './hosted-router.js';
import type { RouterSnapshot } from './messages.js';
import { formatAddressPrefix } from '@baton/base';

/** Describes a router. `held` is what the kernel holds now, on all interfaces. */
export function snapshotRouter(hosted: HostedRouter, held: readonly HeldAddress[]): RouterSnapshot {
  const { router } = hosted;
  const { parameters, state } = router;
  const installed = new Set(held.map((entry) => `${entry.interface} ${entry.address}`));
  return {
    name: parameters.name,
    interface: parameters.interface,
    vrid: parameters.vrid,
    version: parameters.version,
    state: state.kind,
    faults: state.kind === 'fault' ? [...state.reasons] : [],
    priority: { configured: parameters.priority, effective: router.effectivePriority },
    advertIntervalMs: parameters.advertIntervalMs,
    sinceMs: hosted.sinceMs,
    reason: hosted.reason,
    epoch: router.epoch,
    addresses: parameters.addresses.map((address) => {
      const place = hosted.placed(address);
      return {
        address: formatAddressPrefix(place),
        interface: place.interface,
        installed: installed.has(`${place.interface} ${place.address}`),
      };
    }),
    primaryAddress: router.primaryAddress,
    master: router.master,
    heard: hosted.heard.list(),
    masterDownIntervalMs: router.masterDownIntervalMs,
    skewTimeMs: router.skewTimeMs,
    statistics: { ...router.statistics },
  };
}

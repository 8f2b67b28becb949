// What status shows of one router: the state machine's own words, with the addresses read back from the kernel.

import { formatAddressPrefix } from '@baton/base';
import type { HeldAddress } from '@baton/net';
import { heldAddresses, STATISTICS, type StatisticName } from '@baton/vrrp';
import { aggregateFaults } from './aggregate-state.js';
import type { FamilyRouter, HostedRouter } from './hosted-router.js';
import type { FamilySnapshot, RouterSnapshot } from './messages.js';

/** Describes a router. `held` is what the kernel holds now, on all interfaces. */
export function snapshotRouter(hosted: HostedRouter, held: readonly HeldAddress[]): RouterSnapshot {
  const families = hosted.families.map(snapshotFamily);
  const [{ router }] = hosted.families;
  const { parameters } = router;
  const [first] = families;
  const installed = new Set(held.map((entry) => `${entry.interface} ${entry.address}`));
  return {
    name: hosted.name,
    interface: parameters.interface,
    vrid: parameters.vrid,
    version: parameters.version,
    state: hosted.state,
    faults: aggregateFaults(hosted.families.map((family) => family.router.state)),
    priority: { configured: parameters.priority, effective: router.effectivePriority },
    held: router.held,
    advertIntervalMs: parameters.advertIntervalMs,
    sinceMs: hosted.sinceMs,
    reason: hosted.reason,
    epoch: hosted.epoch,
    addresses: hosted.families.flatMap((family) => snapshotAddresses(family, installed)),
    primaryAddress: router.primaryAddress,
    master: router.master,
    heard: families.flatMap((family) => family.heard),
    masterDownIntervalMs: router.masterDownIntervalMs,
    skewTimeMs: router.skewTimeMs,
    statistics: families.length === 1 && first !== undefined ? first.statistics : aggregateStatistics(families),
    families,
  };
}

function snapshotAddresses(family: FamilyRouter, installed: ReadonlySet<string>): RouterSnapshot['addresses'] {
  return heldAddresses(family.router.parameters).map((address) => {
    const place = family.placed(address);
    return {
      address: formatAddressPrefix(place),
      interface: place.interface,
      installed: installed.has(`${place.interface} ${place.address}`),
    };
  });
}

function snapshotFamily(hosted: FamilyRouter): FamilySnapshot {
  const { family, router, heard, virtualLink, discarded, remarked } = hosted;
  const { state } = router;
  return {
    family,
    state: state.kind,
    faults: state.kind === 'fault' ? [...state.reasons] : [],
    primaryAddress: router.primaryAddress,
    virtualLink: virtualLink === undefined ? undefined : { interface: virtualLink.name, mac: virtualLink.mac },
    master: router.master,
    heard: heard.list(),
    masterDownIntervalMs: router.masterDownIntervalMs,
    skewTimeMs: router.skewTimeMs,
    statistics: { ...router.statistics },
    discarded: discarded.list(),
    remarked: remarked.list(),
  };
}

/** What both families do together is no sum. */
const DONE_TOGETHER: ReadonlySet<StatisticName> = new Set(['became_master', 'released_master', 'claims_refused']);

function aggregateStatistics(families: readonly FamilySnapshot[]): RouterSnapshot['statistics'] {
  const counts = (name: StatisticName): number[] => families.map(({ statistics }) => statistics[name]);
  return Object.fromEntries(
    STATISTICS.map(({ name }) => [
      name,
      DONE_TOGETHER.has(name) ? Math.max(...counts(name)) : counts(name).reduce((sum, count) => sum + count, 0),
    ]),
  ) as Record<StatisticName, number>;
}

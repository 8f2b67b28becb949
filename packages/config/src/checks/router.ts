// Decides what no single key of one virtual router can show: keys that contradict each other, and values that are
// right and yet doubtful.

import { isAdvertInterval, OWNER_PRIORITY, shortestLeaseSeconds } from '@baton/vrrp';
import type { DraftRouter, NodeAddresses } from '../draft.js';
import type { Findings } from '../findings.js';
import { spellDuration } from '../schema/duration.js';
import { validateAddresses } from './addresses.js';
import { validateNodeAddresses } from './node-addresses.js';
import { validateDestinations, validateKnownRouters, validateSources } from './unicast.js';

/** Faster than this, a pause of a whole virtual machine looks like a dead master, ms. */
const FAST_INTERVAL_MS = 50;

/** What each version can advertise [RFC9568-5.2.7-1] [RFC3768-5.3.7-1]. */
const INTERVALS = {
  2: 'version 2 counts whole seconds: must be a duration 1s..255s in steps of 1s',
  3: 'must be a duration 10ms..40.95s in steps of 10ms',
} as const;

/** Reports every contradiction and doubt in one router. */
export function validateRouter(router: DraftRouter, nodes: NodeAddresses, findings: Findings): void {
  validateAddresses(router, findings);
  validateNodeAddresses(router, nodes, findings);
  validateInterval(router, findings);
  validateLease(router, findings);
  reportOwner(router, findings);
  reportIdleKeys(router, findings);
  validateVirtualMac(router, findings);
  validateSources(router, findings);
  validateDestinations(router, nodes, findings);
  validateKnownRouters(router, findings);
}

function validateInterval({ version, advert_interval: interval }: DraftRouter, findings: Findings): void {
  if (interval === undefined || version === undefined) return;
  if (!isAdvertInterval(version.value, interval.value)) {
    findings.error('out-of-range', interval.at, `${INTERVALS[version.value]}, not ${spellDuration(interval.value)}`);
  } else if (interval.value < FAST_INTERVAL_MS) {
    const message = `below ${String(FAST_INTERVAL_MS)}ms a pause of a virtual machine looks like a dead master`;
    findings.warning('fast-advert-interval', interval.at, message);
  }
}

/** The address must outlive the wait of the peers, so that a dead node leaves no gap. */
function validateLease({ version, advert_interval: interval, lease }: DraftRouter, findings: Findings): void {
  if (lease === undefined || lease.value === 'auto' || lease.value === 0) return;
  if (interval === undefined || version === undefined || !isAdvertInterval(version.value, interval.value)) return;
  const shortest = spellDuration(1000 * shortestLeaseSeconds(interval.value));
  if (lease.value >= 1000 * shortestLeaseSeconds(interval.value)) return;
  const why = 'the kernel would drop the addresses before another node can take over '
    + `(${spellDuration(interval.value)} adverts)`;
  const wanted = `must be ${shortest} or longer, auto or 0s, not ${spellDuration(lease.value)}`;
  findings.error('short-lease', lease.at, `${wanted}: ${why}`);
}

/** An address owner is master whenever it runs (RFC 9568 §6.4.1), and is never asked to wait. */
function reportOwner(router: DraftRouter, findings: Findings): void {
  const { priority, preempt, preempt_delay: preemptDelay, accept, lease } = router;
  if (priority?.value !== OWNER_PRIORITY) return;
  const yields = 'yields only to another 255 with a higher address';
  const message = `255 claims to own the addresses: master at once, ${yields}; give it to one node at most`;
  findings.warning('address-owner', priority.at, message);
  const idle = 'has no effect on an address owner (priority 255), which';
  if (typeof lease?.value === 'number' && lease.value > 0) {
    findings.warning('no-effect', lease.at, `${idle} has the addresses of its own`);
  }
  if (preempt?.value === false) findings.warning('no-effect', preempt.at, `${idle} always preempts`);
  // RFC 9568 §6.1: Accept_Mode is for a router that does not own the addresses.
  if (accept?.value === false) findings.warning('no-effect', accept.at, `${idle} always answers on its addresses`);
  if (preemptDelay !== undefined && preemptDelay.value > 0) {
    findings.warning('no-effect', preemptDelay.at, `${idle} never waits`);
  }
}

/** A virtual MAC is what the group hears; a unicast peer may be behind a router (RFC 9568 §7.3 knows no unicast). */
function validateVirtualMac({ virtual_mac: virtualMac, unicast }: DraftRouter, findings: Findings): void {
  if (virtualMac?.value !== true || unicast === undefined || unicast.value === false) return;
  findings.error('contradictory-keys', virtualMac.at, 'a virtual MAC and unicast exclude each other');
}

/** Keys that are only read by another version or another family. */
function reportIdleKeys({ version, checksum, addresses, rules }: DraftRouter, findings: Findings): void {
  const families = (addresses?.value ?? []).map(({ value }) => value.prefix.address.includes(':'));
  if (checksum !== undefined && checksum.value !== 'auto') {
    const why = version?.value === 2 ? 'version 2 has one form of checksum only'
      : addresses !== undefined && families.every(Boolean) ? 'IPv6 has one form of checksum only' : undefined;
    if (why !== undefined) findings.warning('no-effect', checksum.at, `has no effect: ${why}`);
  }
  const tolerates = rules?.value.tolerate_missing_link_local;
  if (tolerates?.value === true && addresses !== undefined && !families.includes(true)) {
    findings.warning('no-effect', tolerates.at, 'has no effect: the router has no IPv6 address');
  }
}

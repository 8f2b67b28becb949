// Performs what a virtual router asks for, in the order it asks: the only place where a decision touches the world.
// One switch, one tick, no waiting. Decides nothing of its own.

import { assertNever, isBatonError, type IpAddress } from '@baton/base';
import type { HeldAddress, OwnedAddress, SendResult } from '@baton/net';
import { RESIGN_PRIORITY, type VirtualAddress, type VirtualRouterOutput } from '@baton/vrrp';
import { sendAdvertisement } from './advertise.js';
import { renewLeases } from './lease-renewal.js';
import type { TransitionSteps } from './messages.js';
import type { PerformContext } from './perform-context.js';
import type { EnginePorts } from './ports.js';
import { claimRoutes, releaseRoutes, routesOf } from './routes.js';
import { activateVirtualLink, deactivateVirtualLink } from './virtual-mac.js';

/** What performing a list of outputs came to, and how long each step took. A failed claim voids the rest of the
 *  list. */
export interface PerformResult {
  readonly claimFailed: boolean;
  readonly steps: TransitionSteps;
}

/** Performs `outputs` in order. */
export function perform(outputs: readonly VirtualRouterOutput[], context: PerformContext): PerformResult {
  const { ports, decidedAt } = context;
  const steps: { -readonly [Step in keyof TransitionSteps]: TransitionSteps[Step] } = {};
  const sinceDecisionMs = (): number => ports.clock.now() - decidedAt;
  for (const output of outputs) {
    switch (output.kind) {
      case 'send-advertisement':
        sendAdvertisement(output.priority, context);
        if (output.priority !== RESIGN_PRIORITY) renewLeases(context);
        steps.advertisementMs ??= sinceDecisionMs();
        break;
      case 'claim-addresses':
        if (!claimAddresses(output.addresses, context)) return { claimFailed: true, steps };
        steps.addressesMs = sinceDecisionMs();
        break;
      case 'release-addresses':
        releaseAddresses(output.addresses, context);
        steps.addressesMs = sinceDecisionMs();
        break;
      case 'announce-addresses':
        announceAddresses(output.addresses, output.count, context);
        steps.announcedMs ??= sinceDecisionMs();
        break;
      case 'state-changed':
        context.family.hosted.noteChange(output.change, context.family);
        break;
      case 'lower-priority-received':
        reportLowerPriority(output.source, output.priority, context);
        break;
      case 'sync-group-split':
        reportSplit(output, context);
        break;
      default:
        assertNever(output);
    }
  }
  return { claimFailed: false, steps };
}

/** Claims the whole set, and what comes with it. The first refusal ends it; the router then releases what was
 *  claimed. */
function claimAddresses(addresses: readonly VirtualAddress[], context: PerformContext): boolean {
  const { family, ports, notices } = context;
  if (!activateVirtualLink(family, context)) return false;
  for (const address of addresses) {
    const place = family.leased(address);
    const result = ports.addressOwner.claim(place);
    if (!result.ok) {
      notices.say('error', 'address-install-failed', {
        router: family.name,
        address: place.address,
        interface: place.interface,
        errno: result.errno,
      });
      family.refusal = { address: place.address, interface: place.interface, errno: result.errno };
      return false;
    }
    // What somebody else has put there stays as it is.
    if (result.ours || !result.already) {
      family.leases.note(place.address, { seconds: place.lifetimeSeconds, since: context.decidedAt });
    }
  }
  claimRoutes(family, routesOf(family), context);
  return true;
}

/** Takes the addresses off, except those that the host owns without us; and what came with them when the router is no
 *  master any more. */
function releaseAddresses(addresses: readonly VirtualAddress[], context: PerformContext): void {
  const { family, ports, notices } = context;
  const leaves = family.router.state.kind !== 'master';
  if (leaves) releaseRoutes(family, routesOf(family), context);
  // The last one first: taking off the first of a subnet makes the kernel set up all others of it anew.
  for (const address of addresses.toReversed()) {
    const place = family.placed(address);
    family.leases.forget(place.address);
    if (family.preexisting.has(place.address)) continue;
    // A reload has moved it to a router that is master, too, and has claimed it already.
    if (!leaves && context.isHeldByAnother(place)) continue;
    const result = ports.addressOwner.release(place);
    if (result.ok && result.already) continue;
    if (result.ok) {
      releaseElsewhere(place.address, context);
      continue;
    }
    notices.say('error', 'address-release-failed', {
      router: family.name,
      address: place.address,
      interface: place.interface,
      errno: result.errno,
    });
  }
  if (leaves) deactivateVirtualLink(family, context);
}

/** An address that is not where it was put may have moved with its interface: one that is renamed keeps its
 *  addresses. */
function releaseElsewhere(address: IpAddress, { family, ports, notices }: PerformContext): void {
  for (const stray of findStrays(address, ports)) {
    const { ok } = ports.addressOwner.release(stray);
    const fields = { router: family.name, address, interface: stray.interface };
    notices.say(ok ? 'warn' : 'error', ok ? 'stray-address-removed' : 'address-release-failed', fields);
  }
}

/** A kernel that does not answer has told of none: leaving must not fail for it. */
function findStrays(address: IpAddress, { addressOwner }: EnginePorts): readonly HeldAddress[] {
  try {
    return addressOwner.list().filter((held) => held.ours && held.address === address);
  } catch (error) {
    if (isBatonError(error)) return [];
    throw error;
  }
}

/** A virtual MAC is announced by replies, past its link: a stale owner of the same MAC would answer a request and pull
 *  the switches back to itself. */
function announceAddresses(
  addresses: readonly VirtualAddress[],
  count: number,
  { family, ports, notices }: PerformContext,
): void {
  if (count === 0) return;
  const { virtualLink } = family;
  const place = (address: VirtualAddress): OwnedAddress => family.placed(address);
  const onLink = addresses.filter((address) => family.isOnVirtualLink(address)).map(place);
  const elsewhere = addresses.filter((address) => !family.isOnVirtualLink(address)).map(place);
  const results: SendResult[] = [];
  if (virtualLink !== undefined && onLink.length > 0) {
    const options = { form: 'reply', sourceMac: virtualLink.mac, via: virtualLink.parent } as const;
    results.push(ports.announcer.announce(onLink, count, options));
  }
  if (elsewhere.length > 0) results.push(ports.announcer.announce(elsewhere, count));
  for (const result of results) {
    if (result.ok) continue;
    family.router.statistics.send_errors += 1;
    notices.sayLimited('warn', 'announcement-send-failed', family.name, { router: family.name, errno: result.errno });
  }
}

/** Who would be master alone, and whom the others of its group follow: its LAN loses adverts, or the priorities of the
 *  group contradict each other. */
function reportSplit(
  { active, following }: Extract<VirtualRouterOutput, { kind: 'sync-group-split' }>,
  { family, group, notices }: PerformContext,
): void {
  notices.say(active ? 'warn' : 'info', 'sync-group-split', {
    router: family.name,
    family: family.family,
    group: group.name ?? '',
    active,
    following: following.join(' '),
  });
}

/** How often the agent hears of overruled advertisements, ms: a stranger can send as many as it likes. */
const LOWER_PRIORITY_PERIOD_MS = 1000;

function reportLowerPriority(source: IpAddress, priority: number, { family, ports, decidedAt }: PerformContext): void {
  const { hosted } = family;
  if (decidedAt - hosted.lowerPriorityToldAt < LOWER_PRIORITY_PERIOD_MS) return;
  hosted.lowerPriorityToldAt = decidedAt;
  ports.emit({ type: 'lower-priority-received', router: hosted.name, source, priority, at: ports.wallClockMs() });
}

// Performs what a virtual router asks for, in the order it asks: the only place where a decision touches the world.
// One switch, one tick, no waiting. Decides nothing of its own.

import { assertNever, isBatonError, type Instant, type IpAddress } from '@baton/base';
import type { HeldAddress, SendResult } from '@baton/net';
import {
  advertisementOf,
  encodeAdvertisement,
  sentChecksumForm,
  VRRP_GROUP_IPV4,
  type StateChange,
  type VirtualAddress,
  type VirtualRouterOutput,
} from '@baton/vrrp';
import type { HostedRouter } from './hosted-router.js';
import type { InterfaceSession } from './interface-session.js';
import type { TransitionSteps } from './messages.js';
import type { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** What performing a list of outputs came to. A failed claim voids the rest of the list. */
export type PerformResult = { readonly claimFailed: boolean };

/** Where the outputs of one router go. */
export interface PerformContext {
  readonly hosted: HostedRouter;
  readonly session: InterfaceSession;
  readonly ports: EnginePorts;
  readonly notices: Notices;
  /** The instant of the decision: steps are measured from it. */
  readonly decidedAt: Instant;
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
        steps.advertisementMs ??= sinceDecisionMs();
        break;
      case 'claim-addresses':
        if (!claimAddresses(output.addresses, context)) return { claimFailed: true };
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
        reportChange(output.change, steps, context);
        break;
      case 'lower-priority-received':
        reportLowerPriority(output.source, output.priority, context);
        break;
      case 'sync-group-split':
        context.notices.say('warn', 'sync-group-split', {
          router: context.hosted.name,
          active: output.active,
          following: output.following.join(' '),
        });
        break;
      default:
        assertNever(output);
    }
  }
  return { claimFailed: false };
}

/** A send that fails is counted and said; the next advertisement is the retry. */
function sendAdvertisement(priority: number, { hosted, session, notices }: PerformContext): void {
  const { parameters, primaryAddress, statistics } = hosted.router;
  const socket = session.sendingSocket();
  const result =
    primaryAddress === undefined || socket === undefined
      ? NOWHERE_TO_SEND
      : socket.send(
          encodeAdvertisement(advertisementOf(parameters, priority), {
            source: primaryAddress,
            destination: VRRP_GROUP_IPV4,
            checksumForm: sentChecksumForm(parameters),
          }),
          { source: primaryAddress, destination: VRRP_GROUP_IPV4 },
        );
  if (result.ok) return;
  // The core counts what it asks for.
  statistics.adverts_sent -= 1;
  statistics.send_errors += 1;
  notices.sayLimited('warn', 'advertisement-send-failed', hosted.name, {
    router: hosted.name,
    interface: session.name,
    errno: result.errno,
  });
}

const NOWHERE_TO_SEND: SendResult = { ok: false, errno: 'ENETDOWN' };

/** Claims the whole set. The first refusal ends it; the router then releases what was claimed. */
function claimAddresses(addresses: readonly VirtualAddress[], { hosted, ports, notices }: PerformContext): boolean {
  for (const address of addresses) {
    const place = hosted.placed(address);
    const result = ports.addressOwner.claim(place);
    if (!result.ok) {
      notices.say('error', 'address-install-failed', {
        router: hosted.name,
        address: place.address,
        interface: place.interface,
        errno: result.errno,
      });
      return false;
    }
  }
  return true;
}

/** Takes the addresses off, except those that the host owns without us. */
function releaseAddresses(addresses: readonly VirtualAddress[], context: PerformContext): void {
  const { hosted, ports, notices } = context;
  // The last one first: taking off the first of a subnet makes the kernel set up all others of it anew.
  for (const address of addresses.toReversed()) {
    const place = hosted.placed(address);
    if (hosted.preexisting.has(place.address)) continue;
    const result = ports.addressOwner.release(place);
    if (result.ok && result.already) continue;
    if (result.ok) {
      releaseElsewhere(place.address, context);
      continue;
    }
    notices.say('error', 'address-release-failed', {
      router: hosted.name,
      address: place.address,
      interface: place.interface,
      errno: result.errno,
    });
  }
}

/** An address that is not where it was put may have moved with its interface: one that is renamed keeps its
 *  addresses. */
function releaseElsewhere(address: IpAddress, { hosted, ports, notices }: PerformContext): void {
  for (const stray of findStrays(address, ports)) {
    const { ok } = ports.addressOwner.release(stray);
    const fields = { router: hosted.name, address, interface: stray.interface };
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

function announceAddresses(
  addresses: readonly VirtualAddress[],
  count: number,
  { hosted, ports, notices }: PerformContext,
): void {
  if (count === 0 || addresses.length === 0) return;
  const result = ports.announcer.announce(
    addresses.map((address) => hosted.placed(address)),
    count,
  );
  if (result.ok) return;
  hosted.router.statistics.send_errors += 1;
  notices.sayLimited('warn', 'announcement-send-failed', hosted.name, { router: hosted.name, errno: result.errno });
}

/** How often the agent hears of overruled advertisements, ms: a stranger can send as many as it likes. */
const LOWER_PRIORITY_PERIOD_MS = 1000;

function reportLowerPriority(source: IpAddress, priority: number, { hosted, ports, decidedAt }: PerformContext): void {
  if (decidedAt - hosted.lowerPriorityToldAt < LOWER_PRIORITY_PERIOD_MS) return;
  hosted.lowerPriorityToldAt = decidedAt;
  ports.emit({ type: 'lower-priority-received', router: hosted.name, source, priority, at: ports.wallClockMs() });
}

function reportChange(change: StateChange, steps: TransitionSteps, { hosted, ports }: PerformContext): void {
  hosted.sinceMs = ports.wallClockMs();
  hosted.reason = change.reason;
  ports.emit({ type: 'state-changed', router: hosted.name, change, steps: { ...steps }, at: hosted.sinceMs });
}

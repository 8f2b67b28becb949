// How one advertisement leaves: from whom, to whom, in which form and with which proof. Built from the present
// parameters when it is sent, never kept.

import type { IpAddress } from '@baton/base';
import type { SendResult } from '@baton/net';
import {
  advertisementOf,
  encodeAdvertisement,
  sentChecksumForm,
  VRRP_GROUP_IPV4,
  VRRP_GROUP_IPV6,
  type VirtualRouterParameters,
} from '@baton/vrrp';
import type { PerformContext } from './perform-context.js';

/** Sends one advertisement to the group, or a copy of it to each unicast peer. A send that fails is counted and said;
 *  the next advertisement is the retry.
 *  @param priority the effective one, or 0 to resign */
export function sendAdvertisement(priority: number, context: PerformContext): void {
  const { family, session, notices } = context;
  const { parameters, statistics } = family.router;
  const results = sendCopies(priority, context);
  const failed = results.filter((result) => !result.ok);
  if (failed.length === 0) return;
  statistics.send_errors += failed.length;
  // The core counts what it asks for: one advertisement, however many copies there are.
  if (failed.length === results.length) {
    statistics.adverts_sent -= 1;
    if (priority === 0) statistics.priority_zero_sent -= 1;
  }
  // That the link is down is said already.
  if (!session.isUp()) return;
  notices.sayLimited('warn', 'advertisement-send-failed', `${family.name} ${String(family.family)}`, {
    router: family.name,
    interface: session.name,
    family: parameters.family,
    errno: failed[0]?.errno ?? '',
  });
}

function sendCopies(priority: number, { family, session, ports }: PerformContext): readonly SendResult[] {
  const { parameters, primaryAddress: source } = family.router;
  const socket = session.sendingSocket();
  if (source === undefined || socket === undefined) return [NOWHERE_TO_SEND];
  const advertisement = advertisementOf(parameters, priority);
  const proof = family.hosted.credentials?.proof({ now: ports.clock.now(), wallClockMs: ports.wallClockMs() });
  const checksumForm = sentChecksumForm(parameters);
  return destinationsOf(parameters, source).map((destination) => {
    const envelope = { source, destination, checksumForm };
    const payload = encodeAdvertisement(advertisement, proof === undefined ? envelope : { ...envelope, proof });
    const { virtualLink } = family;
    // Only what goes to the group comes from the virtual MAC: it leaves by the interface itself, also before the link
    // is on.
    const sourceMac =
      virtualLink === undefined || parameters.unicast !== undefined ? {} : { sourceMac: virtualLink.mac };
    return socket.send(payload, { source, destination, ...sourceMac });
  });
}

/** A list of peers that is the same on every node names this one, too. */
function destinationsOf({ family, unicast }: VirtualRouterParameters, source: IpAddress): readonly IpAddress[] {
  if (unicast !== undefined) return unicast.peers.map(({ address }) => address).filter((address) => address !== source);
  return [family === 4 ? VRRP_GROUP_IPV4 : VRRP_GROUP_IPV6];
}

const NOWHERE_TO_SEND: SendResult = { ok: false, errno: 'ENETDOWN' };

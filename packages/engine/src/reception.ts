// What becomes of a received datagram: an input for the router that it is meant for, or a counted discard. Says what is
// odd about it, with the evidence, once a minute for each sender (RFC 9568 §7.1: subject to rate-limiting).

import type { Instant } from '@baton/base';
import type { ReceivedDatagram } from '@baton/net';
import {
  checkReceived,
  decodeAdvertisement,
  DISCARD_REASONS,
  DISCARD_STATISTICS,
  REMARK_STATISTICS,
  type DiscardReason,
  type ReceiveContext,
  type ReceiveResult,
  type VirtualRouterInput,
} from '@baton/vrrp';
import type { FamilyRouter } from './hosted-router.js';
import type { InterfaceSession } from './interface-session.js';
import type { NoticeFields, Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** An advertisement that is good enough to be heard, and who hears it. */
export interface HeardAdvertisement {
  readonly family: FamilyRouter;
  readonly input: VirtualRouterInput;
}

/** Judges what the sockets of one engine receive. */
export class Reception {
  /** Discards that belong to no router of ours. */
  readonly discarded: Record<DiscardReason, number>;
  readonly #ports: Pick<EnginePorts, 'wallClockMs'>;
  readonly #notices: Notices;

  constructor(ports: Pick<EnginePorts, 'wallClockMs'>, notices: Notices) {
    this.#ports = ports;
    this.#notices = notices;
    this.discarded = Object.fromEntries(DISCARD_REASONS.map((reason) => [reason, 0])) as Record<DiscardReason, number>;
  }

  /** Judges one datagram.
   *  @returns undefined when it was discarded */
  judge(session: InterfaceSession, datagram: ReceivedDatagram, now: Instant): HeardAdvertisement | undefined {
    const wallClockMs = this.#ports.wallClockMs();
    const result = checkReceived(datagram, (vrid) => receiveContext(session.routers.get(vrid), { now, wallClockMs }));
    if (!result.ok) {
      this.#discard(session, datagram, result);
      return undefined;
    }
    const family = session.routers.get(result.vrid);
    if (family === undefined) return undefined;
    const { source } = datagram;
    const { advertisement, remarks, checksumForm } = result;
    for (const remark of remarks) {
      family.router.statistics[REMARK_STATISTICS[remark]] += 1;
      family.remarked.note(remark);
      this.#notices.sayLimited('warn', remark, `${session.name} ${family.name} ${source}`, () => ({
        router: family.name,
        ...evidence(session, datagram),
      }));
    }
    family.heard.note(source, advertisement, checksumForm, { now, wallClockMs });
    return { family, input: { kind: 'advertisement', advertisement, source } };
  }

  #discard(
    session: InterfaceSession,
    datagram: ReceivedDatagram,
    rejected: Extract<ReceiveResult, { ok: false }>,
  ): void {
    const { reason, vrid } = rejected;
    const family = vrid === undefined ? undefined : session.routers.get(vrid);
    if (family === undefined || reason === 'unknown-vrid') {
      this.discarded[reason] += 1;
    } else {
      family.router.statistics[DISCARD_STATISTICS[reason]] += 1;
      family.discarded.note(reason);
    }
    const event = { name: 'advertisement-discarded', reason };
    this.#notices.sayLimited('warn', event, `${session.name} ${datagram.source}`, () => ({
      reason,
      ...(family === undefined ? {} : { router: family.name }),
      ...evidence(session, datagram),
    }));
  }
}

function receiveContext(
  family: FamilyRouter | undefined,
  moment: { readonly now: Instant; readonly wallClockMs: number },
): ReceiveContext | undefined {
  if (family === undefined) return undefined;
  const { parameters, primaryAddress } = family.router;
  const { credentials } = family.hosted;
  if (credentials === undefined) return { parameters, primaryAddress };
  return { parameters, primaryAddress, demand: credentials.demand(moment) };
}

/** Who sent it and, as far as it can be read, what it says. Proves nothing: the checks may have rejected it. */
function evidence(session: InterfaceSession, { source, ttl, payload }: ReceivedDatagram): NoticeFields {
  const fields = { interface: session.name, family: session.family, source, ttl };
  // What follows the message, as a trailer does, is not looked at.
  const length = 8 + (payload[3] ?? 0) * (session.family === 4 ? 4 : 16) + ((payload[0] ?? 0) >> 4 === 2 ? 8 : 0);
  const said = decodeAdvertisement(payload.subarray(0, length), session.family);
  if (said === undefined) return fields;
  const { vrid, version, priority, advertIntervalMs, addresses } = said;
  return { ...fields, vrid, version, priority, advert_interval_ms: advertIntervalMs, addresses: addresses.join(' ') };
}

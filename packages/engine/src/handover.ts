// What the agent orders and no neighbour sees: a router that lets go or takes over, with all that it moves with, and a
// whole node in maintenance. Decides nothing: SyncGroup in vrrp does.

import type { Instant } from '@baton/base';
import type { FamilyRouter, HostedRouter } from './hosted-router.js';
import type { TakeOverAnswer } from './messages.js';
import { takeTurn, type TurnContext } from './turn.js';

/** Holds a router, or lifts that. An address owner is not held, which an operator has to know. */
export function holdRouter(hosted: HostedRouter, held: boolean, now: Instant, context: TurnContext): void {
  const [family] = hosted.families;
  const refusal = held ? context.roster.groupOf(hosted).refusalOf('held-changed') : undefined;
  if (refusal !== undefined) context.notices.say('warn', 'hold-refused', { router: hosted.name, why: refusal });
  else takeTurn(family, { kind: 'held-changed', held }, now, context);
}

/** Makes a router master.
 *  @returns whether it is, now that its claim is known */
export function takeOver(hosted: HostedRouter, now: Instant, context: TurnContext): TakeOverAnswer {
  const [family] = hosted.families;
  const refusal = context.roster.groupOf(hosted).refusalOf('takeover-requested');
  if (refusal !== undefined) return { ok: false, why: refusal };
  takeTurn(family, { kind: 'takeover-requested' }, now, context);
  return hosted.state === 'master' ? { ok: true } : { ok: false, why: 'address-install-failed' };
}

/** Puts routers into maintenance, or ends it. */
export function maintain(families: readonly FamilyRouter[], active: boolean, now: Instant, context: TurnContext): void {
  for (const family of families) {
    takeTurn(family, { kind: 'fault-changed', reason: 'maintenance', active }, now, context);
  }
}

// One turn of the engine: an input for a router, everything that its group asks for in answer, performed in order, and
// one word to the agent for each router when all have acted.

import { assert, type Instant } from '@baton/base';
import type { OwnedAddress } from '@baton/net';
import type { VirtualRouterInput, VirtualRouterOutput } from '@baton/vrrp';
import { gatherEvidence } from './evidence.js';
import type { FamilyRouter } from './hosted-router.js';
import type { InterfaceSession } from './interface-session.js';
import type { FamilyOutputs, MovingGroup } from './moving-group.js';
import type { Notices } from './notices.js';
import { perform } from './perform.js';
import type { EnginePorts } from './ports.js';
import type { Roster } from './roster.js';
import type { Sessions } from './sessions.js';
import type { WillKeeper } from './will-keeper.js';

/** What a turn can reach. */
export interface TurnContext {
  readonly ports: EnginePorts;
  readonly notices: Notices;
  readonly roster: Roster;
  readonly sessions: Sessions;
  readonly wills: WillKeeper;
}

/** Gives an input to a router. */
export function takeTurn(family: FamilyRouter, input: VirtualRouterInput, now: Instant, context: TurnContext): void {
  const group = context.roster.groupOf(family.hosted);
  if (input.kind !== 'advertisement' && input.kind !== 'timer') context.wills.note(family.hosted.name);
  takeGroupTurn(group, group.handle(family, input, now), now, context);
}

/** Performs what somebody asks in the name of a router. */
export function performTurn(
  family: FamilyRouter,
  outputs: readonly VirtualRouterOutput[],
  now: Instant,
  context: TurnContext,
): void {
  takeGroupTurn(context.roster.groupOf(family.hosted), [{ family, outputs }], now, context);
}

/** Performs what a group has asked for. */
export function takeGroupTurn(
  group: MovingGroup,
  entries: readonly FamilyOutputs[],
  now: Instant,
  context: TurnContext,
): void {
  for (const family of group.families) context.roster.noteDeadline(family);
  if (entries.length === 0) return;
  performEntries(group, entries, now, context);
  for (const { family, outputs } of entries) {
    if (outputs.some(({ kind }) => kind === 'state-changed')) context.wills.note(family.hosted.name);
  }
  tellTransitions(group, now, context.ports);
}

/** The session that a router runs on. */
export function sessionOf({ router }: FamilyRouter, sessions: Sessions): InterfaceSession {
  const session = sessions.find(router.parameters);
  assert(session !== undefined, 'every router has a session on its interface');
  return session;
}

/** A refused claim voids what comes after it, also of other routers: the group learns of it instead. */
function performEntries(
  group: MovingGroup,
  entries: readonly FamilyOutputs[],
  now: Instant,
  context: TurnContext,
): void {
  const { ports, notices, sessions, roster } = context;
  for (const { family, outputs } of entries) {
    const session = sessionOf(family, sessions);
    const isHeldByAnother = (place: OwnedAddress): boolean => roster.isHeldByAnother(family, place);
    const given = { family, session, group, ports, notices, isHeldByAnother, decidedAt: now };
    const { claimFailed, steps } = perform(outputs, given);
    family.hosted.noteSteps(steps);
    if (!claimFailed) continue;
    const answer = group.handle(family, { kind: 'claim-failed' }, now);
    for (const each of group.families) roster.noteDeadline(each);
    performEntries(group, answer, now, context);
    return;
  }
}

function tellTransitions({ hosted }: MovingGroup, now: Instant, ports: EnginePorts): void {
  for (const each of hosted) {
    const transition = each.takeTransition(ports.wallClockMs());
    if (transition === undefined) continue;
    const { change, steps, family } = transition;
    const evidence = gatherEvidence(family, change.reason, now);
    ports.emit({ type: 'state-changed', router: each.name, change, steps, evidence, at: each.sinceMs });
  }
}

// One turn of the engine: an input for a router, everything that the router asks for in answer, performed in order, and
// one word to the agent when all families of the router have acted.

import { assert, type Instant } from '@baton/base';
import type { VirtualRouterInput, VirtualRouterOutput } from '@baton/vrrp';
import type { FamilyRouter, HostedRouter } from './hosted-router.js';
import type { InterfaceSession } from './interface-session.js';
import type { Notices } from './notices.js';
import { perform } from './perform.js';
import type { EnginePorts } from './ports.js';
import type { Roster } from './roster.js';
import type { Sessions } from './sessions.js';

/** What a turn can reach. */
export interface TurnContext {
  readonly ports: EnginePorts;
  readonly notices: Notices;
  readonly roster: Roster;
  readonly sessions: Sessions;
}

/** Gives an input to a router. */
export function takeTurn(family: FamilyRouter, input: VirtualRouterInput, now: Instant, context: TurnContext): void {
  const outputs = handle(family, input, now, context);
  if (outputs.length > 0) performTurn(family, outputs, now, context);
}

/** Performs what a router has asked for, or what somebody asks in its name. */
export function performTurn(
  family: FamilyRouter,
  outputs: readonly VirtualRouterOutput[],
  now: Instant,
  context: TurnContext,
): void {
  performOutputs(family, outputs, now, context);
  tellTransition(family.hosted, context.ports);
}

/** The session that a router runs on. */
export function sessionOf({ router }: FamilyRouter, sessions: Sessions): InterfaceSession {
  const session = sessions.find(router.parameters);
  assert(session !== undefined, 'every router has a session on its interface');
  return session;
}

function handle(
  family: FamilyRouter,
  input: VirtualRouterInput,
  now: Instant,
  { roster }: TurnContext,
): readonly VirtualRouterOutput[] {
  const outputs = family.router.handle(input, now);
  roster.noteDeadline(family);
  return outputs;
}

function performOutputs(
  family: FamilyRouter,
  outputs: readonly VirtualRouterOutput[],
  now: Instant,
  context: TurnContext,
): void {
  const { ports, notices, sessions } = context;
  const session = sessionOf(family, sessions);
  const { claimFailed } = perform(outputs, { family, session, ports, notices, decidedAt: now });
  if (claimFailed) performOutputs(family, handle(family, { kind: 'claim-failed' }, now, context), now, context);
}

function tellTransition(hosted: HostedRouter, ports: EnginePorts): void {
  const transition = hosted.takeTransition(ports.wallClockMs());
  if (transition === undefined) return;
  ports.emit({ type: 'state-changed', router: hosted.name, ...transition, at: hosted.sinceMs });
}

// One VRRP session: a virtual router of a node in one address family. What the rules judge, and how it is found in a
// configuration, in an engine and in a datagram.

import { addressFamily } from '@baton/base';
import type { HostedRouter } from '@baton/engine/core';
import type { ReceivedDatagram } from '@baton/net';
import type { StateName, VirtualRouterParameters } from '@baton/vrrp';
import type { NodeSetup, RouterSetup } from './stage.js';

/** A session as a node is configured to run it. */
export interface Session {
  /** `web/4`: the same on every node. */
  readonly key: string;
  readonly router: RouterSetup;
  readonly parameters: VirtualRouterParameters;
  /** Number of the LAN. */
  readonly lan: number;
  /** Sessions with the same bond move together; a router of one family in no group is alone in its own. */
  readonly bond: string;
}

/** What an engine says of a session. */
export interface SessionView {
  readonly state: StateName;
  /** Effective one. */
  readonly priority: number;
  readonly advertIntervalMs: number;
}

/** Every session of a node, in the order of its configuration. */
export function sessionsOf({ routers, syncGroups, interfaces }: NodeSetup): readonly Session[] {
  return routers.flatMap((router) => router.families.map((parameters): Session => ({
    key: sessionKey(router.name, parameters.family),
    router,
    parameters,
    lan: interfaces.find(({ name }) => name === parameters.interface)?.lan ?? 0,
    bond: syncGroups.find((group) => group.routers.includes(router.name))?.name ?? router.name,
  })));
}

export function sessionKey(router: string, family: 4 | 6): string {
  return `${router}/${String(family)}`;
}

/** What a session is in an engine; undefined when its router does not run. */
export function viewOf(routers: readonly HostedRouter[], session: Session): SessionView | undefined {
  const hosted = routers.find(({ name }) => name === session.router.name);
  const found = hosted?.families.find(({ family }) => family === session.parameters.family);
  if (found === undefined) return undefined;
  const { state, effectivePriority, parameters } = found.router;
  return { state: state.kind, priority: effectivePriority, advertIntervalMs: parameters.advertIntervalMs };
}

/** The session that an advertisement is of, among those on the interface that it was sent from or came in on. */
export function findSession(
  sessions: readonly Session[], { interface: name, source, payload }: SentDatagram,
): Session | undefined {
  const family = addressFamily(source);
  return sessions.find(({ parameters }) =>
    parameters.interface === name && parameters.family === family && parameters.vrid === payload[1]);
}

/** What of a datagram tells its session. */
export type SentDatagram = Pick<ReceivedDatagram, 'interface' | 'source' | 'payload'>;

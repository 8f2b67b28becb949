// Does what a dead engine can no longer do: resigns in the name of every router that it was master of, then takes off
// what they held. By the engine's own ways of sending and releasing. Whether it may be done is decided elsewhere.

import { assert } from '@baton/base';
import { heldAddresses, type VirtualRouterOutput } from '@baton/vrrp';
import { HostedRouter, type FamilyRouter } from './hosted-router.js';
import { InterfaceSession, type SessionContext } from './interface-session.js';
import type { FamilyWill, RouterAuthentication, RouterConfiguration, RouterWill } from './messages.js';
import { MovingGroup } from './moving-group.js';
import { Notices } from './notices.js';
import { perform } from './perform.js';
import type { PerformContext } from './perform-context.js';
import type { EnginePorts } from './ports.js';

/** A will with the secrets that its advertisement must prove. */
export interface ProvedWill extends RouterWill {
  readonly authentication?: RouterAuthentication;
}

/** What was done, and when it was done, ms since it began. */
export interface LastWillReport {
  readonly routers: readonly string[];
  readonly priorityZeroMs: number;
  readonly addressesOffMs: number;
}

interface Revival {
  readonly ports: EnginePorts;
  readonly notices: Notices;
  /** By interface and family: routers share a socket here, too. */
  readonly sessions: Map<string, InterfaceSession>;
}

/** Carries out the wills: all resign before the first takes anything off, so that no peer waits for the addresses of
 *  another router. What the kernel refuses is told as a notice and hinders nothing else.
 *  @param beganAt from when it is measured
 *  @throws {BatonError} when there is no raw socket to be had, or the kernel does not answer */
export function executeWills(
  wills: readonly ProvedWill[],
  ports: EnginePorts,
  beganAt = ports.clock.now(),
): LastWillReport {
  const notices = new Notices(ports);
  const sessions = new Map<string, InterfaceSession>();
  const contexts = wills.flatMap((will) => revive(will, { ports, notices, sessions }));
  for (const context of contexts) performFor(context, [{ kind: 'send-advertisement', priority: 0 }]);
  const priorityZeroMs = ports.clock.now() - beganAt;
  for (const context of contexts) performFor(context, [releaseOf(context.family)]);
  const addressesOffMs = ports.clock.now() - beganAt;
  removeLinks(ports, notices);
  ports.trafficFilter.refuse([]);
  for (const session of sessions.values()) session.close();
  return { routers: wills.map(({ configuration }) => configuration.name), priorityZeroMs, addressesOffMs };
}

/** The configuration of a router as its will tells it. */
export function configurationOf({ configuration, families, authentication }: ProvedWill): RouterConfiguration {
  const [first, ...others] = families.map(({ parameters }) => parameters);
  assert(first !== undefined, 'a will is of at least one family');
  const secrets = authentication === undefined ? {} : { authentication };
  return { ...configuration, ...secrets, families: [first, ...others], epochFloor: 0 };
}

/** Routers that have never started: all that is left of them is what they were told to send from, and where their
 *  addresses are. */
function revive(will: ProvedWill, { ports, notices, sessions }: Revival): PerformContext[] {
  const options = { mac: ports.mac, nowMs: ports.wallClockMs() };
  const { families } = new HostedRouter(configurationOf(will), options);
  return families.map((family, index) => {
    recall(family, will.families[index], ports);
    const { interface: name } = family.router.parameters;
    const key = `${name} ${String(family.family)}`;
    const context: SessionContext = { ports, notices, kindOf: () => 'free', receive: () => undefined };
    const session = sessions.get(key) ?? new InterfaceSession(name, family.family, context);
    sessions.set(key, session);
    const group = new MovingGroup(undefined, [family]);
    return { family, session, group, ports, notices, isHeldByAnother: () => false, decidedAt: 0 };
  });
}

function recall(family: FamilyRouter, will: FamilyWill | undefined, ports: EnginePorts): void {
  const now = ports.clock.now();
  family.router.handle({ kind: 'address-changed', primaryAddress: will?.source }, now);
  family.virtualLink = will?.virtualLink;
  for (const address of will?.preexisting ?? []) family.preexisting.add(address);
}

function releaseOf({ router }: FamilyRouter): VirtualRouterOutput {
  return { kind: 'release-addresses', addresses: heldAddresses(router.parameters) };
}

function performFor(context: PerformContext, outputs: readonly VirtualRouterOutput[]): void {
  perform(outputs, { ...context, decidedAt: context.ports.clock.now() });
}

/** All of this daemon, also those of routers that were backups: the next engine makes its own. */
function removeLinks({ virtualLinks }: EnginePorts, notices: Notices): void {
  for (const link of virtualLinks.list()) {
    const result = virtualLinks.remove(link);
    if (result.ok) continue;
    const fields = { interface: link.parent, link: link.name, mac: link.mac, errno: result.errno };
    notices.say('error', 'virtual-link-not-removed', fields);
  }
}

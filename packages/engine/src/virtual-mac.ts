// The virtual MAC of a router (RFC 9568 §7.3): the link that carries its addresses, made while its interface exists, on
// only while it is master, so that a backup is silent and deaf (§6.4.2). A link that cannot be used is a claim that
// failed: who cannot answer is no master.

import { virtualLinkName, virtualMac, type LinkResult, type VirtualLink } from '@baton/net';
import type { FamilyRouter } from './hosted-router.js';
import type { InterfaceSession } from './interface-session.js';
import type { Notices } from './notices.js';
import type { EnginePorts } from './ports.js';

/** What handling virtual links needs. */
export interface VirtualLinkContext {
  readonly ports: Pick<EnginePorts, 'virtualLinks'>;
  readonly notices: Notices;
}

/** Makes the link of a router on its interface as it is now, or puts right what is there; nothing for a router that
 *  sends from the interface's own MAC, and nothing while the interface is missing.
 *  @returns the link, to be watched */
export function ensureVirtualLink(
  family: FamilyRouter,
  session: InterfaceSession,
  { ports, notices }: VirtualLinkContext,
): VirtualLink | undefined {
  const { vrid } = family.router.parameters;
  const { exists, index } = session.link;
  if (!family.hosted.settings.virtualMac || !exists) return undefined;
  const name = virtualLinkName(vrid, family.family, index);
  const link = { parent: session.name, name, mac: virtualMac(vrid, family.family), family: family.family };
  const before = family.virtualLink;
  if (before?.name === name && family.hasVirtualLink) return before;
  // It died with the interface that it was on, unless that was only renamed.
  if (before !== undefined && before.name !== name) ports.virtualLinks.remove(before);
  family.virtualLink = link;
  const result = ports.virtualLinks.ensure(link);
  family.hasVirtualLink = result.ok;
  if (!result.ok) tellFailure('virtual-link-failed', family, link, result.errno, notices);
  return link;
}

/** Switches the link of a router on, and makes it before if somebody took it away.
 *  @returns whether it can carry addresses; also true when there is no link */
export function activateVirtualLink(family: FamilyRouter, { ports, notices }: VirtualLinkContext): boolean {
  const link = family.virtualLink;
  if (link === undefined) return true;
  let result = ports.virtualLinks.activate(link);
  if (!result.ok) result = remake(link, ports);
  if (!result.ok) tellFailure('virtual-link-failed', family, link, result.errno, notices);
  return result.ok;
}

/** Switches the link of a router off. One that is not there any more is off. */
export function deactivateVirtualLink(family: FamilyRouter, { ports, notices }: VirtualLinkContext): void {
  const link = family.virtualLink;
  if (link === undefined) return;
  const result = ports.virtualLinks.deactivate(link);
  if (!result.ok && result.errno !== 'ENODEV') tellFailure('virtual-link-not-off', family, link, result.errno, notices);
}

/** Removes the link of a router that leaves. */
export function removeVirtualLink(family: FamilyRouter, { ports, notices }: VirtualLinkContext): void {
  const link = family.virtualLink;
  if (link === undefined) return;
  const result = ports.virtualLinks.remove(link);
  if (!result.ok) tellFailure('virtual-link-not-removed', family, link, result.errno, notices);
  family.virtualLink = undefined;
}

function remake(link: VirtualLink, ports: VirtualLinkContext['ports']): LinkResult {
  const ensured = ports.virtualLinks.ensure(link);
  return ensured.ok ? ports.virtualLinks.activate(link) : ensured;
}

function tellFailure(event: string, family: FamilyRouter, link: VirtualLink, errno: string, notices: Notices): void {
  const fields = { router: family.name, interface: link.parent, link: link.name, mac: link.mac, errno };
  notices.sayLimited('error', event, link.name, fields);
}

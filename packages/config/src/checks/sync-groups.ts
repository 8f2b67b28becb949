// Decides whether the sync groups of a file make sense: of routers that exist, each in one group only.

import type { DraftFile, DraftRouter } from '../draft.js';
import { quote } from '../findings.js';
import type { Findings, Place } from '../findings.js';
import { nearestWord } from '../nearest.js';
import type { Named } from '../schema/collections.js';
import { reportRepeated } from './repetitions.js';

/** Reports groups that cannot be, and those that probably are not meant. */
export function validateSyncGroups(draft: DraftFile, findings: Findings): void {
  const routers = draft.virtual_routers?.value ?? [];
  const groups = draft.sync_groups?.value ?? [];
  const uses = groups.flatMap(({ name, value: members }) =>
    members.map(({ value: router, at }) => ({ name, at, router })));
  for (const { router, at } of uses) reportUnknownRouter(router, at, routers, findings);
  reportRepeated(uses, ({ router }) => router, ({ router, at }, other) => {
    const message = `${quote(router)} is already in the group ${quote(other.name)} (line ${String(other.at.line)})`;
    findings.error('duplicate-member', at, message);
  });
  for (const { value: members, at } of groups) {
    if (members.length === 1) findings.warning('group-of-one', at, 'has one member: there is nothing to move together');
    reportPriorities(members.map(({ value }) => value), routers, at, findings);
  }
}

/** Reports a name that is no virtual router's, with the nearest one. */
export function reportUnknownRouter(
  name: string, at: Place, routers: readonly Named<DraftRouter>[], findings: Findings,
): void {
  const explanation = explainUnknown(name, routers.map((router) => router.name));
  if (explanation === undefined) return;
  findings.error('unknown-router', at, `there is no virtual router ${quote(name)}; ${explanation}`);
}

/** Reports a name that is no sync group's, with the nearest one. */
export function reportUnknownGroup(
  name: string, at: Place, groups: readonly { readonly name: string }[], findings: Findings,
): void {
  const explanation = explainUnknown(name, groups.map((group) => group.name));
  if (explanation === undefined) return;
  findings.error('unknown-group', at, `there is no sync group ${quote(name)}; ${explanation}`);
}

/** What there is instead; undefined when there is what is named. */
function explainUnknown(name: string, names: readonly string[]): string | undefined {
  if (names.includes(name)) return undefined;
  if (names.length === 0) return 'there are none';
  const near = nearestWord(name, names);
  return near === undefined ? `there are ${names.join(', ')}` : `the nearest is ${quote(near)}`;
}

/** A group moves when one member must: with priorities of its own each, one node can win some and lose others. */
function reportPriorities(
  members: readonly string[], routers: readonly Named<DraftRouter>[], at: Place, findings: Findings,
): void {
  const priorities = routers.filter(({ name, value }) => members.includes(name) && value.priority !== undefined)
    .map(({ name, value }) => ({ name, priority: value.priority?.value }));
  if (new Set(priorities.map(({ priority }) => priority)).size < 2) return;
  const shown = priorities.map(({ name, priority }) => `${name} ${String(priority)}`).slice(0, 8).join(', ');
  const message = `has members of different priorities (${shown}): give all the same, or nodes contend for it`;
  findings.warning('group-priorities', at, message);
}

// What the families of one router are in together, as the agent and hooks see it. Pure.

import { FAULT_REASONS, type FaultReason, type State, type StateChange, type StateName } from '@baton/vrrp';

/** The state of a router: fault when any family is in fault, master when all are, initialize when any is, else
 *  backup.
 *  @param states at least one */
export function aggregateState(states: readonly StateName[]): StateName {
  if (states.includes('fault')) return 'fault';
  if (states.every((state) => state === 'master')) return 'master';
  return states.includes('initialize') ? 'initialize' : 'backup';
}

/** Every fault of any family, the one that explains most first. */
export function aggregateFaults(states: readonly State[]): FaultReason[] {
  const all = new Set(states.flatMap((state) => (state.kind === 'fault' ? state.reasons : [])));
  return FAULT_REASONS.filter((reason) => all.has(reason));
}

/** Of what the families did in one turn, the change that explains why the router is in `to` now.
 *  @param changes at least one */
export function decisiveChange<Change extends { readonly change: StateChange }>(
  changes: readonly Change[],
  to: StateName,
): Change | undefined {
  return changes.find(({ change }) => change.to === to) ?? changes.at(-1);
}

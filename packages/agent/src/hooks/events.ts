// Which transitions are worth a hook and what a hook is told about them: keepalived's words, BATON_* variables, and
// JSON on standard input. Pure. Starts no process: command.ts does; decides no order: runner.ts does.

import { formatAddressPrefix } from '@baton/base';
import type { HookConfiguration, HookEvent, RouterSettings } from '@baton/config';
import type { StateName } from '@baton/vrrp';
import { groupArguments, instanceArguments } from './keepalived.js';
import type { HookSubject } from './subject.js';

/** One state of one router or sync group, as hooks are told about it. */
export interface HookOccurrence {
  readonly subject: HookSubject;
  /** Members of the sync group; empty for a router. */
  readonly members: readonly string[];
  readonly state: HookEvent;
  readonly previousState: StateName;
  /** Why: a TransitionReason, or `shutdown` for stop. */
  readonly reason: string;
  readonly epoch: number;
  /** Effective priority, 0–255; a sync group has none and says 0. */
  readonly priority: number;
  readonly node: string;
  /** `address/length`, in the configured order. */
  readonly addresses: readonly string[];
  /** Wall-clock milliseconds since 1970 of the transition. */
  readonly atMs: number;
}

/** The hook event of a state; undefined for initialize, which runs no hook. */
export function hookEvent(state: StateName): Exclude<HookEvent, 'stop'> | undefined {
  return state === 'initialize' ? undefined : state;
}

/** The hooks that want this state of this router or group, in file order. */
export function hooksFor(
  hooks: readonly HookConfiguration[], state: HookEvent, { kind, name }: HookSubject,
): readonly HookConfiguration[] {
  return hooks.filter(({ on, routers, groups }) => {
    const wanted = kind === 'router' ? routers : groups;
    return on.includes(state) && (wanted?.includes(name) ?? true);
  });
}

/** The addresses of routers as hooks are shown them. */
export function hookAddresses(routers: readonly RouterSettings[]): readonly string[] {
  return routers.flatMap(({ families }) => families).flatMap(({ addresses }) => addresses).map(formatAddressPrefix);
}

/** Program and arguments of one hook: the configured words, then keepalived's. */
export function hookArguments(hook: HookConfiguration, occurrence: HookOccurrence): readonly string[] {
  const { subject: { kind, name }, state, priority } = occurrence;
  return [...hook.run, ...(kind === 'router' ? instanceArguments(name, state, priority) : groupArguments(name, state))];
}

/** The whole environment of a hook: PATH and LANG, and the transition; nothing else of the daemon's own. */
export function hookEnvironment(occurrence: HookOccurrence): Readonly<Record<string, string>> {
  const { subject, members } = occurrence;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    ...(subject.kind === 'router'
      ? { BATON_ROUTER: subject.name } : { BATON_GROUP: subject.name, BATON_ROUTERS: members.join(' ') }),
    BATON_STATE: occurrence.state,
    BATON_PREVIOUS_STATE: occurrence.previousState,
    BATON_REASON: occurrence.reason,
    BATON_EPOCH: String(occurrence.epoch),
    BATON_PRIORITY: String(occurrence.priority),
    BATON_NODE: occurrence.node,
    BATON_ADDRESSES: occurrence.addresses.join(' '),
  };
}

/** The event as one line of JSON, for a hook's standard input. */
export function hookInput(occurrence: HookOccurrence): string {
  const { subject, members, state, previousState, reason, epoch, priority, node, addresses, atMs } = occurrence;
  const about = subject.kind === 'router'
    ? { event: 'state-changed', node, router: subject.name }
    : { event: 'group-state-changed', node, group: subject.name, routers: members };
  const event = {
    time: new Date(atMs).toISOString(), ...about,
    state, previous_state: previousState, reason, epoch, priority, addresses,
  };
  return `${JSON.stringify(event)}\n`;
}

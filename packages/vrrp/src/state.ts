// The states of a virtual router (RFC 9568 §6.3) with their deadlines inside. Which input leads from one to another
// is decided in virtual-router.ts; how a backup waits, in backup.ts; how a master goes on, in master.ts.

import { assertNever, type Instant } from '@baton/base';
import { nextAnnounceAt } from './announce-schedule.js';
import type { BackupState } from './backup.js';
import type { MasterState } from './master.js';
import type { StateName } from './outputs.js';
import type { FaultReason } from './reasons.js';

/** The state of a virtual router. */
export type State = InitializeState | BackupState | MasterState | FaultState;

/** Not taking part. */
export interface InitializeState {
  readonly kind: 'initialize';
  /** End of the startup delay; undefined while nobody has asked to start. */
  readonly startAt: Instant | undefined;
}

/** Not fit to be master. */
export interface FaultState {
  readonly kind: 'fault';
  /** At least one. */
  readonly reasons: readonly FaultReason[];
  /** When refused addresses are tried again; undefined when nothing of that kind waits. */
  readonly retryAt: Instant | undefined;
}

/** The earliest instant at which the state wants a `timer` input; undefined when it waits for something else. */
export function stateDeadline(state: State): Instant | undefined {
  switch (state.kind) {
    case 'initialize': return state.startAt;
    case 'backup': return state.due?.checkAt ?? state.masterDownAt;
    case 'master': return Math.min(state.advertAt, nextAnnounceAt(state.announcements) ?? Infinity);
    case 'fault': return state.retryAt;
    default: return assertNever(state);
  }
}

/** The state as others were told of it: a mastership whose claim is unproven has not been told to anybody. */
export function stateTold(state: State): StateName {
  return state.kind === 'master' ? state.unprovenSince ?? 'master' : state.kind;
}

// Waits for a command that an earlier agent started and that is not our child: no exit status reaches us, so it is
// looked at until it is gone. It keeps the timeout it was started with. Knows nothing of routers or hooks.

import { identifyProcess } from '../process-identity.js';
import { monotonicMs, SIGKILL_DELAY_MS, signalGroup, type CommandProcess } from './command.js';

/** How a leftover command ended. `kept-running`: neither SIGTERM nor SIGKILL ended it. */
export type LeftoverOutcome = 'ended' | 'timed-out' | 'killed' | 'kept-running';

/** A command of an earlier agent that still runs. */
export interface Leftover {
  /** Never rejects. Settles at the latest SIGKILL_DELAY_MS + LAST_LOOK_MS after the timeout of the command. */
  readonly ended: Promise<LeftoverOutcome>;
  /** Ends the whole group at once. */
  kill(): void;
}

/** Finds a command again: production and tests of the queue each bring one.
 *  @returns undefined when it has ended */
export type FindLeftover = (process: CommandProcess) => Leftover | undefined;

/** Between two looks, ms: how much later than its end the next hook may start. */
export const LOOK_INTERVAL_MS = 20;
/** How long after SIGKILL its end is still waited for, ms. */
export const LAST_LOOK_MS = 1000;

/** Finds a command again by its process. */
export function findLeftover(command: CommandProcess): Leftover | undefined {
  if (!isRunning(command)) return undefined;
  let outcome: LeftoverOutcome = 'ended';
  let killedAtMs = command.timeoutAtMs + SIGKILL_DELAY_MS;
  let signalled: 'nothing' | 'SIGTERM' | 'SIGKILL' = 'nothing';
  const kill = (): void => {
    outcome = 'killed';
    killedAtMs = monotonicMs();
    signalled = 'SIGKILL';
    if (isRunning(command)) signalGroup(command.pid, 'SIGKILL');
  };
  /** @returns how it ended, undefined while it runs */
  const look = (): LeftoverOutcome | undefined => {
    const nowMs = monotonicMs();
    if (!isRunning(command)) {
      // As after every timeout, nothing of its group survives. An id that leads nobody cannot be given out again
      // while its group has members.
      if (signalled !== 'nothing' && identifyProcess(command.pid) === undefined) signalGroup(command.pid, 'SIGKILL');
      return outcome;
    }
    if (nowMs >= killedAtMs + LAST_LOOK_MS) return 'kept-running';
    if (nowMs >= killedAtMs && signalled !== 'SIGKILL') {
      signalled = 'SIGKILL';
      signalGroup(command.pid, 'SIGKILL');
    } else if (nowMs >= command.timeoutAtMs && signalled === 'nothing') {
      outcome = 'timed-out';
      signalled = 'SIGTERM';
      signalGroup(command.pid, 'SIGTERM');
    }
    return undefined;
  };
  return { ended: lookUntil(look), kill };
}

async function lookUntil(look: () => LeftoverOutcome | undefined): Promise<LeftoverOutcome> {
  for (let outcome = look(); ; outcome = look()) {
    if (outcome !== undefined) return outcome;
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}

function isRunning({ pid, identity }: CommandProcess): boolean {
  const found = identifyProcess(pid);
  return found?.identity === identity && !found.hasEnded;
}

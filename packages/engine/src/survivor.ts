// Who acts in the place of a dead engine: takes the locks that it had, so that none that was started since is
// disturbed, carries out its wills, and lets go. The door of the agent and of the command line to this.

import { describeError, isBatonError, type Instant } from '@baton/base';
import { lockName, useRealTimeScheduling } from '@baton/linux';
import { configurationOf, executeWills, type LastWillReport, type ProvedWill } from './last-will.js';
import { openLinuxPorts } from './linux-ports.js';
import type { EngineMessage } from './messages.js';
import type { EnginePorts } from './ports.js';
import { rehearsePromotion } from './rehearsal.js';
import { RouterLocks } from './router-locks.js';
import { takeRuntimeLock } from './runtime-lock.js';

export type { LastWillReport, ProvedWill } from './last-will.js';
export { keepWills, readWills } from './will-file.js';

/** What became of the wills. `withheld`: another daemon has taken over the runtime directory or a router; nothing was
 *  sent or removed. */
export type WillOutcome =
  | { readonly kind: 'executed'; readonly report: LastWillReport }
  | { readonly kind: 'withheld'; readonly detail: string };

/** Hears what the kernel refused. */
export type HearNotice = (notice: Extract<EngineMessage, { type: 'notice' }>) => void;

/** How long a lock may still be held by the engine that is dying, ms: its channel closes before the kernel has dropped
 *  everything. */
export const DYING_MS = 250;
/** Priority within SCHED_RR: what an engine has. */
const SURVIVOR_PRIORITY = 10;
/** Pause between two attempts at the locks, ms. */
const ATTEMPT_PAUSE_MS = 1;

/** Somebody who may have to act for a dead engine on one runtime directory. */
export class Survivor {
  readonly #runtimeDirectory: string;
  readonly #ports: EnginePorts;
  readonly #routerLocks = new RouterLocks(lockName, () => undefined);

  /** Opens at once all that will be needed except the locks and the sockets of advertisements.
   *  @throws {BatonError} what the kernel refuses */
  constructor(runtimeDirectory: string, hear: HearNotice) {
    this.#runtimeDirectory = runtimeDirectory;
    this.#ports = openLinuxPorts({
      runtimeDirectory,
      // The native driver is there already; raw-socket would cost memory for one packet.
      driver: 'native',
      emit: (message) => {
        if (message.type === 'notice') hear(message);
      },
      onLinkReadFailed: () => undefined,
    });
    // The death of an engine is the only time that this is needed: it must not be the first time that it runs.
    rehearsePromotion(this.#ports);
  }

  /** Carries out the wills, if nobody else has taken over: as urgently as the engine would, where that is allowed, and
   *  so is all that this process does afterwards; its children are not.
   *  @param patienceMs how long the engine may still be dying
   *  @throws {BatonError} when the runtime directory cannot be used or the kernel does not answer */
  async execute(wills: readonly ProvedWill[], patienceMs: number): Promise<WillOutcome> {
    const beganAt = this.#ports.clock.now();
    useRealTimeScheduling(SURVIVOR_PRIORITY);
    for (;;) {
      const attempt = this.#attempt(wills, beganAt);
      if (attempt.kind === 'executed' || this.#ports.clock.now() >= beganAt + patienceMs) return attempt;
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_PAUSE_MS));
    }
  }

  #attempt(wills: readonly ProvedWill[], beganAt: Instant): WillOutcome {
    let release: () => void = () => undefined;
    try {
      const lock = takeRuntimeLock(this.#runtimeDirectory);
      release = lock.release.bind(lock);
      this.#routerLocks.reserve(wills.map(configurationOf)).keep();
      return { kind: 'executed', report: executeWills(wills, this.#ports, beganAt) };
    } catch (error) {
      if (!isBatonError(error) || !TAKEN.has(error.code)) throw error;
      return { kind: 'withheld', detail: describeError(error) };
    } finally {
      this.#routerLocks.reserve([]).keep();
      release();
    }
  }
}

const TAKEN: ReadonlySet<string> = new Set(['ERR_ENGINE_ALREADY_RUNNING', 'ERR_ENGINE_ROUTER_TAKEN']);

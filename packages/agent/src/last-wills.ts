// What the agent does when the engine is gone: carries out what the engine wished, in memory for itself and in the
// runtime directory for whoever acts when the agent is gone, too. How it is carried out is the engine's own code.

import { describeError } from '@baton/base';
import type { EngineMessage, RouterAuthentication, RouterWill } from '@baton/engine/messages';
import { DYING_MS, keepWills, type HearNotice, type ProvedWill, type Survivor } from '@baton/engine/survivor';
import type { EventReporter } from './events.js';

/** What the wills need of the world. */
export interface LastWillPorts {
  /** Opens what will be needed, long before it is. */
  readonly openSurvivor: (runtimeDirectory: string, hear: HearNotice) => Pick<Survivor, 'execute'>;
}

/** The secrets of a router, undefined when it has none. */
export type AuthenticationOf = (router: string) => RouterAuthentication | undefined;

/** The wills of one engine; as many as it has routers. */
export class LastWills {
  readonly #ports: LastWillPorts;
  readonly #reporter: EventReporter;
  readonly #hear: HearNotice;
  readonly #executed: (routers: readonly string[]) => void;
  readonly #wills = new Map<string, RouterWill>();
  #place: { readonly directory: string; readonly survivor: Pick<Survivor, 'execute'> | undefined } | undefined;
  #keeping: NodeJS.Immediate | undefined;

  /** @param executed is told of the routers that were resigned for, before anything else is done */
  constructor(
    ports: LastWillPorts, reporter: EventReporter, hear: HearNotice, executed: (routers: readonly string[]) => void,
  ) {
    this.#ports = ports;
    this.#reporter = reporter;
    this.#hear = hear;
    this.#executed = executed;
  }

  /** The longest advertisement interval of a router that is master, ms; undefined when none is. */
  get longestIntervalMs(): number | undefined {
    const intervals = [...this.#wills.values()].flatMap(({ families }) =>
      families.map(({ parameters }) => parameters.advertIntervalMs));
    return intervals.length === 0 ? undefined : Math.max(...intervals);
  }

  /** Makes ready, once the engine holds the runtime directory. What a past life has left there is replaced. */
  prepare(directory: string): void {
    if (this.#place !== undefined) return;
    this.#place = { directory, survivor: this.#open(directory) };
    this.#keepLater();
  }

  /** Takes what the engine says. */
  note({ router, will }: Extract<EngineMessage, { type: 'will' }>): void {
    if (will === undefined) this.#wills.delete(router);
    else this.#wills.set(router, will);
    this.#keepLater();
  }

  /** The engine is gone: acts for it, if it was master of anything and no other engine has been started meanwhile.
   *  @returns whether addresses were taken off */
  async execute(authenticationOf: AuthenticationOf): Promise<boolean> {
    const { survivor } = this.#place ?? {};
    if (survivor === undefined || this.#wills.size === 0) return false;
    try {
      const outcome = await survivor.execute([...this.#wills.values()].map((will) => prove(will, authenticationOf)),
        DYING_MS);
      if (outcome.kind === 'withheld') {
        this.#reporter.report('warn', 'last-will-withheld', { detail: outcome.detail });
        return false;
      }
      const { routers, priorityZeroMs, addressesOffMs } = outcome.report;
      this.#executed(routers);
      this.#reporter.report('warn', 'last-will-executed', {
        routers: routers.join(' '), priority_zero_ms: rounded(priorityZeroMs),
        addresses_off_ms: rounded(addressesOffMs),
      });
    } catch (error) {
      this.#reporter.report('error', 'last-will-failed', { detail: describeError(error) });
      return false;
    }
    this.#wills.clear();
    this.#keep();
    return true;
  }

  /** Writes what is not written yet. */
  close(): void {
    if (this.#keeping !== undefined) this.#keep();
  }

  #open(directory: string): Pick<Survivor, 'execute'> | undefined {
    try {
      return this.#ports.openSurvivor(directory, this.#hear);
    } catch (error) {
      this.#reporter.report('warn', 'last-will-unavailable', { detail: describeError(error) });
      return undefined;
    }
  }

  /** Once for all that the engine says in one breath. */
  #keepLater(): void {
    if (this.#place !== undefined) this.#keeping ??= setImmediate(() => { this.#keep(); });
  }

  #keep(): void {
    clearImmediate(this.#keeping);
    this.#keeping = undefined;
    if (this.#place === undefined) return;
    try {
      keepWills(this.#place.directory, [...this.#wills.values()]);
    } catch (error) {
      this.#reporter.report('warn', 'last-will-not-kept', { detail: describeError(error) });
    }
  }
}

/** Microseconds are enough. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function prove(will: RouterWill, authenticationOf: AuthenticationOf): ProvedWill {
  const authentication = authenticationOf(will.configuration.name);
  return authentication === undefined ? will : { ...will, authentication };
}

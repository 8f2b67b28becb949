// Sees to it that no second daemon in this network namespace runs one of our virtual routers: two of them, each with a
// runtime directory of its own, would take the address off each other. Knows no election; main.ts asks before a
// configuration is applied.

import { BatonError, describeError } from '@baton/base';
import type { NameHolder, NameLock } from '@baton/linux';
import type { RouterConfiguration } from './messages.js';

/** Takes a lock on a name: production brings lockName of linux. */
export type LockName = (name: string) => NameLock;

/** Hears that somebody who cannot be a daemon of ours has taken a name: the router runs without its lock. */
export type HearContested = (name: string, holder: NameHolder | undefined) => void;

/** Locks that were taken for a configuration that may still be refused. */
export interface Reservation {
  /** The configuration runs: what it does not need any more is let go. */
  keep(): void;
  /** The configuration was refused: everything is as before. */
  undo(): void;
}

type HeldLock = Extract<NameLock, { ok: true }>;

/** The locks of one engine. */
export class RouterLocks {
  readonly #lock: LockName;
  readonly #contested: HearContested;
  readonly #held = new Map<string, HeldLock>();

  constructor(lock: LockName, contested: HearContested) {
    this.#lock = lock;
    this.#contested = contested;
  }

  /** Takes the locks that these routers need and that are not held yet.
   *  @throws {BatonError} ERR_ENGINE_ROUTER_TAKEN when another daemon runs one of them, ERR_ENGINE_ROUTER_LOCK when the
   *    kernel refuses a lock; everything is as before */
  reserve(routers: readonly RouterConfiguration[]): Reservation {
    const wanted = new Set(routers.flatMap(({ families }) => families.map(lockNameOf)));
    const taken: string[] = [];
    const undo = (): void => {
      this.#release(taken);
    };
    for (const name of wanted) {
      if (this.#held.has(name)) continue;
      try {
        if (this.#take(name)) taken.push(name);
      } catch (error) {
        undo();
        throw error;
      }
    }
    return {
      keep: () => {
        this.#release([...this.#held.keys()].filter((name) => !wanted.has(name)));
      },
      undo,
    };
  }

  /** @returns false when the name is somebody's who cannot be a daemon: anybody may take any name, and must not be able
   *    to keep the addresses of this host from working by it */
  #take(name: string): boolean {
    const lock = this.#tryLock(name);
    if (lock.ok) {
      this.#held.set(name, lock);
      return true;
    }
    if (lock.holder !== undefined && isTrusted(lock.holder)) throw takenError(name, lock.holder);
    this.#contested(name, lock.holder);
    return false;
  }

  /** @throws {BatonError} ERR_ENGINE_ROUTER_LOCK: without a descriptor, for example, nobody knows who has the name */
  #tryLock(name: string): NameLock {
    try {
      return this.#lock(name);
    } catch (cause) {
      throw new BatonError('ERR_ENGINE_ROUTER_LOCK', describeError(cause), {
        cause,
        details: { name },
        hint: 'the routers that run go on; raise the limit of open files (LimitNOFILE) and reload',
      });
    }
  }

  #release(names: readonly string[]): void {
    for (const name of names) {
      this.#held.get(name)?.release();
      this.#held.delete(name);
    }
  }
}

function lockNameOf({ interface: interfaceName, vrid, family }: RouterConfiguration['families'][number]): string {
  return `baton/${interfaceName}/${String(vrid)}/ipv${String(family)}`;
}

function isTrusted({ uid }: NameHolder): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function takenError(name: string, { pid }: NameHolder): BatonError<'ERR_ENGINE_ROUTER_TAKEN'> {
  const [, interfaceName, vrid, family] = name.split('/');
  const what = `VRID ${String(vrid)} on ${String(interfaceName)} (${family === 'ipv6' ? 'IPv6' : 'IPv4'})`;
  const who = pid === undefined ? 'in another container' : `process ${String(pid)}`;
  return new BatonError('ERR_ENGINE_ROUTER_TAKEN', `another Baton daemon runs ${what}: ${who}`, {
    details: { interface: String(interfaceName), vrid: Number(vrid) },
    hint: 'stop it first; one daemon runs all virtual routers of a host',
  });
}

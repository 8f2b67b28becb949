// All interfaces that the routers of this node run on, each in the families that are in use. Opened all or none,
// watched as long as the engine lives, closed when no router needs them.

import type { Instant, IpAddress } from '@baton/base';
import type { LinkState, ReceivedDatagram } from '@baton/net';
import type { VirtualRouterParameters } from '@baton/vrrp';
import { InterfaceSession, type SessionContext } from './interface-session.js';

/** What the sessions need of the engine around them. */
export interface SessionsContext extends Omit<SessionContext, 'receive'> {
  readonly receive: (session: InterfaceSession, datagram: ReceivedDatagram) => void;
  readonly linkChanged: (link: LinkState) => void;
  readonly kindOf: (address: IpAddress) => 'moved' | 'owned' | 'free';
}

type Place = Pick<VirtualRouterParameters, 'interface' | 'family'>;

/** The sessions of one engine. */
export class Sessions {
  readonly #context: SessionsContext;
  readonly #sessions = new Map<string, InterfaceSession>();
  readonly #watched = new Set<string>();

  constructor(context: SessionsContext) {
    this.#context = context;
  }

  /** Opens a session in every place that has none yet: all of them, or none. They are used from `adopt` on.
   *  @throws {BatonError} when the kernel refuses one */
  open(places: readonly Place[]): readonly InterfaceSession[] {
    const opened = new Map<string, InterfaceSession>();
    try {
      for (const place of places) {
        const key = keyOf(place);
        if (this.#sessions.has(key) || opened.has(key)) continue;
        // Watched before it is read, so that no change falls between the two.
        this.watch(place.interface);
        opened.set(key, new InterfaceSession(place.interface, place.family, this.#context));
      }
    } catch (error) {
      for (const session of opened.values()) session.close();
      throw error;
    }
    return [...opened.values()];
  }

  /** Takes opened sessions into use. */
  adopt(opened: readonly InterfaceSession[]): void {
    for (const session of opened)
      this.#sessions.set(keyOf({ interface: session.name, family: session.family }), session);
  }

  /** The session that a router of this family has on its interface. */
  find(place: Place): InterfaceSession | undefined {
    return this.#sessions.get(keyOf(place));
  }

  all(): readonly InterfaceSession[] {
    return [...this.#sessions.values()];
  }

  /** The sessions of one interface, in either family. */
  on(interfaceName: string): readonly InterfaceSession[] {
    return this.all().filter((session) => session.name === interfaceName);
  }

  /** Watches an interface from now on, also when no router runs on it any more: the monitor knows no end. */
  watch(interfaceName: string): void {
    if (this.#watched.has(interfaceName)) return;
    this.#context.ports.linkMonitor.watch([interfaceName], (link) => {
      this.#context.linkChanged(link);
    });
    this.#watched.add(interfaceName);
  }

  /** Delivers what already lies in the sockets, at most `limit` datagrams of each.
   *  @returns how many there were */
  drain(limit: number): number {
    let count = 0;
    for (const session of this.#sessions.values()) count += session.drain(limit);
    return count;
  }

  /** When the next refused socket is tried again. */
  nextRetryAt(): Instant | undefined {
    let next: Instant | undefined;
    for (const { retryAt } of this.#sessions.values()) {
      if (retryAt !== undefined && (next === undefined || retryAt < next)) next = retryAt;
    }
    return next;
  }

  closeUnused(): void {
    for (const [key, session] of this.#sessions) {
      if (session.routers.size > 0) continue;
      session.close();
      this.#sessions.delete(key);
    }
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close();
  }
}

function keyOf({ interface: name, family }: Place): string {
  return `${name} ${String(family)}`;
}

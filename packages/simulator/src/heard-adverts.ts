// What a session has heard, and when it must and must not take over for that reason: RFC 9568 §6.4.2 once more, from
// the outside. An advertisement counts from the moment it lies in the socket, whether the process has read it or not.

import type { Instant, IpAddress } from '@baton/base';
import {
  OWNER_PRIORITY, RESIGN_PRIORITY, TRAILER_BYTES, VRRP_GROUP_IPV4, VRRP_GROUP_IPV6, type StateChange,
} from '@baton/vrrp';
import type { SimulatedNode } from './node.js';
import { expectedPatienceMs, expectedSkewMs, readAdvert, ROUNDING_MS, type Report } from './rule.js';
import type { SentDatagram, Session, SessionView } from './session.js';

interface HeardAdvert {
  readonly at: Instant;
  readonly priority: number;
  readonly intervalMs: number;
}

/** Where the sequence number stands in a trailer, bytes from the end of the packet. */
const SEQUENCE_AT = { begin: TRAILER_BYTES - 4, end: TRAILER_BYTES - 12 };
/** Authentication type 1 of version 2, and where it stands. */
const PASSWORD_TYPE = 1;
const PASSWORD_TYPE_OFFSET = 4;
const HEADER_BYTES = 8;
const ADDRESS_COUNT_OFFSET = 3;

/** The ear of one session. All instants are by the clock of its node. */
export class HeardAdverts {
  readonly #node: SimulatedNode;
  readonly #session: () => Session;
  readonly #report: Report;
  #effectivePriority = 0;
  /** Own interval at the entry into backup; undefined when it does not count because something changed since. */
  #entryIntervalMs: number | undefined;
  #backupSince: Instant = -Infinity;
  #disturbedAt: Instant = -Infinity;
  #anyAt: Instant = -Infinity;
  #resignedAt: Instant = -Infinity;
  /** The last one that a backup has to respect. */
  #respected: HeardAdvert | undefined;
  #shortestIntervalMs = Infinity;
  #longestIntervalMs = 0;

  /** The highest sequence number of each sender: what comes behind it was heard before, or was overtaken. */
  readonly #sequences = new Map<IpAddress, string>();

  /** @param session the session as it is configured now */
  constructor(node: SimulatedNode, session: () => Session, report: Report) {
    this.#node = node;
    this.#session = session;
    this.#report = report;
  }

  /** What the engine says of itself after each call. */
  learn(view: SessionView | undefined): void {
    if (view === undefined) return;
    this.#effectivePriority = view.priority;
    this.#widen(view.advertIntervalMs);
  }

  arrived(datagram: SentDatagram & { readonly destination: IpAddress }): void {
    if (!this.#counts(datagram)) return;
    const at = this.#node.clock.now();
    const { priority, intervalMs } = readAdvert(datagram.payload);
    if (priority === RESIGN_PRIORITY) {
      this.#resignedAt = at;
      return;
    }
    this.#anyAt = at;
    this.#widen(intervalMs);
    if (this.#respects(priority)) this.#respected = { at, priority, intervalMs };
    // During its preempt delay a backup listens to a lower one too, and learns its interval: nothing to be said then.
    else if (this.#session().parameters.preemptDelayMs > 0) this.#respected = undefined;
  }

  /** The socket is gone, and with it what was not read. */
  forget(): void {
    this.#respected = undefined;
    this.#resignedAt = -Infinity;
  }

  /** The process is gone, and with it what it knew of others. */
  ended(): void {
    this.forget();
    this.#sequences.clear();
  }

  /** Something was done to the node: what it waits for may begin anew. */
  disturbed(): void {
    this.#disturbedAt = this.#node.clock.now();
    this.#entryIntervalMs = undefined;
  }

  /** @param reads whether the process is reading a datagram at this moment
   *  @param hurried whether a member of the same bond was told that its master leaves: nobody waits long then */
  stateChanged(change: StateChange, { reads, hurried }: { readonly reads: boolean; readonly hurried: boolean }): void {
    const now = this.#node.clock.now();
    if (change.to === 'backup') {
      this.#backupSince = now;
      // What is being read, or waits to be read, may bring another interval at once.
      const beginsAnew = !reads && this.#node.waitingDatagrams === 0;
      this.#entryIntervalMs = beginsAnew ? this.#session().parameters.advertIntervalMs : undefined;
    }
    if (change.to !== 'master' || hurried) return;
    if (change.reason === 'master-down-timer') this.#checkSilence(now, change.priority);
    if (change.reason === 'priority-zero-received') {
      const leastMs = expectedSkewMs(this.#version, change.priority, this.#shortestIntervalMs);
      this.#checkWait(now, this.#resignedAt, leastMs, 'a resignation');
    }
  }

  get backupSince(): Instant {
    return this.#backupSince;
  }

  /** When the session was last told that a master leaves. */
  get resignedAt(): Instant {
    return this.#resignedAt;
  }

  /** How much longer than the formulas say it has waited as a backup, ms; negative while it is in time. */
  overdueMs(): number {
    const now = this.#node.clock.now();
    const priority = this.#effectivePriority;
    const longestMs = this.#longestIntervalMs;
    const slackMs = 2 * this.#node.setup.latencyMs + ROUNDING_MS;
    const base = Math.max(this.#backupSince, this.#disturbedAt);
    const resigned = this.#resignedAt > this.#anyAt && this.#resignedAt >= this.#backupSince;
    const limit = resigned
      ? Math.max(this.#resignedAt, base) + expectedSkewMs(this.#version, priority, longestMs)
      : Math.max(this.#anyAt, base) + expectedPatienceMs(this.#version, priority, longestMs);
    return now - limit - slackMs;
  }

  #checkSilence(now: Instant, priority: number): void {
    const respected = this.#respected;
    if (respected !== undefined && respected.at >= this.#backupSince) {
      if (!this.#respects(respected.priority)) return;
      const leastMs = expectedPatienceMs(this.#version, priority, respected.intervalMs);
      this.#checkWait(now, respected.at, leastMs, 'an advertisement');
    } else if (this.#entryIntervalMs !== undefined && this.#anyAt < this.#backupSince) {
      const leastMs = expectedPatienceMs(this.#version, priority, this.#entryIntervalMs);
      this.#checkWait(now, this.#backupSince, leastMs, 'becoming backup');
    }
  }

  #checkWait(now: Instant, since: Instant, leastMs: number, what: string): void {
    const waitedMs = now - since;
    if (waitedMs >= leastMs - ROUNDING_MS) return;
    const detail = `${this.#node.name} takes over ${ms(waitedMs)} after ${what}, must wait ${ms(leastMs)}`;
    this.#report('takeover-too-early', detail);
  }

  /** The tie-break is not made by backups: an equal priority is respected. */
  #respects(priority: number): boolean {
    const { preemptMode, priority: configured } = this.#session().parameters;
    const preempts = preemptMode || configured === OWNER_PRIORITY;
    return !preempts || priority >= this.#effectivePriority;
  }

  get #version(): number {
    return this.#session().parameters.version;
  }

  /** Whether it is taken for what it says: the nodes have the same secrets, a stranger has none. */
  #counts({ source, destination, payload }: SentDatagram & { readonly destination: IpAddress }): boolean {
    const { router: { authentication }, parameters } = this.#session();
    if (parameters.unicast !== undefined && isGroup(destination)) return false;
    // [RFC3768-7.1-5]: whoever owns the addresses heeds nobody else.
    if (parameters.version === 2 && parameters.priority === OWNER_PRIORITY) return false;
    if (authentication === undefined) return true;
    if (authentication.kind === 'simple-password') return payload[PASSWORD_TYPE_OFFSET] === PASSWORD_TYPE;
    const messageBytes = HEADER_BYTES + (payload[ADDRESS_COUNT_OFFSET] ?? 0) * (parameters.family === 6 ? 16 : 4);
    if (payload.length !== messageBytes + TRAILER_BYTES) return false;
    const [begin, end] = [payload.length - SEQUENCE_AT.begin, payload.length - SEQUENCE_AT.end];
    const sequence = Buffer.from(payload).toString('hex', begin, end);
    if (sequence <= (this.#sequences.get(source) ?? '')) return false;
    this.#sequences.set(source, sequence);
    return true;
  }

  #widen(intervalMs: number): void {
    this.#shortestIntervalMs = Math.min(this.#shortestIntervalMs, intervalMs);
    this.#longestIntervalMs = Math.max(this.#longestIntervalMs, intervalMs);
  }
}

function isGroup(address: IpAddress): boolean {
  return address === VRRP_GROUP_IPV4 || address === VRRP_GROUP_IPV6;
}

function ms(value: number): string {
  return `${value.toFixed(3)} ms`;
}

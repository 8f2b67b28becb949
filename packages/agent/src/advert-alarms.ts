// Decides which alarms follow from advertisements that were discarded, or accepted although something was odd about
// them. The engine tells the first one at once and then at most one a minute; how often it happens is in its counters.
// An alarm ends when its cause has been silent for ALARM_SILENCE_MS. Time is an argument.

import type { Instant } from '@baton/base';
import type { DiscardReason, Remark } from '@baton/vrrp';
import type { AlarmEvidence, AlarmName, AlarmRegistry, AlarmSource } from './alarms.js';
import type { Snapshot } from './engine-channel.js';
import type { Notice } from './events.js';

/** How long a cause must be silent for its alarm to end, ms: longer than the longest interval of advertisements, so
 *  that no alarm flaps between two of them. */
export const ALARM_SILENCE_MS = 60_000;
/** How many routers, or interfaces, can have such an alarm at once; the one silent for longest gives way. */
export const MAX_TROUBLES = 512;
/** How many senders one alarm names. */
export const MAX_SOURCES = 8;

/** What the alarm of a reason is called, and how often it must have applied. */
interface Cause {
  readonly alarm: AlarmName;
  /** 1: what acts on the election at once. 2: what is discarded or harmless, and worth an alarm when it repeats. */
  readonly atLeast: 1 | 2;
}

/** Undefined: no alarm. Foreign virtual routers are nothing to us, and what proves nothing is accepted by choice. */
const CAUSES: Readonly<Record<DiscardReason | Remark, Cause | undefined>> = {
  'packet-length-error': { alarm: 'adverts-discarded', atLeast: 2 },
  'ttl-error': { alarm: 'adverts-discarded', atLeast: 2 },
  'version-error': { alarm: 'adverts-discarded', atLeast: 2 },
  'type-error': { alarm: 'adverts-discarded', atLeast: 2 },
  'destination-error': { alarm: 'adverts-discarded', atLeast: 2 },
  'unknown-source': { alarm: 'adverts-discarded', atLeast: 2 },
  'own-packet': { alarm: 'adverts-discarded', atLeast: 2 },
  'checksum-error': { alarm: 'checksum-mismatch', atLeast: 2 },
  'authentication-missing': { alarm: 'authentication-failed', atLeast: 2 },
  'authentication-type-mismatch': { alarm: 'authentication-failed', atLeast: 2 },
  'authentication-unknown-key': { alarm: 'authentication-failed', atLeast: 2 },
  'authentication-failed': { alarm: 'authentication-failed', atLeast: 2 },
  'authentication-stale': { alarm: 'authentication-failed', atLeast: 2 },
  'authentication-replayed': { alarm: 'authentication-failed', atLeast: 2 },
  'interval-error': { alarm: 'interval-mismatch', atLeast: 2 },
  'interval-mismatch': { alarm: 'interval-mismatch', atLeast: 2 },
  'address-list-error': { alarm: 'address-list-mismatch', atLeast: 2 },
  'address-list-mismatch': { alarm: 'address-list-mismatch', atLeast: 2 },
  'address-drift': { alarm: 'address-drift', atLeast: 2 },
  'vrid-collision': { alarm: 'vrid-collision', atLeast: 2 },
  'owner-conflict': { alarm: 'owner-conflict', atLeast: 1 },
  'unknown-master': { alarm: 'unknown-master', atLeast: 1 },
  'unauthenticated': undefined,
  'unknown-vrid': undefined,
};

/** One reason of one trouble, by the engine's counter. */
interface Count {
  /** The counter before the first notice. */
  before: number;
  /** The counter at the last look; at least one more, because there was a notice. */
  now: number;
}

/** One alarm that is up or may come. */
interface Trouble {
  readonly alarm: AlarmName;
  readonly scope: Scope;
  /** The name of the router or interface. */
  readonly subject: string;
  readonly atLeast: number;
  readonly firstAtMs: number;
  lastAtMs: number;
  /** When it was last seen to grow. */
  grownAt: Instant;
  readonly counts: Map<DiscardReason | Remark, Count>;
  /** Address to interface, newest last. */
  readonly sources: Map<string, string>;
  /** Of the newest advertisement that was told. */
  said: AlarmEvidence['advertisement'];
}

/** What named none of our routers is counted for the interfaces. */
type Scope = 'router' | 'interface';

/** Counters of the engine: see counterKey. */
type Counters = ReadonlyMap<string, number>;

/** The troubles of one node with advertisements. */
export class AdvertAlarms {
  readonly #alarms: AlarmRegistry;
  /** By alarm and subject, the one that grew last at the end. */
  readonly #troubles = new Map<string, Trouble>();
  #counters: Counters = new Map();
  #senders: Snapshot['engine']['senders'] = [];

  constructor(alarms: AlarmRegistry) {
    this.#alarms = alarms;
  }

  /** Whether the counters of the engine have to be looked at. */
  isWatching(): boolean {
    return this.#troubles.size > 0;
  }

  /** Takes a notice.
   *  @returns whether it was about an advertisement that can become an alarm */
  noteNotice(notice: Notice, now: Instant): boolean {
    const { event, fields, at } = notice;
    const reason = event === 'advertisement-discarded' ? fields['reason'] : event;
    if (!isReason(reason)) return false;
    const cause = CAUSES[reason];
    const scope = fields['router'] === undefined ? 'interface' : 'router';
    const subject = fields[scope];
    if (cause === undefined || typeof subject !== 'string') return false;
    const trouble = this.#troubleOf(cause, { scope, subject }, at, now);
    const before = this.#counters.get(counterKey(trouble, reason)) ?? 0;
    if (!trouble.counts.has(reason)) trouble.counts.set(reason, { before, now: before + 1 });
    trouble.lastAtMs = at;
    trouble.said = readAdvertisement(fields);
    if (typeof fields['source'] === 'string') {
      trouble.sources.delete(fields['source']);
      trouble.sources.set(fields['source'], String(fields['interface'] ?? ''));
      const [oldest] = trouble.sources.keys();
      if (trouble.sources.size > MAX_SOURCES && oldest !== undefined) trouble.sources.delete(oldest);
    }
    this.#judge(trouble);
    return true;
  }

  /** Takes what the engine has counted.
   *  @param wallClockMs what the operator is told as the last time */
  takeSnapshot({ routers, engine }: Pick<Snapshot, 'routers' | 'engine'>, now: Instant, wallClockMs: number): void {
    this.#counters = readCounters({ routers, engine });
    this.#senders = engine.senders;
    for (const [key, trouble] of this.#troubles) {
      if (this.#recount(trouble)) {
        trouble.grownAt = now;
        trouble.lastAtMs = wallClockMs;
      }
      if (now - trouble.grownAt >= ALARM_SILENCE_MS) this.#forget(key, trouble);
      else this.#judge(trouble);
    }
  }

  /** A router that is not configured any more has no alarms. */
  forgetRouter(router: string): void {
    for (const [key, trouble] of this.#troubles) {
      if (trouble.scope === 'router' && trouble.subject === router) this.#forget(key, trouble);
    }
  }

  #troubleOf(
    { alarm, atLeast }: Cause, about: Pick<Trouble, 'scope' | 'subject'>, atMs: number, now: Instant,
  ): Trouble {
    const key = `${alarm} ${about.scope} ${about.subject}`;
    const trouble = this.#troubles.get(key) ?? {
      alarm, ...about, atLeast, firstAtMs: atMs, lastAtMs: atMs, grownAt: now, counts: new Map(), sources: new Map(),
      said: undefined,
    };
    trouble.grownAt = now;
    this.#troubles.delete(key);
    this.#troubles.set(key, trouble);
    const [oldest] = this.#troubles;
    if (this.#troubles.size > MAX_TROUBLES && oldest !== undefined) this.#forget(...oldest);
    return trouble;
  }

  /** @returns whether it happened again */
  #recount(trouble: Trouble): boolean {
    let grew = false;
    for (const [reason, count] of trouble.counts) {
      const value = this.#counters.get(counterKey(trouble, reason)) ?? 0;
      // The router was made anew, and its counters with it.
      if (value < count.before) count.before = 0;
      if (value > count.now) grew = true;
      if (value > count.before) count.now = value;
    }
    return grew;
  }

  #judge(trouble: Trouble): void {
    const total = [...trouble.counts.values()].reduce((sum, { before, now }) => sum + now - before, 0);
    if (total < trouble.atLeast) return;
    const evidence = this.#evidence(trouble);
    this.#alarms.raise(trouble.alarm, describe(evidence), trouble.subject, { sinceMs: trouble.firstAtMs, evidence });
  }

  #evidence({ counts, sources, lastAtMs, said }: Trouble): AlarmEvidence {
    const reasons = [...counts].map(([reason, { before, now }]) => [reason, now - before] as const);
    return {
      reasons: Object.fromEntries(reasons),
      sources: [...sources].flatMap(([address, interfaceName]) => this.#identify(address, interfaceName)),
      lastAtMs, advertisement: said,
    };
  }

  /** One entry for each MAC address that the observer has seen behind the source. */
  #identify(address: string, interfaceName: string): readonly AlarmSource[] {
    const macs = this.#senders.filter((sender) => sender.address === address && sender.interface === interfaceName);
    const source = { address, interface: interfaceName };
    return macs.length === 0 ? [source] : macs.map(({ mac }) => ({ ...source, mac }));
  }

  #forget(key: string, { alarm, subject }: Trouble): void {
    this.#troubles.delete(key);
    this.#alarms.clear(alarm, subject);
  }
}

function counterKey({ scope, subject }: Pick<Trouble, 'scope' | 'subject'>, reason: string): string {
  return `${scope} ${subject} ${reason}`;
}

function isReason(value: unknown): value is DiscardReason | Remark {
  return typeof value === 'string' && Object.hasOwn(CAUSES, value);
}

function readCounters({ routers, engine }: Pick<Snapshot, 'routers' | 'engine'>): Counters {
  const counters = new Map<string, number>();
  const add = (scope: Scope, subject: string, counts: Readonly<Record<string, number>>): void => {
    for (const [reason, count] of Object.entries(counts)) {
      const key = counterKey({ scope, subject }, reason);
      counters.set(key, (counters.get(key) ?? 0) + count);
    }
  };
  for (const { name, families } of routers) {
    for (const { discarded, remarked } of families) {
      add('router', name, discarded);
      add('router', name, remarked);
    }
  }
  // What named no router of ours is counted for all interfaces together.
  for (const place of new Set(routers.map((router) => router.interface))) add('interface', place, engine.discarded);
  return counters;
}

function readAdvertisement(fields: Notice['fields']): AlarmEvidence['advertisement'] {
  const { vrid, version, priority, advert_interval_ms: intervalMs, addresses } = fields;
  if (typeof vrid !== 'number' || typeof version !== 'number' || typeof priority !== 'number') return undefined;
  if (typeof intervalMs !== 'number' || typeof addresses !== 'string') return undefined;
  return { vrid, version, priority, advertIntervalMs: intervalMs, addresses: addresses.split(' ').filter(Boolean) };
}

/** `ttl-error 12 times from 10.0.0.99 on eth0: priority 200, every 1000 ms, 192.0.2.10` */
function describe({ reasons, sources, advertisement }: AlarmEvidence): string {
  const what = Object.entries(reasons).map(([reason, count]) => `${reason} ${times(count)}`).join(', ');
  const who = sources.map(({ address, mac, interface: place }) =>
    `${address}${mac === undefined ? '' : ` (${mac})`}${place === '' ? '' : ` on ${place}`}`).join(', ');
  if (advertisement === undefined) return `${what} from ${who}`;
  const { priority, advertIntervalMs, addresses } = advertisement;
  return `${what} from ${who}: priority ${String(priority)}, every ${String(advertIntervalMs)} ms, ` +
    (addresses.length === 0 ? 'no addresses' : addresses.join(' '));
}

function times(count: number): string {
  return count === 1 ? 'once' : `${String(count)} times`;
}

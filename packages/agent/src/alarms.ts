// What is wrong right now: raised and cleared by whoever notices, shown by `baton status`. Decides nothing and
// remembers no past.

import type { IpAddress } from '@baton/base';

/** Every alarm there is. Those about advertisements end when their cause has been silent for a minute. */
export type AlarmName =
  /** The kernel refuses an address of a virtual router, which is in fault. */
  | 'address-install-failed'
  /** The interface of a virtual router has no address to send from. */
  | 'no-primary-address'
  /** No socket could be opened on the interface of a virtual router. */
  | 'socket-unavailable'
  /** The address that a virtual router is told to send from is not on its interface. */
  | 'source-address-missing'
  /** Another router advertises some of our virtual addresses and some others: a peer in mid-change, or one that is
   *  configured differently. */
  | 'address-drift'
  /** Another router advertises other virtual addresses than ours. */
  | 'address-list-mismatch'
  /** Advertisements are thrown away again and again; the evidence says why. */
  | 'adverts-discarded'
  /** Advertisements are thrown away because they do not prove that they come from a peer. */
  | 'authentication-failed'
  /** Advertisements are thrown away because of their checksum: damaged, or of a form that is not accepted. */
  | 'checksum-mismatch'
  /** A reload, or an agent that was started again, could not use the file; what was accepted before still runs. */
  | 'configuration-refused'
  /** Peers cannot connect to this node. */
  | 'control-channel-unavailable'
  /** Nobody can ask this node for its status. */
  | 'control-socket-unavailable'
  /** Somebody else answers for an address while this node is its master; seen by the packet observer. */
  | 'duplicate-address'
  /** After a restart of the agent hooks may be told again what they were told. */
  | 'hook-progress-unwritable'
  /** Another router advertises with another interval than ours. */
  | 'interval-mismatch'
  /** The interface of a virtual router does not exist. */
  | 'interface-missing'
  /** Events are kept in memory only. */
  | 'journal-unwritable'
  /** This router owns its addresses, and yet another one is master of them. */
  | 'owner-conflict'
  /** Connections to the control channel are refused again and again; ends after a minute of silence. */
  | 'peer-refused'
  /** There has been no control channel to this peer for 10 s; the election goes on without it. */
  | 'peer-unreachable'
  /** Epochs are kept in memory only. */
  | 'state-unwritable'
  /** Lines go to standard error only. */
  | 'log-file-unwritable'
  /** A member of a sync group hears no master, and may not become one because another member hears its own. */
  | 'sync-group-split'
  /** A router that nobody has configured advertises itself as master. */
  | 'unknown-master'
  /** Somebody else uses our VRID for addresses that are not ours. */
  | 'vrid-collision';

/** Who sent advertisements. */
export interface AlarmSource {
  readonly address: IpAddress;
  readonly interface: string;
  /** Absent when nobody has seen it: see `observe`. */
  readonly mac?: string;
}

/** What an alarm about advertisements rests on. */
export interface AlarmEvidence {
  /** How often, since it began, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The senders that were told last, the newest at the end. */
  readonly sources: readonly AlarmSource[];
  /** Wall-clock milliseconds since 1970. */
  readonly lastAtMs: number;
  /** What the newest one said; undefined when it could not be read. Proves nothing: it may be forged. */
  readonly advertisement: {
    readonly vrid: number; readonly version: number; readonly priority: number; readonly advertIntervalMs: number;
    readonly addresses: readonly IpAddress[];
  } | undefined;
}

/** One alarm that is up. */
export interface Alarm {
  readonly name: AlarmName;
  /** What it is about: a router, a file; empty when there can be only one. */
  readonly subject: string;
  /** Wall-clock milliseconds since 1970. */
  readonly sinceMs: number;
  readonly detail: string;
  readonly evidence?: AlarmEvidence;
}

/** What can be known of an alarm besides its detail. */
export interface AlarmContext {
  /** When it began; now when absent. Counts only for the first of several. */
  readonly sinceMs?: number;
  readonly evidence?: AlarmEvidence;
}

/** Told about every alarm that goes up or down, not about changes of its detail. */
export type AlarmListener = (change: 'alarm-raised' | 'alarm-cleared', alarm: Alarm) => void;

/** The alarms that are up. */
export class AlarmRegistry {
  readonly #alarms = new Map<string, Alarm>();
  readonly #wallClockMs: () => number;
  readonly #listener: AlarmListener;

  constructor(wallClockMs: () => number, listener: AlarmListener) {
    this.#wallClockMs = wallClockMs;
    this.#listener = listener;
  }

  /** Raises an alarm, or renews the detail of one that is up: `since` stays. */
  raise(name: AlarmName, detail: string, subject = '', { sinceMs, evidence }: AlarmContext = {}): void {
    const known = this.#alarms.get(key(name, subject));
    const beganAtMs = known?.sinceMs ?? sinceMs ?? this.#wallClockMs();
    const alarm: Alarm = { name, subject, sinceMs: beganAtMs, detail, ...(evidence && { evidence }) };
    this.#alarms.set(key(name, subject), alarm);
    if (known === undefined) this.#listener('alarm-raised', alarm);
  }

  /** Clears an alarm; nothing happens when it is not up. */
  clear(name: AlarmName, subject = ''): void {
    const known = this.#alarms.get(key(name, subject));
    if (known === undefined) return;
    this.#alarms.delete(key(name, subject));
    this.#listener('alarm-cleared', known);
  }

  /** In the order in which they were raised. */
  list(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }
}

function key(name: AlarmName, subject: string): string {
  return `${name} ${subject}`;
}

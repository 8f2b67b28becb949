// What is wrong right now: raised and cleared by whoever notices, shown by `baton status`. Decides nothing and
// remembers no past.

/** Every alarm there is. */
export type AlarmName =
  /** A reload, or an agent that was started again, could not use the file; what was accepted before still runs. */
  | 'configuration-refused'
  /** Nobody can ask this node for its status. */
  | 'control-socket-unavailable'
  /** Somebody else answers for an address while this node is its master; seen by the packet observer. */
  | 'duplicate-address'
  /** After a restart of the agent hooks may be told again what they were told. */
  | 'hook-progress-unwritable'
  /** The interface of a virtual router does not exist. */
  | 'interface-missing'
  /** Events are kept in memory only. */
  | 'journal-unwritable'
  /** Epochs are kept in memory only. */
  | 'state-unwritable'
  /** Lines go to standard error only. */
  | 'log-file-unwritable';

/** One alarm that is up. */
export interface Alarm {
  readonly name: AlarmName;
  /** What it is about: a router, a file; empty when there can be only one. */
  readonly subject: string;
  /** Wall-clock milliseconds since 1970. */
  readonly sinceMs: number;
  readonly detail: string;
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
  raise(name: AlarmName, detail: string, subject = ''): void {
    const known = this.#alarms.get(key(name, subject));
    const alarm: Alarm = { name, subject, sinceMs: known?.sinceMs ?? this.#wallClockMs(), detail };
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

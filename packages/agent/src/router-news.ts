// What becomes of news about routers: a transition is logged, is or ends an alarm, moves its sync group, is told to
// hooks and remembered; a notice is logged and may become an alarm. Decides the order of these and nothing else.

import type { Clock } from '@baton/base';
import type { Configuration } from '@baton/config';
import type { EngineMessage } from '@baton/engine/messages';
import type { AlarmWatch } from './alarm-watch.js';
import type { Snapshot } from './engine-channel.js';
import type { Equipment } from './equipment.js';
import { evidenceFields, transitionFields, type EventReporter, type Notice } from './events.js';
import { Overruling } from './overruling.js';
import { SyncGroups, type GroupChange, type GroupState } from './sync-groups.js';

/** What it works with. */
export interface RouterNewsOptions {
  readonly reporter: EventReporter;
  readonly alarms: AlarmWatch;
  readonly clock: Clock;
}

/** The news of one engine. */
export class RouterNews {
  readonly #reporter: EventReporter;
  readonly #alarms: AlarmWatch;
  readonly #clock: Clock;
  readonly #groups = new SyncGroups();
  readonly #overruling = new Overruling();

  constructor({ reporter, alarms, clock }: RouterNewsOptions) {
    this.#reporter = reporter;
    this.#alarms = alarms;
    this.#clock = clock;
  }

  /** The sync groups as they are now. */
  groups(): readonly GroupState[] {
    return this.#groups.list();
  }

  /** The engine runs this configuration; its hooks have accepted it. */
  noteConfigured(configuration: Configuration, equipment: Equipment): void {
    const { routers, syncGroups } = configuration;
    const names = routers.map(({ name }) => name);
    this.#alarms.noteConfigured(names, configuration);
    this.#tellGroups(this.#groups.configure(syncGroups, names), equipment);
  }

  /** A router changed its state.
   *  @param equipment undefined when nobody is to be told any more */
  noteTransition(
    { router, change, steps, evidence, at }: Extract<EngineMessage, { type: 'state-changed' }>,
    equipment: Equipment | undefined,
  ): void {
    const { to: state, reason, epoch, faults } = change;
    const fields = transitionFields(router, change, steps);
    const context = { atMs: at, evidence: evidenceFields(evidence) };
    this.#reporter.report(state === 'fault' ? 'error' : 'info', 'state-changed', fields, context);
    if (equipment === undefined) return;
    const { hooks, memory } = equipment;
    this.#alarms.noteState(router, state, faults, hooks.settingsOf(router));
    hooks.stateChanged(router, change, at);
    this.#tellGroups(this.#groups.note(router, { state, epoch, reason, atMs: at }), equipment);
    memory.noteEpoch(router, epoch);
  }

  /** An agent that has just begun finds the routers in these states. */
  reconcile(snapshot: Snapshot, { hooks, memory }: Equipment): void {
    this.#alarms.takeSnapshot(snapshot);
    for (const { name, state, faults, epoch, reason, sinceMs: atMs } of snapshot.routers) {
      this.#alarms.noteState(name, state, faults, hooks.settingsOf(name));
      this.#groups.note(name, { state, epoch, reason, atMs });
      memory.noteEpoch(name, epoch);
    }
    hooks.reconcile(snapshot.routers, this.#groups.list());
  }

  /** The engine wants an operator to know something. */
  noteNotice(notice: Notice): void {
    const { level, event, fields, at } = notice;
    this.#reporter.report(level, event, fields, { atMs: at });
    this.#alarms.noteNotice(notice);
  }

  /** A master overruled another router. */
  noteLowerPriority(message: Extract<EngineMessage, { type: 'lower-priority-received' }>): void {
    const { type, router, source, priority, at } = message;
    if (!this.#overruling.isNews(router, this.#clock.now())) return;
    this.#reporter.report('info', type, { router, source, priority }, { atMs: at });
  }

  /** What happened to whole groups, after what happened to their members. */
  #tellGroups(changes: readonly GroupChange[], { hooks }: Equipment): void {
    for (const change of changes) {
      const { group, from, state, reason, epoch, atMs } = change;
      const fields = { group: group.name, from, to: state, reason, epoch };
      this.#reporter.report(state === 'fault' ? 'error' : 'info', 'group-state-changed', fields, { atMs });
      hooks.groupChanged(change);
    }
  }
}

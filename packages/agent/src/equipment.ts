// What an agent works with once it has a configuration, put together: journal and memory in the state directory, hooks
// with their progress in the runtime directory.

import type { Configuration } from '@baton/config';
import type { AgentMessage } from '@baton/engine/messages';
import type { AlarmName } from './alarms.js';
import type { EventReporter } from './events.js';
import type { StartCommand } from './hooks/command.js';
import { HookDelivery } from './hooks/delivery.js';
import type { FindLeftover } from './hooks/leftover.js';
import { ProgressStore } from './hooks/progress.js';
import { Journal } from './journal.js';
import { Maintenance } from './maintenance.js';
import { AgentMemory } from './memory.js';
import { StateFile } from './state-file.js';

/** What exists once a configuration has been chosen. */
export interface Equipment {
  readonly journal: Journal;
  readonly memory: AgentMemory;
  readonly hooks: HookDelivery;
  readonly maintenance: Maintenance;
}

/** What can be wrong with it. */
export type EquipmentAlarm = Extract<
  AlarmName, 'journal-unwritable' | 'state-unwritable' | 'hook-progress-unwritable'
>;

/** What it is made of besides the configuration. */
export interface EquipmentOptions {
  readonly reporter: EventReporter;
  readonly startCommand: StartCommand;
  readonly findLeftover: FindLeftover;
  readonly wallClockMs: () => number;
  readonly engineLife: string;
  readonly transmit: (message: AgentMessage) => void;
  /** Raises an alarm, or clears it with undefined. */
  readonly setAlarm: (name: EquipmentAlarm, detail: string | undefined) => void;
}

/** Puts it together; reads and writes nothing yet. From now on the reporter keeps its events in the journal. */
export function equip({ stateDirectory, runtimeDirectory }: Configuration, options: EquipmentOptions): Equipment {
  const { reporter, startCommand, findLeftover, wallClockMs, engineLife, transmit, setAlarm } = options;
  const journal = new Journal(stateDirectory, {
    unwritable: (detail) => { setAlarm('journal-unwritable', detail); },
    writable: () => { setAlarm('journal-unwritable', undefined); },
  });
  reporter.keepIn(journal);
  const stateFile = new StateFile(stateDirectory, {
    unwritable: (detail) => { setAlarm('state-unwritable', detail); },
    writable: () => { setAlarm('state-unwritable', undefined); },
  });
  const memory = new AgentMemory(stateFile, engineLife);
  const store = new ProgressStore(runtimeDirectory, engineLife, {
    unwritable: (detail) => { setAlarm('hook-progress-unwritable', detail); },
    writable: () => { setAlarm('hook-progress-unwritable', undefined); },
  });
  const hooks = new HookDelivery({ startCommand, findLeftover, store, reporter, wallClockMs });
  const maintenance = new Maintenance({ stateDirectory, send: transmit, reporter, wallClockMs });
  return { journal, memory, hooks, maintenance };
}

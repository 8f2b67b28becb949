// What an agent works with once it has a configuration, put together: journal, memory and hooks, all in one state
// directory.

import type { Configuration } from '@baton/config';
import type { EventReporter } from './events.js';
import type { StartCommand } from './hooks/command.js';
import { HookDelivery } from './hooks/delivery.js';
import { Journal } from './journal.js';
import { AgentMemory } from './memory.js';
import { StateFile } from './state-file.js';

/** What exists once a configuration has been chosen. */
export interface Equipment {
  readonly journal: Journal;
  readonly memory: AgentMemory;
  readonly hooks: HookDelivery;
}

/** What it is made of besides the configuration. */
export interface EquipmentOptions {
  readonly reporter: EventReporter;
  readonly startCommand: StartCommand;
  readonly wallClockMs: () => number;
  readonly engineLife: string;
  /** Raises an alarm, or clears it with undefined. */
  readonly setAlarm: (name: 'journal-unwritable' | 'state-unwritable', detail: string | undefined) => void;
}

/** Puts it together; reads and writes nothing yet. From now on the reporter keeps its events in the journal. */
export function equip({ stateDirectory }: Configuration, options: EquipmentOptions): Equipment {
  const { reporter, startCommand, wallClockMs, engineLife, setAlarm } = options;
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
  const hooks = new HookDelivery({
    startCommand, reporter, wallClockMs,
    onDelivered: (router, delivered) => { memory.noteDelivered(router, delivered); },
  });
  return { journal, memory, hooks };
}

// How the agent speaks: to the log, to the journal, and by alarms, which are events when they come and go. Decides only
// how these are put together.

import type { AgentPorts } from './ports.js';
import { AlarmWatch } from './alarm-watch.js';
import type { EngineChannel } from './engine-channel.js';
import { EventReporter } from './events.js';
import { AgentLog } from './log.js';

/** The voice of one agent. */
export interface Voice {
  readonly log: AgentLog;
  readonly reporter: EventReporter;
  readonly alarms: AlarmWatch;
}

/** Puts it together; the journal joins when there is a configuration. */
export function createVoice(
  { clock, wallClockMs, stderr }: Pick<AgentPorts, 'clock' | 'wallClockMs' | 'stderr'>, channel: EngineChannel,
): Voice {
  const log = new AgentLog({
    stderr, clock, wallClockMs, onFileTrouble: (detail) => { alarms.set('log-file-unwritable', detail); },
  });
  const reporter = new EventReporter(log, wallClockMs);
  const alarms = new AlarmWatch({
    clock, wallClockMs, snapshot: () => channel.snapshot(),
    listener: (change, { name, subject, detail }) => {
      const fields = { alarm: name, subject: subject === '' ? undefined : subject, detail };
      reporter.report(change === 'alarm-raised' ? 'warn' : 'info', change, fields);
    },
  });
  return { log, reporter, alarms };
}

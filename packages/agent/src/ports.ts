// The world around the agent: what Node gives it in production, and a test in memory.

import type { Clock } from '@baton/base';
import type { LoadResult } from '@baton/config';
import type { AgentMessage } from '@baton/engine/messages';
import type { Writable } from 'node:stream';
import type { EngineWatchPorts } from './engine-watch.js';
import type { StartCommand } from './hooks/command.js';
import type { FindLeftover } from './hooks/leftover.js';
import type { LastWillPorts } from './last-wills.js';

/** Everything outside the agent. */
export interface AgentPorts extends LastWillPorts {
  readonly transmit: (message: AgentMessage) => void;
  readonly load: () => LoadResult;
  readonly startCommand: StartCommand;
  readonly findLeftover: FindLeftover;
  readonly clock: Clock;
  /** Wall-clock milliseconds since 1970. */
  readonly wallClockMs: () => number;
  readonly stderr: Writable;
  /** Identifies this life of the engine: a different text after every start of it. */
  readonly engineLife: string;
  /** What the engine has used of the processor; undefined when nobody can tell. */
  readonly engineWork: EngineWatchPorts['workOf'];
  /** SIGKILL to the engine. */
  readonly killEngine: () => void;
  readonly version: string;
  /** Runtime directory of an engine that already runs a configuration; undefined on the first start. */
  readonly resumeFrom: string | undefined;
  /** Ends the process. */
  readonly end: (exitCode: number) => void;
}

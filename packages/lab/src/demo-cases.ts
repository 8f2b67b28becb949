// The ways in which the demo takes the master away, and what the protocol's arithmetic expects of each.

import type { IpAddress } from '@baton/base';

import { formatMs } from './demo-screen.js';
import type { Lan } from './namespaces.js';
import type { BatonNode } from './node.js';
import type { Observer } from './observer.js';
import type { Probe } from './probe.js';
import type { LabProcess } from './processes.js';
import type { Responder } from './responder.js';

/** The nodes of the demo: `a` has the higher priority. */
export type NodeName = 'a' | 'b';

/** Everything on the stage. */
export interface Stage {
  readonly lan: Lan;
  readonly address: IpAddress;
  readonly intervalMs: number;
  readonly nodes: Readonly<Record<NodeName, BatonNode>>;
  readonly responders: Record<NodeName, Responder>;
  readonly restartResponder: (name: NodeName) => Promise<Responder>;
  readonly observer: Observer;
  readonly probe: Probe;
  /** Adds a line to the timeline. */
  readonly say: (who: string, what: string, at?: number) => void;
  /** Daemon processes whose log is already shown. */
  followed?: Partial<Record<NodeName, LabProcess>>;
}

/** One way to take the master away, and to give it back. */
export interface DemoCase {
  readonly title: string;
  readonly takeAwayText: string;
  readonly takeAway: () => Promise<void>;
  /** What the timers say the outage should be. */
  readonly theory: string;
  /** Said when the node that was taken away still answers ARP; without it that is a failure. */
  readonly lingering?: string;
  readonly backTitle: string;
  readonly giveBackText: string;
  /** Prepares the return; a daemon that does not run is started afterwards. */
  readonly giveBack: () => Promise<void>;
}

/** What the return of the higher priority should cost: both hold the address from the moment a takes it until b has
 *  read its advertisement, so at most one exchange is lost. */
export const PREEMPTION = 'a few ms';

/** Priority of the backup, which decides its skew time. */
const BACKUP_PRIORITY = 253;

/** The cases, in the order in which they are shown. */
export function demoCases(stage: Stage): readonly DemoCase[] {
  const skewTimeMs = (256 - BACKUP_PRIORITY) / 256 * stage.intervalMs;
  const silent = `${formatMs(2 * stage.intervalMs + skewTimeMs)} to ${formatMs(3 * stage.intervalMs + skewTimeMs)}`;
  const { a } = stage.nodes;
  return [
    {
      title: 'planned stop', takeAwayText: 'stops the service on a (SIGTERM)', takeAway: () => a.stop(),
      theory: formatMs(skewTimeMs),
      backTitle: 'a started again', giveBackText: 'starts the service on a again', giveBack: () => Promise.resolve(),
    },
    {
      title: 'kill', takeAwayText: 'kills every process of a at once (SIGKILL), the answering service included',
      takeAway: async () => { await Promise.all([a.kill(), stage.responders.a.kill()]); },
      theory: silent,
      lingering: 'no process is left on a to take the address off: its kernel answers ARP beside b for now',
      backTitle: 'a started again',
      giveBackText: 'starts everything on a again: Baton takes the stale address off first',
      giveBack: async () => { stage.responders.a = await stage.restartResponder('a'); },
    },
    {
      title: 'link down', takeAwayText: 'pulls the cable of a', takeAway: () => stage.lan.setCable('a', 'down'),
      theory: silent,
      backTitle: 'link up', giveBackText: 'plugs the cable of a in again',
      giveBack: () => stage.lan.setCable('a', 'up'),
    },
  ];
}

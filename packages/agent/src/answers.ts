// What the agent answers to whoever asks at the control socket: the status, and the journal. Decides nothing; how it is
// asked and told is control/'s.

import type { Configuration } from '@baton/config';
import type { AlarmWatch } from './alarm-watch.js';
import type { ControlService, ReloadMode } from './control/connection.js';
import type {
  HandOverReport, JournalEvent, MaintenanceReport, RefusedConfiguration, ReloadReport, StatusReport,
} from './control/messages.js';
import type { EngineChannel } from './engine-channel.js';
import type { Journal, JournalView } from './journal.js';
import type { Maintenance } from './maintenance.js';
import type { PeerPresence } from './peers/presence.js';
import type { RouterNews } from './router-news.js';
import { buildStatus } from './status.js';

/** An agent that runs. */
export interface RunningAgent {
  readonly configuration: Configuration;
  readonly journal: Journal;
  readonly maintenance: Maintenance;
}

/** What the answers come from. */
export interface AnswerSources {
  readonly channel: EngineChannel;
  readonly alarms: AlarmWatch;
  readonly news: RouterNews;
  readonly peers: PeerPresence;
  readonly version: string;
  readonly wallClockMs: () => number;
  /** What runs now; undefined before and after. */
  readonly running: () => RunningAgent | undefined;
  readonly refused: () => RefusedConfiguration | null;
  readonly reload: (mode: ReloadMode) => Promise<ReloadReport>;
}

/** Answers for one agent. */
export class Answers implements ControlService {
  readonly #sources: AnswerSources;

  constructor(sources: AnswerSources) {
    this.#sources = sources;
  }

  /** @throws {BatonError} ERR_AGENT_ENGINE_SILENT */
  async status(): Promise<StatusReport> {
    const { channel, alarms, news, version, wallClockMs, running } = this.#sources;
    const snapshot = await channel.snapshot();
    alarms.takeSnapshot(snapshot);
    const { routers, engine } = snapshot;
    const { node, peers, routers: settings } = running()?.configuration ?? { node: '', peers: [], routers: [] };
    return buildStatus({
      node, version, peers, routers, settings, groups: news.groups(), engine, alarms: alarms.list(),
      maintenance: running()?.maintenance.isOn ?? false, refused: this.#sources.refused(),
      channel: this.#sources.peers.view(), nowMs: wallClockMs(),
    });
  }

  reload(mode: ReloadMode): Promise<ReloadReport> {
    return this.#sources.reload(mode);
  }

  async handOver(
    { router, to, forMs }: Parameters<ControlService['handOver']>[0],
  ): Promise<readonly HandOverReport[]> {
    const { handOvers } = this.#sources.peers;
    const wish = { ...(to !== undefined && { to }), ...(forMs !== undefined && { holdMs: forMs }) };
    return router === undefined ? handOvers.handOverAll(wish) : [await handOvers.handOver(router, wish)];
  }

  /** Who can take over does so before; what is left resigns. */
  async maintain(on: boolean, forMs: number | undefined): Promise<MaintenanceReport> {
    const maintenance = this.#sources.running()?.maintenance;
    if (!on) maintenance?.end();
    const handovers = on ? await this.#sources.peers.handOvers.handOverAll({ withoutPeer: 'give-up' }) : [];
    if (on) maintenance?.begin(forMs);
    const untilMs = maintenance?.untilMs;
    const until = untilMs === undefined ? null : new Date(untilMs).toISOString();
    return { on: maintenance?.isOn ?? false, until, handovers };
  }

  openEvents(follower?: (event: JournalEvent) => void): Promise<JournalView> {
    const running = this.#sources.running();
    if (running !== undefined) return running.journal.open(follower);
    return Promise.resolve({ events: noEvents, close: () => Promise.resolve() });
  }
}

async function* noEvents(): AsyncGenerator<JournalEvent> {
  // The socket is open only while the agent runs: nothing can be asked earlier or later.
}

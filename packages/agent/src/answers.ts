// What the agent answers to whoever asks at the control socket: the status, and the journal. Decides nothing; how it is
// asked and told is control/'s.

import type { Configuration } from '@baton/config';
import type { AlarmWatch } from './alarm-watch.js';
import type { ControlService, ReloadMode } from './control/connection.js';
import type { JournalEvent, RefusedConfiguration, ReloadReport, StatusReport } from './control/messages.js';
import type { EngineChannel } from './engine-channel.js';
import type { Journal, JournalView } from './journal.js';
import type { PeerPresence } from './peers/presence.js';
import type { RouterNews } from './router-news.js';
import { buildStatus } from './status.js';

/** What the answers come from. */
export interface AnswerSources {
  readonly channel: EngineChannel;
  readonly alarms: AlarmWatch;
  readonly news: RouterNews;
  readonly peers: PeerPresence;
  readonly version: string;
  readonly wallClockMs: () => number;
  /** What runs now; undefined before and after. */
  readonly running: () => { readonly configuration: Configuration; readonly journal: Journal } | undefined;
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
      refused: this.#sources.refused(), channel: this.#sources.peers.view(), nowMs: wallClockMs(),
    });
  }

  reload(mode: ReloadMode): Promise<ReloadReport> {
    return this.#sources.reload(mode);
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

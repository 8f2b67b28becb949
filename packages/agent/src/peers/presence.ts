// What the agent does with the control channel: it says what the engine says of the routers, keeps events and alarms of
// the peers, and gives the status its part. Decides when the engine is asked.

import type { Clock } from '@baton/base';
import type { Configuration } from '@baton/config';
import type { EngineMessage, RouterSnapshot } from '@baton/engine/messages';
import { randomUUID } from 'node:crypto';
import type { AlarmWatch } from '../alarm-watch.js';
import type { EngineChannel, Snapshot } from '../engine-channel.js';
import type { EventReporter } from '../events.js';
import { PeerChannel, type ChannelView } from './channel.js';
import { HandOvers } from './hand-over.js';
import type { Standing } from './messages.js';

/** What it works with. */
export interface PeerPresenceOptions {
  readonly engine: EngineChannel;
  readonly reporter: EventReporter;
  readonly alarms: AlarmWatch;
  readonly clock: Clock;
  /** Of Baton. */
  readonly version: string;
}

/** The peers of one agent. */
export class PeerPresence {
  readonly channel: PeerChannel;
  readonly handOvers: HandOvers;
  readonly #engine: EngineChannel;
  #isLooking = false;
  #isStale = false;

  constructor({ engine, reporter, alarms, clock, version }: PeerPresenceOptions) {
    this.#engine = engine;
    this.channel = new PeerChannel({
      clock, random: Math.random, version, boot: randomUUID(),
      connected: (peer, address, peerVersion) => {
        reporter.report('info', 'peer-connected', { peer, address, version: peerVersion });
      },
      lost: (peer, reason) => { reporter.report('warn', 'peer-lost', { peer, reason }); },
      refused: ({ reason, address, node }) => {
        reporter.report('warn', 'peer-refused', { reason, address, peer: node });
      },
      alarm: (name, detail, subject) => { alarms.set(name, detail, subject); },
    });
    this.handOvers = new HandOvers({ engine, channel: this.channel, reporter, clock });
    this.channel.handleRequests((node, request) => this.handOvers.answer(node, request));
  }

  /** The engine runs this configuration. */
  noteConfigured(configuration: Configuration): void {
    void this.channel.configure(configuration).then(() => this.#look());
  }

  /** A router has changed its state. When it fell from mastership into fault, a peer need not find out by itself. */
  noteChange(message: Extract<EngineMessage, { type: 'state-changed' }>): void {
    const { router, change } = message;
    this.handOvers.noteChange(message);
    if (change.from === 'master' && change.to === 'fault') void this.handOvers.pass(router, change.epoch);
    void this.#look();
  }

  /** Whether any peer is connected. */
  get isAnybodyThere(): boolean {
    return (this.channel.view()?.peers.length ?? 0) > 0;
  }

  view(): ChannelView | undefined {
    return this.channel.view();
  }

  close(): void {
    this.handOvers.close();
    this.channel.close();
  }

  async #look(): Promise<void> {
    if (!this.channel.isOn) return;
    // An answer that is under way may be older than what is new.
    this.#isStale = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#lookOnce();
    }
    this.#isLooking = false;
  }

  async #lookOnce(): Promise<void> {
    let snapshot: Snapshot;
    try {
      snapshot = await this.#engine.snapshot();
    } catch {
      return; // the engine is silent: the peers hear of it with the next change
    }
    this.channel.tell(snapshot.routers.map(standingOf));
  }
}

function standingOf({ name, state, priority, epoch, sinceMs, reason, held, faults }: RouterSnapshot): Standing {
  const { configured, effective } = priority;
  return {
    router: name, state, priority: { configured, effective }, epoch, sinceMs: Math.round(sinceMs), reason,
    held, maintenance: faults.includes('maintenance'), faults,
  };
}

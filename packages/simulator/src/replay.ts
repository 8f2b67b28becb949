// Plays a recording through the engine: the same calls at the same instants, with ports that answer what they answered
// then. Where the engine asks for something else than it did, the recording was made by other code, and that is said.

import { addressFamily, BatonError, type Instant } from '@baton/base';
import { Engine, type EnginePorts } from '@baton/engine/core';
import type { EngineMessage } from '@baton/engine/messages';
import type { HeldAddress, LinkState, NetErrorCode, ReceivedDatagram } from '@baton/net';
import { BARE_PORTS } from './bare-ports.js';
import {
  recordDatagram, restoreDatagram, type RecordedAnswer, type RecordedCall, type RecordingLine,
} from './recording.js';

/** Something that the engine did, at an instant of its own clock. */
export type ReplayedDeed =
  | { readonly at: Instant; readonly kind: 'sent'; readonly source: string; readonly payload: string }
  | { readonly at: Instant; readonly kind: 'claimed' | 'renewed' | 'released'; readonly address: string }
  | { readonly at: Instant; readonly kind: 'announced'; readonly addresses: readonly string[]; readonly count: number }
  | { readonly at: Instant; readonly kind: 'told'; readonly message: EngineMessage };

/** The engine asked for something that the recording does not answer. */
export class ReplayError extends Error {
  constructor(line: number, wanted: string, found: string) {
    super(`line ${String(line)}: the engine asks to ${wanted}, the recording goes on with ${found}`);
    this.name = 'ReplayError';
  }
}

/** Plays a recording and returns what the engine did.
 *  @throws {ReplayError} where the engine does something else than at the recording */
export function replay(lines: readonly RecordingLine[]): readonly ReplayedDeed[] {
  return new Replay(lines).run();
}

type AnswerTo<To> = Extract<RecordedAnswer, { readonly to: To }>;

class Replay {
  readonly #lines: readonly RecordingLine[];
  readonly #deeds: ReplayedDeed[] = [];
  readonly #engine: Engine;
  #index = 0;
  #now: Instant = 0;
  #held: readonly HeldAddress[] = [];
  #fire: () => void = () => undefined;
  /** By interface and family. */
  readonly #receivers = new Map<string, (datagram: ReceivedDatagram) => void>();
  #linkChanged: (link: LinkState) => void = () => undefined;

  constructor(lines: readonly RecordingLine[]) {
    this.#lines = lines;
    this.#engine = new Engine(this.#ports());
  }

  run(): readonly ReplayedDeed[] {
    while (this.#index < this.#lines.length) {
      const line = this.#peek();
      this.#index += 1;
      if (line?.type !== 'call') continue;
      this.#now = line.at;
      this.#perform(line.call);
    }
    return this.#deeds;
  }

  #perform(call: RecordedCall): void {
    switch (call.kind) {
      case 'configure': this.#engine.configure(call.generation, call.routers, call.syncGroups); break;
      case 'health': this.#engine.setHealth(call.router, call); break;
      case 'shutdown': this.#engine.shutdown(); break;
      case 'timer': this.#fire(); break;
      case 'datagram': this.#deliver(restoreDatagram(call.datagram)); break;
      case 'link': this.#linkChanged(call.link); break;
    }
  }

  #ports(): EnginePorts {
    const deed = (what: ReplayedDeed): void => {
      this.#deeds.push(what);
    };
    return {
      clock: { now: () => this.#now },
      ...BARE_PORTS,
      wallClockMs: () => this.#answer('wall-clock').answer,
      emit: (message) => {
        deed({ at: this.#now, kind: 'told', message });
      },
      timer: {
        arm: (_at, fire) => {
          this.#fire = fire;
        },
      },
      packetIo: { driver: 'native', open: (name, family, receive) => this.#open(name, family, receive) },
      addressOwner: {
        claim: ({ address }) => {
          deed({ at: this.#now, kind: 'claimed', address });
          return this.#answer('claim').answer;
        },
        renew: (places) => {
          for (const { address } of places) deed({ at: this.#now, kind: 'renewed', address });
          return this.#answer('renew').answer;
        },
        release: ({ address }) => {
          deed({ at: this.#now, kind: 'released', address });
          return this.#answer('release').answer;
        },
        list: () => {
          this.#passLists();
          return this.#held;
        },
      },
      announcer: {
        announce: (places, count) => {
          deed({ at: this.#now, kind: 'announced', addresses: places.map(({ address }) => address), count });
          return this.#answer('announce').answer;
        },
      },
      linkMonitor: {
        read: () => this.#answer('read').answer,
        watch: (_names, changed) => {
          this.#linkChanged = changed;
        },
        close: () => undefined,
      },
    };
  }

  #open(
    name: string, family: 4 | 6, receive: (datagram: ReceivedDatagram) => void,
  ): ReturnType<EnginePorts['packetIo']['open']> {
    const { answer } = this.#answer('open');
    if (answer !== 'ok') throw new BatonError<NetErrorCode>(answer, `the socket on ${name} was refused then`);
    this.#receivers.set(`${name} ${String(family)}`, receive);
    return {
      interface: name,
      family,
      send: (payload, { source }) => {
        const bytes = recordDatagram({
          interface: name, source, destination: '', ttl: 255, payload, headerValid: true,
        }).payload;
        this.#deeds.push({ at: this.#now, kind: 'sent', source, payload: bytes });
        return this.#answer('send').answer;
      },
      drain: () => {
        let count = 0;
        for (let line = this.#peek(); line?.type === 'answer' && line.to === 'drain'; line = this.#peek()) {
          const { answer } = line;
          if (answer.interface !== name || addressFamily(answer.source) !== family) break; // another socket's
          this.#index += 1;
          count += 1;
          receive(restoreDatagram(answer));
        }
        return count;
      },
      close: () => undefined,
    };
  }

  #deliver(datagram: ReceivedDatagram): void {
    this.#receivers.get(`${datagram.interface} ${String(addressFamily(datagram.source))}`)?.(datagram);
  }

  /** The next answer has to be one to `wanted`. */
  #answer<To extends RecordedAnswer['to']>(wanted: To): AnswerTo<To> {
    const line = this.#peek();
    if (line?.type !== 'answer' || line.to !== wanted) throw new ReplayError(this.#index + 1, wanted, describe(line));
    this.#index += 1;
    return line as unknown as AnswerTo<To>;
  }

  #peek(): RecordingLine | undefined {
    this.#passLists();
    return this.#lines[this.#index];
  }

  /** Lists are written only when they changed: the last one holds until the next one. */
  #passLists(): void {
    for (let line = this.#lines[this.#index]; line?.type === 'answer' && line.to === 'list';) {
      this.#held = line.answer;
      this.#index += 1;
      line = this.#lines[this.#index];
    }
  }
}

function describe(line: RecordingLine | undefined): string {
  if (line === undefined) return 'nothing';
  return line.type === 'answer' ? `an answer to ${line.to}` : `a ${line.type}`;
}

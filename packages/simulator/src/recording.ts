// The form of a recording, one JSON object a line: every call into an engine with its instant, and everything that the
// ports answered. Enough to run the same calls through the same core again (replay.ts). Secrets are no part of it.

import { isBatonError, type Instant } from '@baton/base';
import type { EnginePorts } from '@baton/engine/core';
import type { RouterConfiguration, SyncGroupConfiguration } from '@baton/engine/messages';
import type {
  AddressResult, HeldAddress, LinkState, NetErrorCode, ReceivedDatagram, ReleaseResult, RenewalResult, SendResult,
} from '@baton/net';
import type { EngineCalls, EngineDecorator } from './process.js';

/** A datagram with its payload as hexadecimal digits. */
export type RecordedDatagram = Omit<ReceivedDatagram, 'payload'> & { readonly payload: string };

/** What an engine was called with. */
export type RecordedCall =
  | {
      readonly kind: 'configure'; readonly generation: number; readonly routers: readonly RouterConfiguration[];
      readonly syncGroups: readonly SyncGroupConfiguration[];
    }
  | { readonly kind: 'health'; readonly router: string; readonly adjustment: number; readonly failed: boolean }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'timer' }
  | { readonly kind: 'datagram'; readonly datagram: RecordedDatagram }
  | { readonly kind: 'link'; readonly link: LinkState };

/** What a port answered, or what the engine fetched itself, in the order in which it asked. */
export type RecordedAnswer =
  | { readonly to: 'claim'; readonly answer: AddressResult }
  | { readonly to: 'renew'; readonly answer: readonly RenewalResult[] }
  | { readonly to: 'release'; readonly answer: ReleaseResult }
  | { readonly to: 'send'; readonly answer: SendResult }
  | { readonly to: 'announce'; readonly answer: SendResult }
  /** `ok`, or the code that it was refused with. */
  | { readonly to: 'open'; readonly answer: 'ok' | NetErrorCode }
  | { readonly to: 'read'; readonly answer: LinkState }
  | { readonly to: 'wall-clock'; readonly answer: number }
  /** Only when it differs from the last one. */
  | { readonly to: 'list'; readonly answer: readonly HeldAddress[] }
  /** A datagram that lay in a socket when the engine drained it. */
  | { readonly to: 'drain'; readonly answer: RecordedDatagram };

/** One line of a recording. */
export type RecordingLine =
  /** The first line. */
  | { readonly type: 'recording'; readonly format: 1; readonly node: string }
  /** `at` by the node's own clock; it stands still during a call. */
  | { readonly type: 'call'; readonly at: Instant; readonly call: RecordedCall }
  | ({ readonly type: 'answer' } & RecordedAnswer);

/** Writes lines as the text of a recording. */
export function formatRecording(lines: readonly RecordingLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Reads the text of a recording.
 *  @throws {SyntaxError} when a line is no JSON, or the first one is not that of a recording of this format */
export function parseRecording(text: string): readonly RecordingLine[] {
  const lines = text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as RecordingLine);
  const [first] = lines as readonly { readonly type: string; readonly format?: number }[];
  if (first?.type !== 'recording') throw new SyntaxError('this is no recording');
  if (first.format !== 1) throw new SyntaxError(`recordings of format ${String(first.format)} are unknown`);
  return lines;
}

/** Turns payload bytes into digits. */
export function recordDatagram(datagram: ReceivedDatagram): RecordedDatagram {
  return { ...datagram, payload: Buffer.from(datagram.payload).toString('hex') };
}

/** Turns digits into payload bytes. */
export function restoreDatagram(datagram: RecordedDatagram): ReceivedDatagram {
  return { ...datagram, payload: Uint8Array.from(Buffer.from(datagram.payload, 'hex')) };
}

/** Records one engine, over one life: give it `ports(…)` instead of the real ports, and call it through `calls(…)`. */
export class Recorder implements EngineDecorator {
  readonly lines: RecordingLine[] = [];
  #held = '';
  #drains = false;

  /** @param node name of the node, for the reader */
  constructor(node: string) {
    this.lines.push({ type: 'recording', format: 1, node });
  }

  calls(engine: EngineCalls, clock: EnginePorts['clock']): EngineCalls {
    const note = (call: RecordedCall): void => {
      this.#call(clock.now(), call);
    };
    return {
      configure: (generation, routers, syncGroups = []) => {
        note({ kind: 'configure', generation, routers, syncGroups });
        engine.configure(generation, routers, syncGroups);
      },
      setHealth: (router, { adjustment, failed }) => {
        note({ kind: 'health', router, adjustment, failed });
        engine.setHealth(router, { adjustment, failed });
      },
      shutdown: () => {
        note({ kind: 'shutdown' });
        engine.shutdown();
      },
    };
  }

  ports(ports: EnginePorts): EnginePorts {
    const { clock, timer, addressOwner, announcer, linkMonitor } = ports;
    return {
      ...ports,
      wallClockMs: () => this.#answered({ to: 'wall-clock', answer: ports.wallClockMs() }),
      timer: {
        arm: (at, fire) => {
          timer.arm(at, () => {
            this.#call(clock.now(), { kind: 'timer' });
            fire();
          });
        },
      },
      packetIo: { driver: ports.packetIo.driver, open: this.#opener(ports) },
      addressOwner: {
        claim: (place) => this.#answered({ to: 'claim', answer: addressOwner.claim(place) }),
        renew: (places) => this.#answered({ to: 'renew', answer: addressOwner.renew(places) }),
        release: (place) => this.#answered({ to: 'release', answer: addressOwner.release(place) }),
        list: (interfaceName) => this.#listed(addressOwner.list(interfaceName)),
      },
      announcer: {
        announce: (addresses, count, options) =>
          this.#answered({ to: 'announce', answer: announcer.announce(addresses, count, options) }),
      },
      linkMonitor: {
        read: (name) => this.#answered({ to: 'read', answer: linkMonitor.read(name) }),
        watch: (names, changed) => {
          linkMonitor.watch(names, (link) => {
            this.#call(clock.now(), { kind: 'link', link });
            changed(link);
          });
        },
        close: () => {
          linkMonitor.close();
        },
      },
    };
  }

  #opener({ packetIo, clock }: EnginePorts): EnginePorts['packetIo']['open'] {
    return (name, family, receive) => {
      try {
        const socket = packetIo.open(name, family, (datagram) => {
          const recorded = recordDatagram(datagram);
          if (this.#drains) this.lines.push({ type: 'answer', to: 'drain', answer: recorded });
          else this.#call(clock.now(), { kind: 'datagram', datagram: recorded });
          receive(datagram);
        });
        this.#answered({ to: 'open', answer: 'ok' });
        return {
          interface: socket.interface,
          family,
          send: (payload, envelope) => this.#answered({ to: 'send', answer: socket.send(payload, envelope) }),
          drain: (limit) => {
            this.#drains = true;
            const count = socket.drain(limit);
            this.#drains = false;
            return count;
          },
          close: () => {
            socket.close();
          },
        };
      } catch (error) {
        if (isBatonError(error)) this.#answered({ to: 'open', answer: error.code as NetErrorCode });
        throw error;
      }
    };
  }

  #call(at: Instant, call: RecordedCall): void {
    this.lines.push({ type: 'call', at, call });
  }

  #answered<Answer extends RecordedAnswer>(recorded: Answer): Answer['answer'] {
    this.lines.push({ type: 'answer', ...recorded });
    return recorded.answer;
  }

  #listed(held: readonly HeldAddress[]): readonly HeldAddress[] {
    const text = JSON.stringify(held);
    if (text !== this.#held) this.lines.push({ type: 'answer', to: 'list', answer: held });
    this.#held = text;
    return held;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runSeed } from './fuzz.js';
import { formatRecording, parseRecording, Recorder, recordDatagram, type RecordingLine } from './recording.js';
import type { EngineDecorator } from './process.js';
import { replay, type ReplayedDeed } from './replay.js';
import { parseScenario } from './scenario-text.js';
import { runScenario, type RunOptions } from './simulation.js';

/** Records every life of every node, and beside it what the engine did, told by its ports. */
class Witness {
  readonly lives: { readonly recorder: Recorder; readonly deeds: ReplayedDeed[] }[] = [];

  readonly options: RunOptions = { decorate: (node) => this.#witness(node) };

  #witness(node: string): EngineDecorator {
    const recorder = new Recorder(node);
    const deeds: ReplayedDeed[] = [];
    this.lives.push({ recorder, deeds });
    return {
      calls: (engine, clock) => recorder.calls(engine, clock),
      ports: (original) => {
        const ports = recorder.ports(original);
        const at = (): number => original.clock.now();
        return {
          ...ports,
          emit: (message) => {
            deeds.push({ at: at(), kind: 'told', message });
            ports.emit(message);
          },
          packetIo: {
            ...ports.packetIo,
            open: (name, family, receive) => {
              const socket = ports.packetIo.open(name, family, receive);
              return {
                ...socket,
                send: (payload, envelope) => {
                  const { source } = envelope;
                  const datagram = { interface: name, source, destination: '', ttl: 255, payload, headerValid: true };
                  deeds.push({ at: at(), kind: 'sent', source, payload: recordDatagram(datagram).payload });
                  return socket.send(payload, envelope);
                },
              };
            },
          },
          addressOwner: {
            ...ports.addressOwner,
            claim: (place) => {
              deeds.push({ at: at(), kind: 'claimed', address: place.address });
              return ports.addressOwner.claim(place);
            },
            renew: (places) => {
              for (const { address } of places) deeds.push({ at: at(), kind: 'renewed', address });
              return ports.addressOwner.renew(places);
            },
            release: (place) => {
              deeds.push({ at: at(), kind: 'released', address: place.address });
              return ports.addressOwner.release(place);
            },
          },
          announcer: {
            announce: (places, count, options) => {
              deeds.push({ at: at(), kind: 'announced', addresses: places.map(({ address }) => address), count });
              return ports.announcer.announce(places, count, options);
            },
          },
        };
      },
    };
  }
}

/** Wall-clock time is only shown, and a replay has none of its own. */
function withoutWallClock(deeds: readonly ReplayedDeed[]): unknown {
  return deeds.map((deed) => (deed.kind === 'told' ? { ...deed, message: { ...deed.message, at: 0 } } : deed));
}

function expectSameDeeds({ lives }: Witness): void {
  for (const { recorder, deeds } of lives) {
    const lines = parseRecording(formatRecording(recorder.lines));
    expect(withoutWallClock(replay(lines))).toEqual(withoutWallClock(deeds));
  }
}

describe('a recording', () => {
  const directory = join(__dirname, '..', 'scenarios');

  test.each(readdirSync(directory))('of %s makes the engine do the same again', (name) => {
    const witness = new Witness();
    runScenario(parseScenario(readFileSync(join(directory, name), 'utf8')).scenario, witness.options);
    expect(witness.lives.some(({ deeds }) => deeds.length > 0)).toBe(true);
    expectSameDeeds(witness);
  });

  test('of many seeds, with every trouble there is, makes the engine do the same again', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const witness = new Witness();
      runSeed(seed, 25, witness.options);
      expectSameDeeds(witness);
    }
  });

  test('that the engine does not follow is refused at the line where they part', () => {
    const witness = new Witness();
    runScenario(parseScenario('# x\nnode a\nat 0s start a\nend 4s\n').scenario, witness.options);
    const lines = witness.lives[0]?.recorder.lines ?? [];
    const claims = (line: RecordingLine): boolean => line.type === 'answer' && line.to === 'claim';
    const without = lines.filter((line) => !claims(line));
    const where = `line ${String(lines.findIndex(claims) + 1)}`;
    expect(() => replay(without)).toThrow(
      `${where}: the engine asks to claim, the recording goes on with an answer to send`,
    );
  });

  test('is refused when it is something else', () => {
    expect(() => parseRecording('{"type":"call"}\n')).toThrow('this is no recording');
    expect(() => parseRecording('{"type":"recording","format":2}\n')).toThrow('recordings of format 2 are unknown');
  });
});

import type { ReceivedDatagram } from '@baton/net';
import { describe, expect, test } from '@jest/globals';
import { Lan, PERFECT_LINK, type LinkQuality } from './lan.js';
import { Random } from './random.js';
import { World } from './world.js';

const COUNT = 2000;

interface Heard {
  readonly number: number;
  readonly delayMs: number;
}

/** Sends numbered datagrams from a, one every ms; returns what reached b and c. */
function sendMany(prepare: (lan: Lan) => void): Record<string, Heard[]> {
  const world = new World();
  const lan = new Lan(world, Random.fromSeed(1));
  const heard: Record<string, Heard[]> = { a: [], b: [], c: [] };
  for (const name of Object.keys(heard)) {
    const receive = ({ payload }: ReceivedDatagram): void => {
      const number = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
      heard[name]?.push({ number, delayMs: world.now - number });
    };
    lan.attach({ name, listensTo: () => true, receive });
  }
  prepare(lan);
  for (let number = 0; number < COUNT; number += 1) {
    world.plan(number, () => {
      lan.send('a', datagram(number));
    });
  }
  while (world.step(2 * COUNT));
  return heard;
}

function datagram(number: number): ReceivedDatagram {
  const payload = Uint8Array.of(number >> 8, number & 0xff);
  return { interface: 'eth0', source: '10.9.0.1', destination: '224.0.0.18', ttl: 255, payload, headerValid: true };
}

function link(changes: Partial<LinkQuality>): (lan: Lan) => void {
  return (lan) => {
    lan.setQuality({ ...PERFECT_LINK, ...changes });
  };
}

describe('a LAN', () => {
  test('carries everything to everybody else, in order and after its delay', () => {
    const { a, b, c } = sendMany(link({ delayMs: 5 }));
    const all = Array.from({ length: COUNT }, (_, number) => ({ number, delayMs: 5 }));
    expect({ a, b, c }).toEqual({ a: [], b: all, c: all });
  });

  test('loses, duplicates and delays as much as its quality says, and keeps the order', () => {
    const { b: lossy = [] } = sendMany(link({ loss: 0.3 }));
    expect(Math.abs(lossy.length / COUNT - 0.7)).toBeLessThan(0.03);
    const { b: doubled = [] } = sendMany(link({ duplicate: 0.3 }));
    expect(Math.abs(doubled.length / COUNT - 1.3)).toBeLessThan(0.03);
    const { b: jittery = [] } = sendMany(link({ delayMs: 2, jitterMs: 10 }));
    const numbers = jittery.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
    expect(jittery.every(({ delayMs }) => delayMs >= 2 && delayMs <= 12)).toBe(true);
    expect(Math.max(...jittery.map(({ delayMs }) => delayMs))).toBeGreaterThan(10);
  });

  test('lets datagrams overtake each other where it is told to, and none is later than it says', () => {
    let longestMs = 0;
    const { b = [] } = sendMany((lan) => {
      link({ delayMs: 2, reorder: 0.2 })(lan);
      longestMs = lan.longestWayMs();
    });
    const numbers = b.map(({ number }) => number);
    expect(numbers).not.toEqual([...numbers].sort((x, y) => x - y));
    expect(Math.max(...b.map(({ delayMs }) => delayMs))).toBeLessThanOrEqual(longestMs);
  });

  test('has one direction of one pair cut, or of another quality, and nothing else', () => {
    const { b, c } = sendMany((lan) => {
      lan.cut('a', 'b');
      lan.cut('c', 'a');
      expect([lan.reaches('a', 'b'), lan.reaches('b', 'a'), lan.reaches('a', 'c')]).toEqual([false, true, true]);
    });
    expect([b?.length, c?.length]).toEqual([0, COUNT]);
    const only = sendMany((lan) => {
      lan.setQuality({ ...PERFECT_LINK, loss: 1 }, { from: 'a', to: 'c' });
      expect([lan.reachesAlways('a', 'c'), lan.reachesAlways('c', 'a')]).toEqual([false, true]);
    });
    expect([only['b']?.length, only['c']?.length]).toEqual([COUNT, 0]);
  });

  test('is parted into groups until it is healed', () => {
    const { b, c } = sendMany((lan) => {
      lan.partition([['a', 'b'], ['c']]);
    });
    expect([b?.length, c?.length]).toEqual([COUNT, 0]);
    const healed = sendMany((lan) => {
      lan.partition([['a'], ['b', 'c']]);
      lan.heal();
    });
    expect(healed['b']?.length).toBe(COUNT);
  });
});

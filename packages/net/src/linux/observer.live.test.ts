// The observer process on real interfaces. Run through packages/lab/bin/in-lab, with the packages built.
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { encodeGratuitousArp } from '../frames.js';
import { startObserver, type Observer } from './observer.js';
import type { Evidence } from './observer-messages.js';
import { createVethPair, ip, openTap, removeVethPair, until, type VethPair } from './veth-pair.fixture.js';

const program = fileURLToPath(new URL('../../dist/linux/observer-main.js', import.meta.url));
const foreignMac = Uint8Array.of(2, 0, 0, 0, 0, 0x66);

describe('observer', () => {
  let pair: VethPair;
  let observer: Observer | undefined;

  beforeEach(() => {
    pair = createVethPair(7);
  });
  afterEach(() => {
    observer?.close();
    observer = undefined;
    removeVethPair(pair);
  });

  /** Injects a stranger's claim until the observer has told of it. */
  async function untilHeard(evidence: readonly Evidence[]): Promise<void> {
    const tap = openTap(pair.far);
    await until('evidence', () => {
      tap.inject(encodeGratuitousArp(foreignMac, '10.99.7.100'));
      return evidence.length > 0;
    });
    tap.close();
  }

  test('tells of a stranger who claims a watched address, once a second', async () => {
    const evidence: Evidence[] = [];
    observer = startObserver(program, [pair.near], ['10.99.7.100'], (item) => evidence.push(item));
    await untilHeard(evidence);
    expect(evidence).toEqual([
      { kind: 'foreign-claim', interface: pair.near, address: '10.99.7.100', mac: '02:00:00:00:00:66' },
    ]);
    expect(observer.state).toBe('running');
  });

  test('its interface going down kills it; it is started again and hears again', async () => {
    const evidence: Evidence[] = [];
    const running = startObserver(program, [pair.near], ['10.99.7.100'], (item) => evidence.push(item));
    observer = running;
    await untilHeard(evidence);
    ip('link', 'set', pair.near, 'down');
    await until('its death', () => running.state === 'unavailable');
    ip('link', 'set', pair.near, 'up');
    await until('its next life', () => running.state === 'running');
    expect(running.restarts).toBeGreaterThan(0);
    evidence.length = 0;
    await untilHeard(evidence);
  });

  test('waits for an interface that comes later', async () => {
    const evidence: Evidence[] = [];
    removeVethPair(pair);
    const running = startObserver(program, [pair.near], ['10.99.7.100'], (item) => evidence.push(item));
    observer = running;
    await until('it runs', () => running.state === 'running');
    pair = createVethPair(7);
    await untilHeard(evidence);
    expect(running.restarts).toBe(0);
  });

  test('a program that ends at once is started again, ever more slowly, and is never running', async () => {
    const running = startObserver('/nonexistent.js', [pair.near], [], () => undefined);
    observer = running;
    await until('a second and a third start', () => running.restarts === 2);
    expect(running.state).toBe('unavailable');
  });

  test('after close nothing is started again', async () => {
    const running = startObserver('/nonexistent.js', [pair.near], [], () => undefined);
    await until('a second start', () => running.restarts === 1);
    running.close();
    const other = startObserver('/nonexistent.js', [pair.near], [], () => undefined);
    observer = other;
    await until('another observer has got further', () => other.restarts === 3);
    expect(running.restarts).toBe(1);
  });
});

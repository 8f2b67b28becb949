import { BatonError } from '@baton/base';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { LinkState } from '../index.js';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, RETRY_LIMIT, WatchedLinks } from './watched-links.js';

const link = (name: string, up: boolean): LinkState =>
  ({ interface: name, exists: true, up, index: name === 'eth0' ? 2 : 3, mac: undefined, addresses: [] });
const shortage = new BatonError('ERR_LINUX_NETLINK_FAILED', 'cannot read interface: ENOBUFS');

describe('watched links', () => {
  let up: boolean;
  let broken: Error | undefined;
  let told: string[];
  let delays: number[];
  let waiting: (() => void) | undefined;
  let links: WatchedLinks;
  beforeEach(() => {
    [up, broken, told, delays, waiting] = [true, undefined, [], [], undefined];
    links = new WatchedLinks({
      read: (name) => {
        if (broken !== undefined) throw broken;
        return link(name, up);
      },
      later: (delayMs, run) => {
        expect(waiting).toBeUndefined();
        delays.push(delayMs);
        waiting = run;
        return () => {
          waiting = undefined;
        };
      },
      failed: ({ interface: name, round }) => told.push(`${name} failed ${String(round)}`),
    });
  });

  const watch = (...names: string[]): void => {
    for (const name of names) links.add(name, (state) => told.push(`${name} ${state.up ? 'up' : 'down'}`));
  };
  const elapse = (): void => {
    const run = waiting;
    waiting = undefined;
    run?.();
  };

  test('what happened is told each time, of those that were touched, by name or index', () => {
    watch('eth0', 'eth1');
    up = false;
    links.refresh(new Set([2]));
    expect(told).toEqual(['eth0 down']);
    links.refresh(new Set(['eth1']));
    expect(told).toEqual(['eth0 down', 'eth1 down']);
    links.refresh('all');
    expect(told).toEqual(['eth0 down', 'eth1 down', 'eth0 down', 'eth1 down']);
  });

  test('a state that equals the last one is told too: what came and went between two readings was a change', () => {
    watch('eth0');
    links.refresh(new Set(['eth0']));
    expect(told).toEqual(['eth0 up']);
  });

  test('a reading that fails is told and tried again, for every interface, and its change is not lost', () => {
    watch('eth0', 'eth1');
    [up, broken] = [false, shortage];
    links.refresh('all');
    elapse();
    broken = undefined;
    elapse();
    expect(told).toEqual(
      ['eth0 failed 1', 'eth1 failed 1', 'eth0 failed 2', 'eth1 failed 2', 'eth0 down', 'eth1 down']);
    expect(waiting).toBeUndefined();
  });

  test('an interface that cannot be read when its watch begins is told as soon as it can', () => {
    broken = shortage;
    watch('eth0');
    broken = undefined;
    elapse();
    expect(told).toEqual(['eth0 failed 1', 'eth0 up']);
  });

  test('rounds come ever later, and after the last of them the error is thrown', () => {
    watch('eth0');
    broken = shortage;
    links.refresh('all');
    for (let round = 1; round < RETRY_LIMIT; round += 1) elapse();
    expect(delays.slice(0, 3)).toEqual([FIRST_RETRY_MS, 2 * FIRST_RETRY_MS, 4 * FIRST_RETRY_MS]);
    expect(delays.at(-1)).toBe(LONGEST_RETRY_MS);
    expect(delays).toHaveLength(RETRY_LIMIT);
    expect(elapse).toThrow(shortage);
  });

  test('after a success the patience begins anew', () => {
    watch('eth0');
    broken = shortage;
    links.refresh('all');
    elapse();
    broken = undefined;
    elapse();
    broken = shortage;
    links.refresh('all');
    expect(delays).toEqual([FIRST_RETRY_MS, 2 * FIRST_RETRY_MS, FIRST_RETRY_MS]);
  });

  test('a notice that is read well meanwhile needs no further round', () => {
    watch('eth0');
    broken = shortage;
    links.refresh('all');
    [up, broken] = [false, undefined];
    links.refresh('all');
    elapse();
    expect(told).toEqual(['eth0 failed 1', 'eth0 down']);
    expect(waiting).toBeUndefined();
  });

  test('a broken invariant is no shortage: it is thrown at once', () => {
    watch('eth0');
    broken = new Error('broken invariant');
    expect(() => {
      links.refresh('all');
    }).toThrow('broken invariant');
    expect(waiting).toBeUndefined();
  });

  test('cleared, nothing is tried again', () => {
    broken = shortage;
    watch('eth0');
    links.clear();
    expect(waiting).toBeUndefined();
  });
});

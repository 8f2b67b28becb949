import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ChildProcess } from 'node:child_process';
import { startObserver, type Observer } from './observer.js';

describe('an observer that cannot be started', () => {
  let observer: Observer | undefined;
  let starts = 0;

  beforeEach(() => {
    starts = 0;
    jest.useFakeTimers();
  });
  afterEach(() => {
    observer?.close();
    jest.useRealTimers();
  });

  function observe(startProgram: () => ChildProcess): Observer {
    observer = startObserver('observer.js', ['eth0'], [], () => undefined, () => {
      starts += 1;
      return startProgram();
    });
    return observer;
  }

  test.each([
    ['because starting it throws', (): ChildProcess => { throw new Error('spawn EAGAIN'); }],
    // What Node gives back on EMFILE and ENFILE: a child without a channel.
    ['because the descriptors are used up', (): ChildProcess => new ChildProcess()],
  ])('%s is unavailable and tried again, and nothing else happens', (_, startProgram) => {
    const { state, restarts } = observe(startProgram);
    expect({ state, restarts, starts }).toEqual({ state: 'unavailable', restarts: 0, starts: 1 });
    jest.advanceTimersByTime(200);
    expect({ starts, restarts: observer?.restarts }).toEqual({ starts: 2, restarts: 1 });
    jest.advanceTimersByTime(399);
    expect(starts).toBe(2);
    jest.advanceTimersByTime(1);
    expect(starts).toBe(3);
  });
});

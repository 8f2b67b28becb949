import { describe, expect, test } from '@jest/globals';
import { ReloadGate } from './reload-gate.js';

function gate(): { gate: ReloadGate; signals: () => number } {
  let count = 0;
  return {
    gate: new ReloadGate(() => {
      count += 1;
    }),
    signals: () => count,
  };
}

describe('a reload', () => {
  test('that is wanted while the agent starts waits until it listens, and is passed on once', () => {
    const { gate: between, signals } = gate();
    between.request();
    between.request();
    expect(signals()).toBe(0);
    between.agentListens();
    expect(signals()).toBe(1);
    between.agentListens();
    expect(signals()).toBe(1);
  });

  test('reaches an agent that listens at once', () => {
    const { gate: between, signals } = gate();
    between.agentListens();
    expect(signals()).toBe(0);
    between.request();
    expect(signals()).toBe(1);
  });

  test('is held back from the successor of an agent that has ended, until that listens', () => {
    const { gate: between, signals } = gate();
    between.agentListens();
    between.agentEnded();
    between.request();
    expect(signals()).toBe(0);
    between.agentListens();
    expect(signals()).toBe(1);
  });
});

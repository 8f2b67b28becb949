import { describe, expect, test } from '@jest/globals';
import { addSummaries, runSeed, runSeeds } from './fuzz.js';
import { DEFAULT_TROUBLES, generateScenario } from './generate.js';
import { formatScenario, parseScenario } from './scenario-text.js';
import { NODE_VERBS } from './scenario.js';

const SEEDS = { first: 1, count: 300, stride: 1, troubles: DEFAULT_TROUBLES };

describe('seeds', () => {
  test('300 of them break no rule, and the nodes had time to agree in most', () => {
    const summary = runSeeds(SEEDS);
    expect(summary.failure).toBeUndefined();
    expect(summary.seeds).toBe(300);
    expect(summary.settledChecks).toBeGreaterThan(300);
  });

  test('the same seed gives the same trace, another one another', () => {
    const trace = (seed: number): string[] => runSeed(seed, 25).run.trace.lines.map(({ text }) => text);
    expect(trace(42)).toEqual(trace(42));
    expect(runSeed(42, 25).run.trace.digest()).not.toBe(runSeed(43, 25).run.trace.digest());
  });

  test('a seed written as a scenario file and read again gives the same trace', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const scenario = generateScenario(seed);
      expect(parseScenario(formatScenario(scenario)).scenario).toEqual(scenario);
    }
  });

  test('the sum of two ranges does not depend on their order', () => {
    const a = runSeeds({ ...SEEDS, count: 3 });
    const b = runSeeds({ ...SEEDS, first: 4, count: 3 });
    expect(addSummaries(a, b)).toEqual(addSummaries(b, a));
    expect(addSummaries(a, b).digest).toBe(runSeeds({ ...SEEDS, count: 6 }).digest);
  });

  test('everything that can happen does happen', () => {
    const actions = Array.from({ length: 300 }, (_, seed) => generateScenario(seed).steps).flat().map(({ action }) =>
      action.kind === 'node' ? action.verb : action.kind);
    const others = ['cut', 'restore', 'partition', 'heal', 'lan', 'health', 'change', 'clock', 'stranger'];
    expect(new Set(actions)).toEqual(new Set([...NODE_VERBS, ...others]));
  });
});

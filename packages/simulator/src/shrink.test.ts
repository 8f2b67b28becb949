import { describe, expect, test } from '@jest/globals';
import { formatAction } from './action-text.js';
import { runSeeds } from './fuzz.js';
import { generateScenario } from './generate.js';
import { MUTANTS, withMutant } from './mutants.fixture.js';
import { shrink } from './shrink.js';
import { runScenario } from './simulation.js';

describe('shrinking', () => {
  test('leaves a few steps that break the same rule', () => {
    const mutant = MUTANTS.find(({ name }) => name === 'the stall rule is off');
    if (mutant === undefined) throw new Error('no such mutant');
    withMutant(mutant, () => {
      const { failure } = runSeeds({ first: 1, count: 200, stride: 1, troubles: 25 });
      const scenario = generateScenario(failure?.seed ?? 0, 25);
      const small = shrink(scenario, mutant.rule);
      expect(runScenario(small).violation?.rule).toBe(mutant.rule);
      // A node starts, becomes master, is frozen and wakes.
      const words = small.steps.map(({ action }) => formatAction(action).split(' '));
      expect(words.map(([verb]) => verb)).toEqual(['start', 'pause', 'resume']);
      expect(new Set(words.map(([, node]) => node)).size).toBe(1);
    });
  });
});

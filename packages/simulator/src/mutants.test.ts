import { describe, expect, test } from '@jest/globals';
import { runSeed, runSeeds } from './fuzz.js';
import { MUTANTS, optionsOf, withMutant } from './mutants.fixture.js';
import { RULES } from './rule.js';

/** Seeds in which every bug must be found. */
const SEEDS = 2000;
const TROUBLES = 25;

describe('the rules see known bugs', () => {
  test.each(MUTANTS)('$name: $rule is broken', (mutant) => {
    const { failure } = withMutant(mutant, () =>
      runSeeds({ first: 1, count: SEEDS, stride: 1, troubles: TROUBLES }, optionsOf(mutant)));
    expect(failure?.violation.rule).toBe(mutant.rule);
    // The same seed is fine without the bug.
    expect(runSeed(failure?.seed ?? 0, TROUBLES).run.violation).toBeUndefined();
  });

  test('every rule is broken by one of them', () => {
    expect(new Set(MUTANTS.map(({ rule }) => rule))).toEqual(new Set(RULES));
  });
});

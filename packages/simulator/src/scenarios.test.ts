import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkScenario } from './scenario-check.js';
import { formatScenario, parseScenario } from './scenario-text.js';

const DIRECTORY = join(__dirname, '..', 'scenarios');
const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.txt'))
  .map((name) => ({ name, text: readFileSync(join(DIRECTORY, name), 'utf8') }));

describe('scenarios', () => {
  test('there are some, and no two prove the same', () => {
    const proves = files.map(({ text }) => parseScenario(text).scenario.proves);
    expect(proves.length).toBeGreaterThanOrEqual(12);
    expect(new Set(proves).size).toBe(proves.length);
  });

  test.each(files)('$name happens as it is written', ({ text }) => {
    const { run, trace, expectedTrace } = checkScenario(text);
    expect(run.violation).toBeUndefined();
    expect(trace).toEqual(expectedTrace);
  });

  test.each(files)('$name is the same after writing and reading', ({ text }) => {
    const { scenario } = parseScenario(text);
    expect(parseScenario(formatScenario(scenario)).scenario).toEqual(scenario);
  });
});

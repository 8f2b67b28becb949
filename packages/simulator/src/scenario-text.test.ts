import { describe, expect, test } from '@jest/globals';
import { checkScenario } from './scenario-check.js';
import { parseScenario } from './scenario-text.js';

const HEAD = '# something\nnode a\n';

describe('a scenario text', () => {
  test.each([
    ['node a\nend 1s', 'line 1: says what is proved, after "# "'],
    ['# x\nnode a', 'line 2: there is no "end <duration>"'],
    ['# x\nnode a speed=9\nend 1s', 'line 2: "speed" is no setting'],
    ['# x\nnode a interval=fast\nend 1s', 'line 2: "fast" is no duration for interval'],
    ['# x\nnode a preempt=maybe\nend 1s', 'line 2: "maybe" is no switch for preempt'],
    [`${HEAD}at 1s explode a\nend 2s`, 'line 3: "explode" is nothing that can happen'],
    [`${HEAD}at 1s stop b\nend 2s`, 'line 3: there is no node b above'],
    [`${HEAD}at 1s partition a | b\nend 2s`, 'line 3: there is no node b above'],
    [`${HEAD}at soon stop a\nend 2s`, 'line 3: "soon" is no duration'],
    [`${HEAD}at 2s stop a\nat 1s start a\nend 3s`, 'line 4: steps stand in the order of their instants'],
    [`${HEAD}at 1s health a much\nend 2s`, 'line 3: an adjustment is an integer'],
    [`${HEAD}seed x\nend 2s`, 'line 3: a seed is an integer'],
    [`${HEAD}show all\nend 2s`, 'line 3: show what?'],
    [`${HEAD}end never`, 'line 3: end when?'],
    [`${HEAD}wait 3s\nend 4s`, 'line 3: "wait" is no keyword'],
  ])('%j is refused', (text, message) => {
    expect(() => parseScenario(text)).toThrow(message);
  });

  test('is compared line by line, and written anew with what happens', () => {
    const text = `${HEAD}# a remark stays\nat 0s start a\nend 1s\ntrace\nsomething else\n`;
    const checked = checkScenario(text);
    expect(checked.trace).not.toEqual(checked.expectedTrace);
    expect(checked.rewritten).toBe(
      `${HEAD}# a remark stays\nat 0s start a\nend 1s\ntrace\n${checked.trace.join('\n')}\n`,
    );
    const again = checkScenario(checked.rewritten);
    expect(again.trace).toEqual(again.expectedTrace);
  });
});

import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { run } from './run.mjs';

/** A shell that starts another one, in a session of its own, that starts a third; each says who it is. */
const FAMILY = "echo $$; setsid sh -c 'echo $$; sh -c \"echo \\$\\$; exec sleep 60\"; :' & wait";

describe('running a program', () => {
  test('past its deadline ends it and everything it has started', async () => {
    const startedAt = performance.now();
    const { code, output, late } = await run('sh', ['-c', FAMILY], { capture: true, deadlineMs: 1000 });
    expect({ code, late }).toEqual({ code: 137, late: true });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const family = output.trim().split('\n');
    expect(family).toHaveLength(3);
    expect(family.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
  });

  test('that ends in time says how', async () => {
    expect(await run('sh', ['-c', 'echo x; exit 3'], { capture: true, deadlineMs: 60_000 })).toEqual(
      { code: 3, output: 'x\n', late: false });
  });

  test('that does not exist says so', async () => {
    expect(await run('/nowhere', [], { deadlineMs: 60_000 })).toMatchObject({ code: 127, late: false });
  });
});

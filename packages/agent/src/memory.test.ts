import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentMemory } from './memory.js';
import { StateFile } from './state-file.js';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-memory-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

const memory = (engineLife: string): AgentMemory =>
  new AgentMemory(new StateFile(directory, { unwritable: fail, writable: () => undefined }), engineLife);

function fail(detail: string): void {
  throw new Error(detail);
}

async function livedThrough(engineLife: string): Promise<void> {
  const earlier = memory(engineLife);
  earlier.noteGeneration(3);
  earlier.noteEpoch('web', 7);
  await earlier.settled();
}

describe('what an agent remembers', () => {
  test('of the same life of the engine: everything', async () => {
    await livedThrough('life 1');
    const later = memory('life 1');
    await later.recall();
    expect([later.generation, later.epochOf('web')]).toEqual([3, 7]);
  });

  test('of another life of the engine: only the epochs', async () => {
    await livedThrough('life 1');
    const later = memory('life 2');
    await later.recall();
    expect([later.generation, later.epochOf('web')]).toEqual([0, 7]);
  });

  test('an epoch never goes back', async () => {
    const current = memory('life 1');
    current.noteEpoch('web', 7);
    current.noteEpoch('web', 3);
    await current.settled();
    expect(current.epochOf('web')).toBe(7);
  });
});

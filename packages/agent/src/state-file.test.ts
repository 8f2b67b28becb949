import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateFile, type PersistentState, type StateFileListener } from './state-file.js';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-state-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

class Trouble implements StateFileListener {
  readonly said: string[] = [];
  unwritable(): void { this.said.push('unwritable'); }
  writable(): void { this.said.push('writable'); }
}

const state = (epoch: number): PersistentState => ({
  engineLife: 'boot:1:2', generation: 3, epochs: { web: epoch },
});

describe('the state file', () => {
  test('gives back what was saved', async () => {
    const file = new StateFile(directory, new Trouble());
    file.save(state(7));
    await file.settled();
    expect(await new StateFile(directory, new Trouble()).read()).toEqual({ outcome: 'read', state: state(7) });
    expect(readdirSync(directory)).toEqual(['agent-state.json']);
  });

  test('is absent on a new machine, with and without its directory', async () => {
    expect(await new StateFile(directory, new Trouble()).read()).toEqual({ outcome: 'absent' });
    expect(await new StateFile(join(directory, 'not', 'there'), new Trouble()).read()).toEqual({ outcome: 'absent' });
  });

  test('writes the newest of a burst last and not every one of it', async () => {
    const trouble = new Trouble();
    const file = new StateFile(directory, trouble);
    for (let epoch = 1; epoch <= 100; epoch += 1) file.save(state(epoch));
    await file.settled();
    expect(await file.read()).toEqual({ outcome: 'read', state: state(100) });
    expect(trouble.said.length).toBeLessThanOrEqual(2);
  });

  test.each([
    ['cut off', '{"engineLife":"boot:1:2","gen'],
    ['empty', ''],
    ['of another kind', '[]'],
    ['with a negative epoch', JSON.stringify({ ...state(1), epochs: { web: -1 } })],
    ['without a generation', JSON.stringify({ ...state(1), generation: undefined })],
  ])('that is %s is moved aside and said', async (_, text) => {
    const path = join(directory, 'agent-state.json');
    writeFileSync(path, text);
    const result = await new StateFile(directory, new Trouble()).read();
    expect(result).toEqual({ outcome: 'broken', detail: 'not a state file', movedTo: `${path}.broken` });
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(`${path}.broken`, 'utf8')).toBe(text);
  });

  test('is written when the disk is back, although nothing has changed meanwhile', async () => {
    const blocker = join(directory, 'state');
    writeFileSync(blocker, 'a file where the directory should be');
    const written = new Promise<void>((resolve) => {
      const listener = { unwritable: () => { rmSync(blocker, { force: true }); }, writable: resolve };
      const file = new StateFile(blocker, listener, 1);
      file.save(state(7));
    });
    await written;
    expect(await new StateFile(blocker, new Trouble()).read()).toEqual({ outcome: 'read', state: state(7) });
  });

  test('says when it cannot be written and when it can again', async () => {
    const blocker = join(directory, 'state');
    writeFileSync(blocker, '');
    const trouble = new Trouble();
    const file = new StateFile(blocker, trouble);
    file.save(state(1));
    await file.settled();
    rmSync(blocker);
    file.save(state(2));
    await file.settled();
    expect(trouble.said).toEqual(['unwritable', 'writable']);
    expect(await file.read()).toEqual({ outcome: 'read', state: state(2) });
  });
});

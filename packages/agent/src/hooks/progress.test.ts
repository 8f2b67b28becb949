import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgressStore, type HookProgress, type ProgressListener } from './progress.js';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'baton-progress-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

class Trouble implements ProgressListener {
  readonly said: string[] = [];
  unwritable(): void { this.said.push('unwritable'); }
  writable(): void { this.said.push('writable'); }
}

const store = (engineLife = 'life 1', trouble = new Trouble()): ProgressStore =>
  new ProgressStore(directory, engineLife, trouble);
const running = { pid: 4711, identity: 'boot:4711:9', timeoutAtMs: 12.5 };
const progress = (name: string, kind: 'router' | 'group' = 'router'): HookProgress =>
  ({ subject: { kind, name }, state: 'master', epoch: 7, remaining: [['/bin/b', 'x y']], running });

describe('the progress of hooks', () => {
  test('is there at once for the next agent, and says whether it served the same engine', () => {
    store().keep(progress('web'));
    expect(store().recall()).toEqual([{ progress: progress('web'), ofThisLife: true }]);
    expect(store('life 2').recall()).toEqual([{ progress: progress('web'), ofThisLife: false }]);
  });

  test('is one file a router, whatever its name, readable by its owner only', () => {
    store().keep(progress('../web'));
    store().keep(progress('../web'));
    expect(readdirSync(directory)).toEqual(['hooks']);
    expect(readdirSync(join(directory, 'hooks'))).toEqual(['..%2Fweb.json']);
    expect(statSync(join(directory, 'hooks', '..%2Fweb.json')).mode & 0o777).toBe(0o600);
  });

  test('of a router and of a sync group with the same name are two', () => {
    store().keep(progress('web'));
    store().keep(progress('web', 'group'));
    const subjects = store().recall().map(({ progress: { subject } }) => subject.kind);
    expect(subjects.sort()).toEqual(['group', 'router']);
    store().forget({ kind: 'group', name: 'web' });
    expect(store().recall()).toEqual([{ progress: progress('web'), ofThisLife: true }]);
  });

  test('of a forgotten router is absent', () => {
    store().keep(progress('web'));
    store().forget({ kind: 'router', name: 'web' });
    expect(store().recall()).toEqual([]);
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, -1)],
    ['of another state', (text: string) => text.replace('master', 'slave')],
    ['of something else', (text: string) => text.replace('"router"', '"cluster"')],
    ['about every process', (text: string) => text.replace('4711,', '1,')],
    ['about our own group', (text: string) => text.replace('4711,', '0,')],
    ['about no process', (text: string) => text.replace('4711,', '"4711",')],
    ['about hooks without words', (text: string) => text.replace('[["/bin/b","x y"]]', '["/bin/b"]')],
    ['of another kind', () => '[]'],
  ])('that is %s counts as absent', (_, spoil) => {
    store().keep(progress('web'));
    const path = join(directory, 'hooks', 'web.json');
    const text = readFileSync(path, 'utf8');
    expect(spoil(text)).not.toBe(text);
    writeFileSync(path, spoil(text));
    expect(store().recall()).toEqual([]);
  });

  test('that cannot be written is said, and that it can again', () => {
    const trouble = new Trouble();
    writeFileSync(join(directory, 'hooks'), '');
    store('life 1', trouble).keep(progress('web'));
    rmSync(join(directory, 'hooks'));
    store('life 1', trouble).keep(progress('web'));
    expect(trouble.said).toEqual(['unwritable', 'writable']);
  });
});

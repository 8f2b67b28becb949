import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDirectories } from './directory.js';

let directory = '';
beforeAll(() => { directory = mkdtempSync(join(tmpdir(), 'baton-directory-')); });
afterAll(() => { rmSync(directory, { recursive: true }); });

describe('a directory', () => {
  test('is made with what is missing above it, and may be there already', () => {
    const path = join(directory, 'a/b/c');
    makeDirectories(path, 0o750);
    makeDirectories(path, 0o750);
    expect([path, join(directory, 'a')].map((each) => statSync(each).mode & 0o7777)).toEqual([0o750, 0o750]);
  });

  test('is refused by name where the kernel has none to give, below one that exists', () => {
    expect(() => { makeDirectories('/proc/absent/run', 0o750); }).toThrow(
      expect.objectContaining({ code: 'ENOENT', path: '/proc/absent' }));
  });

  test('is refused where a file stands', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');
    expect(() => { makeDirectories(path, 0o750); }).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  });
});

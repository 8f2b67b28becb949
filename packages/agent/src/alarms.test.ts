import { describe, expect, test } from '@jest/globals';
import { AlarmRegistry } from './alarms.js';

describe('alarms', () => {
  test('since is when it was raised first, the detail is the newest, and only rise and fall are told', () => {
    const told: string[] = [];
    let now = 1000;
    const registry = new AlarmRegistry(() => now, (change, { name, subject }) => {
      told.push(`${change} ${name} ${subject}`);
    });
    registry.raise('interface-missing', 'eth0', 'web');
    now = 2000;
    registry.raise('interface-missing', 'eth1', 'web');
    registry.raise('journal-unwritable', 'ENOSPC');
    expect(registry.list()).toEqual([
      { name: 'interface-missing', subject: 'web', sinceMs: 1000, detail: 'eth1' },
      { name: 'journal-unwritable', subject: '', sinceMs: 2000, detail: 'ENOSPC' },
    ]);
    registry.clear('interface-missing', 'web');
    registry.clear('interface-missing', 'web');
    registry.clear('interface-missing', 'inside');
    expect(registry.list().map(({ name }) => name)).toEqual(['journal-unwritable']);
    expect(told).toEqual([
      'alarm-raised interface-missing web', 'alarm-raised journal-unwritable ', 'alarm-cleared interface-missing web',
    ]);
  });
});

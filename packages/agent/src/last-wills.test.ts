// What the agent does for an engine that died.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EngineMessage } from '@baton/engine/messages';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { changed, Machine, settings } from './machine.fixture.js';

let machine: Machine;
beforeEach(() => { machine = new Machine(); });
afterEach(() => machine.dispose());

describe('an engine that dies as a master', () => {
  const will: EngineMessage = {
    type: 'will', router: 'web',
    will: {
      configuration: { name: 'web', sourceAddresses: {}, virtualMac: false, acceptMode: true, routes: [] },
      families: [{ parameters: settings('web').families[0], source: '10.0.0.11', preexisting: [] }],
    },
  };
  const file = (): string => join(machine.directory, 'run', 'last-will.json');

  test('leaves a will that its agent carries out, with stop hooks after it', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('backup', 'master', 1));
    agent.receive(will);
    await machine.settle();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    await agent.engineLost();
    await machine.settle();
    expect(machine.wills.map(({ configuration }) => configuration.name)).toEqual(['web']);
    expect(machine.hooks).toEqual(['INSTANCE web MASTER 200 from=backup', 'INSTANCE web STOP 200 from=master']);
    expect(machine.journal().filter(({ event }) => ['engine-lost', 'last-will-executed'].includes(String(event))))
      .toMatchObject([
        { event: 'engine-lost' },
        { event: 'last-will-executed', routers: 'web', priority_zero_ms: 1, addresses_off_ms: 2 },
      ]);
    expect(existsSync(file())).toBe(false);
    expect(machine.ended).toEqual([1]);
  });

  test('has nothing done for it when another daemon has taken over, and that is said', async () => {
    machine.willOutcome = Promise.resolve({ kind: 'withheld', detail: 'process 7' });
    const agent = await machine.startAgent();
    agent.receive(changed('backup', 'master', 1));
    agent.receive(will);
    await machine.settle();
    await agent.engineLost();
    await machine.settle();
    expect(machine.journal().some(({ event }) => event === 'last-will-executed')).toBe(false);
    expect(machine.hooks).toEqual(['INSTANCE web MASTER 200 from=backup']);
    expect(machine.journal()).toContainEqual(
      expect.objectContaining({ event: 'last-will-withheld', detail: 'process 7' }));
  });

  test('leaves nothing to be done when it had yielded before', async () => {
    const agent = await machine.startAgent();
    agent.receive(will);
    await machine.settle();
    agent.receive({ type: 'will', router: 'web' });
    await machine.settle();
    expect(existsSync(file())).toBe(false);
    await agent.engineLost();
    expect(machine.wills).toEqual([]);
  });
});

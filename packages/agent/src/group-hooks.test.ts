import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LoadResult } from '@baton/config';
import { changed, Machine } from './machine.fixture.js';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
  machine.snapshotRouters = ['web', 'inside'];
  machine.file = grouped();
});
afterEach(() => machine.dispose());

function grouped(groups = [{ name: 'edge', routers: ['web', 'inside'] }]): LoadResult {
  const configuration = { ...machine.configuration(['web', 'inside']), syncGroups: groups };
  return { ok: true, configuration, warnings: [] };
}

const groupCalls = (): string[] => machine.hooks.filter((call) => call.startsWith('GROUP'));

/** Both members move, as the engine tells it: one after the other. */
async function move(
  agent: Awaited<ReturnType<Machine['startAgent']>>, from: Parameters<typeof changed>[0],
  to: Parameters<typeof changed>[1], epoch: number,
): Promise<void> {
  for (const router of ['web', 'inside']) agent.receive(changed(from, to, epoch, router));
  await machine.settle();
}

describe('hooks of a sync group', () => {
  test('are called once for each state of the group, after those of its members, and stop last', async () => {
    const agent = await machine.startAgent();
    await move(agent, 'initialize', 'backup', 0);
    await move(agent, 'backup', 'master', 1);
    agent.receive(changed('master', 'fault', 1, 'inside'));
    agent.receive(changed('master', 'backup', 1, 'web'));
    await machine.settle();
    agent.receive({ type: 'stopping' });
    await machine.settle();
    expect(machine.hooks).toEqual([
      'INSTANCE web BACKUP 200 from=initialize', 'INSTANCE inside BACKUP 200 from=initialize',
      'GROUP edge BACKUP 0 from=initialize',
      'INSTANCE web MASTER 200 from=backup', 'INSTANCE inside MASTER 200 from=backup',
      'GROUP edge MASTER 0 from=backup',
      'INSTANCE inside FAULT 200 from=master', 'GROUP edge FAULT 0 from=master', 'INSTANCE web BACKUP 200 from=master',
      'INSTANCE web STOP 200 from=backup', 'INSTANCE inside STOP 200 from=fault', 'GROUP edge STOP 0 from=fault',
    ]);
    const told = machine.journal().filter(({ event }) => event === 'group-state-changed');
    expect(told.map(({ group, from, to }) => [group, from, to])).toEqual([
      ['edge', 'initialize', 'backup'], ['edge', 'backup', 'master'], ['edge', 'master', 'fault'],
    ]);
  });

  test('are not called again by an agent that is started again, but for what it missed', async () => {
    const first = await machine.startAgent();
    await move(first, 'initialize', 'backup', 0);
    await first.engineLost();
    machine.snapshotState = { state: 'backup', epoch: 0 };
    const second = await machine.startAgent();
    expect(groupCalls()).toEqual(['GROUP edge BACKUP 0 from=initialize']);
    await second.engineLost();
    machine.snapshotState = { state: 'master', epoch: 1 };
    await machine.startAgent();
    expect(groupCalls().slice(1)).toEqual(['GROUP edge MASTER 0 from=backup']);
  });

  test('are told that a group is not configured any more, and the state of one that is new', async () => {
    const agent = await machine.startAgent();
    await move(agent, 'initialize', 'backup', 0);
    machine.file = grouped([{ name: 'both', routers: ['web', 'inside'] }]);
    agent.reload();
    await machine.settle();
    expect(groupCalls().slice(1)).toEqual(['GROUP edge STOP 0 from=backup', 'GROUP both BACKUP 0 from=initialize']);
  });

  test('that name groups are not called for routers', async () => {
    const loaded = grouped();
    if (!loaded.ok) throw new Error('the fixture is good');
    const hooks = loaded.configuration.hooks.map((hook) => ({ ...hook, routers: [], groups: ['edge'] }));
    machine.file = { ...loaded, configuration: { ...loaded.configuration, hooks } };
    await move(await machine.startAgent(), 'initialize', 'backup', 0);
    expect(machine.hooks).toEqual(['GROUP edge BACKUP 0 from=initialize']);
  });
});

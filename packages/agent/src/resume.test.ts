import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LoadResult } from '@baton/config';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LeftoverOutcome } from './hooks/leftover.js';
import { changed, ENDED, finding, Machine } from './machine.fixture.js';

let machine: Machine;
beforeEach(() => { machine = new Machine(); });
afterEach(() => machine.dispose());

describe('an agent that is started again and cannot use the file', () => {
  const invalid: LoadResult = { ok: false, findings: [finding, { ...finding, line: 9 }] };
  const runningBefore = async (): Promise<void> => {
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'backup', 0));
    await machine.settle();
    await agent.engineLost();
    machine.ended.length = 0;
    machine.resumeFrom = join(machine.directory, 'run');
  };

  test('goes on with what the engine accepted and shows why, until the file is mended', async () => {
    await runningBefore();
    const valid = machine.file;
    machine.file = invalid;
    const agent = await machine.startAgent();
    expect(machine.ended).toEqual([]);
    expect(machine.lastConfigure()).toEqual({ ...machine.messages[0], generation: 2 });
    expect((await machine.status()).alarms).toMatchObject([
      { name: 'configuration-refused', detail: expect.stringMatching(/baton\.yaml:4:11: .*\(and 1 more\)$/u) },
    ]);
    expect(machine.stderr.match(/configuration-finding at=\/etc\/baton\/baton\.yaml:[49]:11/gu)).toHaveLength(2);
    agent.receive(changed('backup', 'master', 1));
    await machine.settle();
    expect(machine.hooks.at(-1)).toBe('INSTANCE web MASTER 200 from=backup');
    machine.file = valid;
    agent.reload();
    expect((await machine.status()).alarms).toEqual([]);
  });

  test('does so again and again: the copy outlives the agent that uses it', async () => {
    await runningBefore();
    machine.file = invalid;
    await machine.startAgent().then((agent) => agent.engineLost());
    machine.ended.length = 0;
    await machine.startAgent();
    expect(machine.ended).toEqual([]);
    expect(machine.lastConfigure()).toMatchObject({ generation: 3 });
  });

  test('goes back to it when the engine refuses what the file says', async () => {
    await runningBefore();
    machine.file = { ok: true, configuration: machine.configuration(['other']), warnings: [] };
    machine.onConfigure = (generation) => {
      machine.onConfigure = () => ({ type: 'configured', generation, driver: 'koffi', scheduling: 'other' });
      return { type: 'refused', generation, code: 'ERR_X', message: 'no', exitCode: 1 };
    };
    await machine.startAgent();
    expect(machine.ended).toEqual([]);
    expect(machine.lastConfigure()).toMatchObject({ generation: 2, routers: [{ name: 'web' }] });
    expect((await machine.status()).alarms).toMatchObject([{ name: 'configuration-refused', detail: 'no (ERR_X)' }]);
  });

  test('keeps the runtime directory that its engine holds, whatever the file says now', async () => {
    await runningBefore();
    const configuration = { ...machine.configuration(['web']), runtimeDirectory: join(machine.directory, 'elsewhere') };
    machine.file = { ok: true, configuration, warnings: [] };
    await machine.startAgent();
    expect((await machine.status()).alarms)
      .toMatchObject([{ name: 'configuration-refused', detail: expect.stringContaining('runtime_directory') }]);
  });

  test('does not use a copy of another version, nor a broken one', async () => {
    await runningBefore();
    machine.file = invalid;
    const copy = join(machine.directory, 'run', 'accepted-configuration.json');
    const text = readFileSync(copy, 'utf8');
    for (const unusable of [text.replace('1.2.3', '1.2.2'), text.slice(0, -1), 'null']) {
      writeFileSync(copy, unusable);
      await machine.startAgent();
    }
    expect(machine.ended).toEqual([4, 4, 4]);
  });

  test('finds a copy that nobody else may read', async () => {
    await runningBefore();
    expect(statSync(join(machine.directory, 'run', 'accepted-configuration.json')).mode & 0o777).toBe(0o600);
  });

  test('ends as on a first start when there was none: a copy that nobody points to is not used', async () => {
    await runningBefore();
    machine.resumeFrom = undefined;
    machine.file = invalid;
    await machine.startAgent();
    expect(machine.ended).toEqual([4]);
  });
});

describe('what the router did while no agent ran', () => {
  const missed = async (): Promise<void> => {
    const agent = await machine.startAgent();
    agent.receive(changed('backup', 'master', 7));
    await machine.settle();
    await agent.engineLost();
    machine.snapshotState = { state: 'master', epoch: 8 };
    await machine.startAgent();
    await machine.settle();
  };

  test('counts: a later life goes on after the last mastership', async () => {
    await missed();
    const state = readFileSync(join(machine.directory, 'state', 'agent-state.json'), 'utf8');
    expect(JSON.parse(state)).toMatchObject({ epochs: { web: 8 } });
  });
});

describe('an agent that is started again while a hook of the one before runs', () => {
  const twoHooks = (): void => {
    const configuration = machine.configuration(['web']);
    const [first] = configuration.hooks;
    if (first === undefined) throw new Error('the fixture has one hook');
    const hooks = ['first', 'second'].map((name) => ({ ...first, run: ['/bin/notify', name] }));
    machine.file = { ok: true, configuration: { ...configuration, hooks }, warnings: [] };
  };
  /** The agent is killed while the first hook for master runs; that hook goes on. */
  const killedInTheFirst = async (): Promise<(outcome: LeftoverOutcome) => void> => {
    twoHooks();
    machine.hookResult = new Promise(() => undefined);
    const agent = await machine.startAgent();
    agent.receive(changed('backup', 'master', 1));
    await machine.settle();
    expect(machine.hooks).toEqual(['first INSTANCE web MASTER 200 from=backup']);
    await agent.engineLost();
    machine.ended.length = 0;
    machine.hookResult = Promise.resolve(ENDED);
    machine.snapshotState = { state: 'master', epoch: 1 };
    let end: (outcome: LeftoverOutcome) => void = () => undefined;
    const ended = new Promise<LeftoverOutcome>((resolve) => { end = resolve; });
    machine.leftovers.set(1001, { ended, kill: () => undefined });
    return end;
  };

  test('waits for it, does not run it again, and runs the remaining ones', async () => {
    const end = await killedInTheFirst();
    await machine.startAgent();
    expect(machine.hooks).toHaveLength(1);
    end('ended');
    await machine.settle();
    expect(machine.hooks.slice(1)).toEqual(['second INSTANCE web MASTER 200 from=master']);
    expect(machine.journal()).toEqual(expect.arrayContaining([
      expect.objectContaining({ event: 'hook-adopted', router: 'web', state: 'master', epoch: 1, pid: 1001 }),
      expect.objectContaining({ event: 'adopted-hook-finished', level: 'info', outcome: 'ended' }),
    ]));
  });

  test('does so also when that one is killed while it waits', async () => {
    const end = await killedInTheFirst();
    await machine.startAgent().then((agent) => agent.engineLost());
    await machine.startAgent();
    expect(machine.hooks).toHaveLength(1);
    end('ended');
    await machine.settle();
    expect(machine.hooks.slice(1)).toEqual(['second INSTANCE web MASTER 200 from=master']);
  });

  test('tells the state that holds now instead, after it', async () => {
    const end = await killedInTheFirst();
    machine.snapshotState = { state: 'backup', epoch: 1 };
    await machine.startAgent();
    expect(machine.hooks).toHaveLength(1);
    end('timed-out');
    await machine.settle();
    expect(machine.hooks.slice(1)).toEqual([
      'first INSTANCE web BACKUP 200 from=master', 'second INSTANCE web BACKUP 200 from=master',
    ]);
    expect(machine.journal()).toEqual(expect.arrayContaining([
      expect.objectContaining({ event: 'adopted-hook-finished', level: 'error', outcome: 'timed-out' }),
    ]));
  });

  test('under another engine waits for it all the same', async () => {
    const end = await killedInTheFirst();
    machine.engineLife = 'life 2';
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'backup', 1));
    await machine.settle();
    expect(machine.hooks).toHaveLength(1);
    end('ended');
    await machine.settle();
    expect(machine.hooks[1]).toBe('first INSTANCE web BACKUP 200 from=initialize');
  });

  test('runs the remaining ones at once when it has ended meanwhile, and none a third time', async () => {
    await killedInTheFirst();
    machine.leftovers.clear();
    for (let count = 0; count < 2; count += 1) await machine.startAgent().then((agent) => agent.engineLost());
    expect(machine.hooks.slice(1)).toEqual(['second INSTANCE web MASTER 200 from=master']);
  });
});

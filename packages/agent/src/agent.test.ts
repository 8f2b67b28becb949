import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_WAITING_MESSAGES } from './agent.js';
import type { CommandResult } from './hooks/command.js';
import { changed, ENDED, finding, Machine, NOW } from './machine.fixture.js';
import { OVERRULING_PERIOD_MS } from './overruling.js';

let machine: Machine;
beforeEach(() => { machine = new Machine(); });
afterEach(() => machine.dispose());

describe('starting', () => {
  test('an invalid file is shown finding by finding, refused with exit code 4, and nothing is configured', async () => {
    machine.file = { ok: false, findings: [finding, { ...finding, line: 9, key: '', message: 'another' }] };
    await machine.startAgent();
    expect(machine.stderr.split('\n')).toEqual([
      '/etc/baton/baton.yaml:4:11: error: virtual_routers.web.vird: no such key; did you mean vrid?',
      '/etc/baton/baton.yaml:9:11: error: another', '',
    ]);
    expect(machine.messages).toEqual([{ type: 'refuse-start', exitCode: 4 }]);
    expect(machine.ended).toEqual([4]);
  });

  test('a refusal of the engine is printed and ends the agent with its exit code', async () => {
    machine.onConfigure = (generation) => ({
      type: 'refused', generation, code: 'ERR_NET_CAPABILITY_MISSING',
      message: 'cannot hold virtual IPs; run as root', exitCode: 5,
    });
    await machine.startAgent();
    expect(machine.stderr).toBe('baton: cannot hold virtual IPs; run as root (ERR_NET_CAPABILITY_MISSING)\n');
    expect(machine.ended).toEqual([5]);
  });

  test('the first configuration is generation 1, and status answers once the engine runs it', async () => {
    await machine.startAgent();
    expect(machine.messages[0]).toMatchObject({ type: 'configure', generation: 1, routers: [{ epochFloor: 0 }] });
    expect(await machine.status())
      .toMatchObject({ node: 'lb-a', version: '1.2.3', alarms: [], virtual_routers: [{ name: 'web' }] });
    expect(machine.journal()).toMatchObject([{ event: 'agent-started', node: 'lb-a', driver: 'koffi' }]);
  });

  test('a reload asked for meanwhile happens afterwards', async () => {
    machine.onConfigure = undefined;
    const agent = await machine.startAgent((loading) => { loading.reload(); });
    const count = (): number => machine.messages.filter(({ type }) => type === 'configure').length;
    expect(count()).toBe(1);
    agent.receive({ type: 'configured', generation: 1, driver: 'koffi', scheduling: 'other' });
    expect(count()).toBe(2);
    agent.receive({ type: 'configured', generation: 2, driver: 'koffi', scheduling: 'other' });
    expect(count()).toBe(2);
  });

  test('a reload asked for before the engine has answered happens afterwards', async () => {
    machine.onConfigure = undefined;
    const agent = await machine.startAgent();
    agent.reload();
    agent.receive({ type: 'configured', generation: 1, driver: 'koffi', scheduling: 'other' });
    expect(machine.lastConfigure()).toMatchObject({ generation: 2 });
  });

  test('of more messages than can wait the oldest are lost, and counted', async () => {
    await machine.startAgent((agent) => {
      agent.receive(changed('initialize', 'fault', 0));
      for (let epoch = 1; epoch <= MAX_WAITING_MESSAGES; epoch += 1) agent.receive(changed('backup', 'master', epoch));
    });
    expect(machine.stderr).toContain('warn messages-missed count=1\n');
    expect(machine.stderr.match(/ state-changed /gu)).toHaveLength(MAX_WAITING_MESSAGES);
    expect(machine.stderr).not.toContain('to=fault');
  });

  test('an engine that is lost meanwhile is asked for nothing', async () => {
    await machine.startAgent((agent) => { void agent.engineLost(); });
    expect(machine.messages).toEqual([]);
    expect(machine.ended).toEqual([1]);
  });

  test('a broken state file is moved aside and said, and the agent starts', async () => {
    await machine.startAgent().then((agent) => agent.engineLost());
    writeFileSync(join(machine.directory, 'state', 'agent-state.json'), '{');
    await machine.startAgent();
    expect(machine.journal().map(({ event }) => event)).toContain('state-file-broken');
  });
});

describe('transitions', () => {
  test('reach journal, log and hooks once each, in order', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'backup', 0));
    await machine.settle();
    agent.receive(changed('backup', 'master', 1));
    await machine.settle();
    expect(machine.hooks).toEqual(['INSTANCE web BACKUP 200 from=initialize', 'INSTANCE web MASTER 200 from=backup']);
    expect(machine.journal().map(({ event, to, state }) => [event, to ?? state])).toEqual([
      ['agent-started', undefined], ['state-changed', 'backup'], ['hook-finished', 'backup'],
      ['state-changed', 'master'], ['hook-finished', 'master'],
    ]);
    expect(machine.journal().at(-1))
      .toMatchObject({ router: 'web', epoch: 1, exit_code: 0, output: 'said', outcome: 'exited' });
    expect(machine.stderr).toContain('info state-changed router=web from=backup to=master reason=startup epoch=1');
    expect(machine.stderr).not.toContain('output=');
  });

  test('the epoch of a mastership is the floor of the next life', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('backup', 'master', 7));
    await machine.settle();
    machine.engineLife = 'life 2';
    await machine.startAgent();
    expect(machine.lastConfigure()).toMatchObject({ generation: 1, routers: [{ epochFloor: 7 }] });
  });

  test('a missing interface is an alarm until it is there', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'fault', 0));
    expect((await machine.status()).alarms)
      .toMatchObject([{ name: 'interface-missing', detail: expect.stringContaining('web') }]);
    agent.receive(changed('fault', 'backup', 0));
    expect((await machine.status()).alarms).toEqual([]);
  });
});

describe('an agent that is started again while its engine lives', () => {
  test('does not tell hooks again what they were told, and counts generations on', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('backup', 'master', 1));
    await machine.settle();
    machine.snapshotState = { state: 'master', epoch: 1 };
    await machine.startAgent();
    expect(machine.hooks).toEqual(['INSTANCE web MASTER 200 from=backup']);
    expect(machine.lastConfigure()).toMatchObject({ generation: 2 });
  });

  test('tells hooks once what happened while there was no agent', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'backup', 0));
    await machine.settle();
    machine.snapshotState = { state: 'master', epoch: 1 };
    await machine.startAgent();
    expect(machine.hooks).toEqual(['INSTANCE web BACKUP 200 from=initialize', 'INSTANCE web MASTER 200 from=backup']);
  });

  test('under a new engine the state that holds is told even when it is the same', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'backup', 0));
    await machine.settle();
    machine.engineLife = 'life 2';
    const next = await machine.startAgent();
    next.receive(changed('initialize', 'backup', 0));
    await machine.settle();
    expect(machine.hooks).toEqual(Array.from({ length: 2 }, () => 'INSTANCE web BACKUP 200 from=initialize'));
  });
});

describe('reload', () => {
  test('of an invalid file changes nothing, logs every finding and is an alarm until a valid one comes', async () => {
    const agent = await machine.startAgent();
    const valid = machine.file;
    machine.file = { ok: false, findings: [finding, { ...finding, line: 9 }] };
    agent.reload();
    expect(machine.messages.filter(({ type }) => type === 'configure')).toHaveLength(1);
    expect((await machine.status()).alarms).toMatchObject([
      { name: 'configuration-refused', detail: expect.stringMatching(/baton\.yaml:4:11: .*\(and 1 more\)$/u) },
    ]);
    expect(machine.stderr.match(/configuration-finding at=\/etc\/baton\/baton\.yaml:[49]:11/gu)).toHaveLength(2);
    machine.file = valid;
    agent.reload();
    expect(machine.messages.at(-1)).toMatchObject({ type: 'configure', generation: 2 });
    expect((await machine.status()).alarms).toEqual([]);
  });

  test('that the engine refuses keeps the configuration before, and the next one has the same generation', async () => {
    const agent = await machine.startAgent();
    machine.onConfigure = (generation) => ({ type: 'refused', generation, code: 'ERR_X', message: 'no', exitCode: 1 });
    const configuration = machine.configuration(['web']);
    const hooks = configuration.hooks.map((hook) => ({ ...hook, run: [...hook.run, 'refused'] }));
    machine.file = { ok: true, warnings: [], configuration: { ...configuration, hooks } };
    agent.reload();
    expect(machine.ended).toEqual([]);
    agent.receive(changed('initialize', 'backup', 0));
    await machine.settle();
    expect(machine.hooks).toEqual(['INSTANCE web BACKUP 200 from=initialize']);
    expect((await machine.status()).alarms).toMatchObject([{ name: 'configuration-refused', detail: 'no (ERR_X)' }]);
    agent.reload();
    expect(machine.lastConfigure()).toMatchObject({ generation: 2 });
  });

  test('asked for twice while the engine is at work happens once more afterwards', async () => {
    const agent = await machine.startAgent();
    machine.onConfigure = undefined;
    for (let count = 0; count < 3; count += 1) agent.reload();
    const count = (): number => machine.messages.filter(({ type }) => type === 'configure').length;
    expect(count()).toBe(2);
    agent.receive({ type: 'configured', generation: 2, driver: 'koffi', scheduling: 'other' });
    expect(count()).toBe(3);
  });

  test.each(['stateDirectory', 'runtimeDirectory'] as const)('cannot change %s', async (key) => {
    const agent = await machine.startAgent();
    const configuration = { ...machine.configuration(['web']), [key]: '/elsewhere' };
    machine.file = { ok: true, warnings: [], configuration };
    agent.reload();
    expect(machine.messages.filter(({ type }) => type === 'configure')).toHaveLength(1);
    expect((await machine.status()).alarms).toMatchObject([{ name: 'configuration-refused' }]);
  });

  test('that takes a router away runs its stop hook; one that comes is told its first state', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'backup', 0));
    await machine.settle();
    machine.hooks.length = 0;
    machine.file = { ok: true, warnings: [], configuration: machine.configuration(['other']) };
    machine.onConfigure = undefined;
    agent.reload();
    agent.receive(changed('backup', 'initialize', 0));
    agent.receive(changed('initialize', 'backup', 0, 'other'));
    agent.receive({ type: 'configured', generation: 2, driver: 'koffi', scheduling: 'other' });
    await machine.settle();
    expect(machine.hooks).toEqual(['INSTANCE other BACKUP 200 from=initialize', 'INSTANCE web STOP 200 from=backup']);
  });
});

describe('the end', () => {
  test('stop hooks first, then the last events, then the word to the engine', async () => {
    const agent = await machine.startAgent();
    agent.receive(changed('backup', 'master', 1));
    await machine.settle();
    agent.receive(changed('master', 'initialize', 1));
    agent.receive({ type: 'stopping' });
    await machine.settle();
    expect(machine.hooks).toEqual(['INSTANCE web MASTER 200 from=backup', 'INSTANCE web STOP 200 from=master']);
    expect(machine.journal().slice(-2))
      .toMatchObject([{ event: 'hook-finished', state: 'stop' }, { event: 'agent-stopped' }]);
    expect(machine.messages.at(-1)).toEqual({ type: 'stopped' });
    expect(machine.ended).toEqual([0]);
    await expect(machine.status()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('without an engine nothing is run any more', async () => {
    let endHook: (result: CommandResult) => void = () => undefined;
    machine.hookResult = new Promise((resolve) => { endHook = resolve; });
    const agent = await machine.startAgent();
    agent.receive(changed('initialize', 'backup', 0));
    agent.receive(changed('backup', 'fault', 0));
    await machine.settle();
    await agent.engineLost();
    endHook(ENDED);
    agent.receive(changed('backup', 'master', 1));
    agent.reload();
    await machine.settle();
    expect(machine.hooks).toEqual(['INSTANCE web BACKUP 200 from=initialize']);
    expect(machine.ended).toEqual([1]);
    expect(machine.journal().map(({ event, state }) => [event, state])).toEqual(expect.arrayContaining([
      ['engine-lost', undefined], ['hook-abandoned', 'fault'],
    ]));
  });
});

describe('notices of the engine', () => {
  test('are logged and journaled; debug is only logged', async () => {
    const agent = await machine.startAgent();
    const notice = {
      type: 'notice', level: 'warn', event: 'advertisement-discarded', fields: { source: '10.0.0.9' }, at: NOW,
    } as const;
    agent.receive(notice);
    agent.receive({ ...notice, level: 'debug', event: 'whisper' });
    await machine.settle();
    expect(machine.journal().map(({ event }) => event)).toEqual(['agent-started', 'advertisement-discarded']);
    expect(machine.stderr.match(/advertisement-discarded/gu)).toHaveLength(1);
    expect(machine.stderr).toContain('debug whisper source=10.0.0.9');
  });

  test('that a router is overruled are said once a minute, however often they come', async () => {
    const agent = await machine.startAgent();
    const overruled = {
      type: 'lower-priority-received', router: 'web', source: '10.0.0.9', priority: 50, at: NOW,
    } as const;
    for (machine.nowMs = 0; machine.nowMs <= OVERRULING_PERIOD_MS; machine.nowMs += 1000) agent.receive(overruled);
    agent.receive({ ...overruled, router: 'inside' });
    await machine.settle();
    expect(machine.journal().slice(1)).toMatchObject([
      { event: 'lower-priority-received', level: 'info', router: 'web', source: '10.0.0.9', priority: 50 },
      { event: 'lower-priority-received', router: 'web' }, { event: 'lower-priority-received', router: 'inside' },
    ]);
  });
});

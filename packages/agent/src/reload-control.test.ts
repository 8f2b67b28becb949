// A reload that somebody waits for: what the control socket answers.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ReloadReport } from './control/messages.js';
import { finding, Machine } from './machine.fixture.js';

let machine: Machine;
beforeEach(() => { machine = new Machine(); });
afterEach(() => machine.dispose());

async function reload(plan: boolean): Promise<ReloadReport> {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(join(machine.directory, 'run', 'control.sock'));
    let text = '';
    socket.on('data', (chunk) => { text += chunk.toString('utf8'); });
    socket.on('error', reject);
    socket.on('close', () => { resolve(text); });
    socket.end(`{"id":1,"method":"reload","plan":${String(plan)}}\n`);
  });
  return (JSON.parse(answer) as { report: ReloadReport }).report;
}

const PLAN = [{ router: 'mail', what: 'starts mail', effect: 'no interruption' }];
const configureCount = (): number => machine.messages.filter(({ type }) => type === 'configure').length;

function moreRouters(): void {
  machine.file = { ok: true, warnings: [], configuration: machine.configuration(['web', 'mail']) };
}

describe('baton reload', () => {
  test('says what it has applied, as which generation', async () => {
    await machine.startAgent();
    moreRouters();
    expect(await reload(false)).toEqual({ outcome: 'applied', generation: 2, plan: PLAN, findings: [], detail: null });
    expect(configureCount()).toBe(2);
  });

  test('with --plan says it and applies nothing', async () => {
    await machine.startAgent();
    moreRouters();
    expect(await reload(true)).toEqual({ outcome: 'planned', generation: 2, plan: PLAN, findings: [], detail: null });
    expect(configureCount()).toBe(1);
    expect((await machine.status()).refused_configuration).toBeNull();
  });

  test('of an invalid file names every finding; the status shows the refused generation until a good one', async () => {
    await machine.startAgent();
    const good = machine.file;
    machine.file = { ok: false, findings: [finding, { ...finding, line: 9 }] };
    const findings = [4, 9].map((line) =>
      `/etc/baton/baton.yaml:${String(line)}:11: error: virtual_routers.web.vird: no such key; did you mean vrid?`);
    expect(await reload(false)).toEqual({ outcome: 'invalid', generation: 2, plan: [], findings, detail: null });
    const status = await machine.status();
    expect(status.refused_configuration).toEqual({ generation: 2, since: '2026-01-01T00:00:00.000Z', findings });
    machine.file = good;
    expect((await reload(false)).outcome).toBe('applied');
    expect((await machine.status()).refused_configuration).toBeNull();
  });

  test('of an invalid file with --plan is no refusal: nothing was asked for', async () => {
    await machine.startAgent();
    machine.file = { ok: false, findings: [finding] };
    expect((await reload(true)).outcome).toBe('invalid');
    expect((await machine.status()).alarms).toEqual([]);
  });

  test('that the engine refuses says why', async () => {
    await machine.startAgent();
    moreRouters();
    machine.onConfigure = (generation) => ({ type: 'refused', generation, code: 'ERR_X', message: 'no', exitCode: 1 });
    expect(await reload(false)).toMatchObject({ outcome: 'refused', generation: 2, detail: 'no (ERR_X)' });
  });

  test('that changes what is fixed is refused, planned or not', async () => {
    await machine.startAgent();
    const configuration = { ...machine.configuration(['web']), stateDirectory: '/elsewhere' };
    machine.file = { ok: true, warnings: [], configuration };
    const place = '/etc/baton/baton.yaml:8:18';
    const detail = `${place}: error: state_directory: cannot change while the daemon runs; restart it`;
    expect(await reload(true)).toMatchObject({ outcome: 'refused', detail });
    expect(await reload(false)).toMatchObject({ outcome: 'refused', detail });
  });

  test('asked for while another one is with the engine is answered by its own', async () => {
    const agent = await machine.startAgent();
    machine.onConfigure = undefined;
    agent.reload();
    moreRouters();
    const asked = reload(false);
    await machine.settle();
    agent.receive({ type: 'configured', generation: 2, driver: 'koffi', scheduling: 'other' });
    await machine.settle();
    agent.receive({ type: 'configured', generation: 3, driver: 'koffi', scheduling: 'other' });
    expect(await asked).toMatchObject({ outcome: 'applied', generation: 3, plan: PLAN });
  });
});

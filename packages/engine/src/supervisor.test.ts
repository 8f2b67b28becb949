import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentMessage } from './messages.js';
import { AgentSupervisor, MAX_PENDING_MESSAGES, type AgentExit } from './supervisor.js';

/** A supervised program, what it said and how it ended. */
class Supervised {
  readonly exits: AgentExit[] = [];
  readonly messages: AgentMessage[] = [];
  readonly supervisor: AgentSupervisor;
  #notify: () => void = () => undefined;

  constructor(program: string, startProgram?: () => ChildProcess) {
    this.supervisor = new AgentSupervisor({
      program,
      ...(startProgram === undefined ? {} : { startProgram }),
      arguments: ['-c', 'file'],
      onMessage: (message) => {
        this.messages.push(message);
        this.#notify();
      },
      onExit: (exit) => {
        this.exits.push(exit);
        this.#notify();
      },
    });
    this.supervisor.start();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
  }
}

describe('the supervisor', () => {
  let directory = '';
  let running: Supervised | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'baton-supervisor-'));
  });

  afterEach(() => {
    running?.supervisor.expectEnd();
    running?.supervisor.signal('SIGKILL');
    rmSync(directory, { recursive: true });
  });

  function supervise(source: string): Supervised {
    const program = join(directory, 'agent.cjs');
    writeFileSync(program, source);
    running = new Supervised(program);
    return running;
  }

  test('starts the agent, and again when it is killed, then with the arguments that were added', async () => {
    const agent = supervise(
      `process.send({ type: process.argv.slice(2).join(' '), pid: process.pid }); setTimeout(() => {}, 60000);`,
    );
    await agent.until(() => agent.messages.length === 1);
    expect(agent.messages[0]).toMatchObject({ type: '-c file' });
    agent.supervisor.addArguments(['--resume', 'place']);
    agent.supervisor.signal('SIGKILL');
    await agent.until(() => agent.messages.length === 2);
    expect(agent.exits).toEqual([{ code: null, signal: 'SIGKILL', willRespawn: true }]);
    expect(agent.messages[1]).toMatchObject({ type: '-c file --resume place' });
  });

  test('does not start it again once its end is expected', async () => {
    const agent = supervise(`process.on('message', () => process.exit(0)); process.send({ type: 'stopped' });`);
    await agent.until(() => agent.messages.length === 1);
    agent.supervisor.expectEnd();
    agent.supervisor.send({ type: 'stopping' });
    await agent.until(() => agent.exits.length === 1);
    expect(agent.exits).toEqual([{ code: 0, signal: null, willRespawn: false }]);
    expect(agent.supervisor.isRunning()).toBe(false);
  });

  test('replaces an agent that has stopped reading, and keeps no endless queue for it', async () => {
    const agent = supervise(`process.send({ type: 'stopped' }); setTimeout(() => { for (;;); }, 10);`);
    await agent.until(() => agent.messages.length === 1);
    const padding = 'x'.repeat(1000);
    while (agent.exits.length === 0) {
      for (let count = 0; count <= MAX_PENDING_MESSAGES; count += 1) {
        agent.supervisor.send({ type: 'notice', level: 'info', event: 'flood', fields: { padding }, at: 0 });
      }
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(agent.exits[0]).toEqual({ code: null, signal: 'SIGKILL', willRespawn: true });
  });

  test('a message to an agent that is not there is dropped', () => {
    const agent = supervise('');
    agent.supervisor.expectEnd();
    agent.supervisor.signal('SIGKILL');
    expect(() => {
      agent.supervisor.send({ type: 'stopping' });
    }).not.toThrow();
  });

  test.each([
    [
      'the system has no process to give',
      () => {
        throw new Error('spawn EAGAIN');
      },
    ],
    ['the program cannot be executed', () => fork('agent.cjs', [], { execPath: '/no/such/node', stdio: 'ignore' })],
  ])('tries again when %s', async (_why, startProgram: () => ChildProcess) => {
    running = new Supervised('agent.cjs', startProgram);
    const agent = running;
    await agent.until(() => agent.exits.length === 2);
    expect(agent.exits[0]).toEqual({ code: null, signal: null, willRespawn: true });
    expect(agent.supervisor.isRunning()).toBe(false);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { HookConfiguration } from '@baton/config';
import type { Command, CommandResult, StartCommand } from './command.js';
import type { HookOccurrence } from './events.js';
import { HookRunner, MAX_CONCURRENT_HOOKS, type HookListener } from './runner.js';

const RESULT: CommandResult = {
  outcome: 'exited', exitCode: 0, signal: null, output: '', droppedBytes: 0, durationMs: 1,
};

/** Commands that run until the test ends them. */
class FakeCommands {
  readonly trace: string[] = [];
  readonly running = new Map<string, () => void>();
  mostAtOnce = 0;
  readonly start: StartCommand = (command) => {
    const name = nameOf(command);
    this.trace.push(`start ${name}`);
    let settle: (result: CommandResult) => void = () => undefined;
    const result = new Promise<CommandResult>((resolve) => { settle = resolve; });
    this.running.set(name, () => {
      this.running.delete(name);
      settle(RESULT);
    });
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running.size);
    return { result, kill: () => { this.end(name); } };
  };

  readonly listener: HookListener = {
    delivered: ({ router, state, epoch }) => this.trace.push(`delivered ${router} ${state} ${String(epoch)}`),
    finished: (hook, { router, state }) => this.trace.push(`finished ${String(hook.run[0])} ${router} ${state}`),
    superseded: (older, newer) => this.trace.push(`superseded ${older.state} by ${newer.state}`),
    abandoned: ({ router, state }) => this.trace.push(`abandoned ${router} ${state}`),
  };

  end(name: string): void {
    this.running.get(name)?.();
  }
}

function nameOf({ words, environment }: Command): string {
  return `${String(words[0])} ${String(environment['BATON_ROUTER'])} ${String(environment['BATON_STATE'])}`;
}

const hook = (program: string): HookConfiguration =>
  ({ on: ['master'], routers: undefined, run: [program], timeoutMs: 1 });
const at = (state: HookOccurrence['state'], epoch = 1, router = 'web'): HookOccurrence => ({
  router, state, previousState: 'backup', reason: 'startup', epoch, priority: 100, node: 'lb-a', addresses: [], atMs: 0,
});
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('hook queues', () => {
  test('hooks of one state run one after the other in file order; the state is delivered with the last', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    runner.enqueue({ occurrence: at('master'), hooks: [hook('a'), hook('b')] });
    expect(commands.trace).toEqual(['start a web master']);
    commands.end('a web master');
    await settle();
    expect(commands.trace.slice(1)).toEqual(['finished a web master', 'start b web master', 'delivered web master 1']);
    commands.end('b web master');
    await runner.idle();
  });

  test('the newest state wins over the queued older ones, and the running one is left to finish', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    for (const occurrence of [at('backup'), at('master', 2), at('fault', 2), at('backup', 2)]) {
      runner.enqueue({ occurrence, hooks: [hook('a')] });
    }
    commands.end('a web backup');
    await settle();
    expect(commands.trace).toEqual([
      'start a web backup', 'delivered web backup 1', 'superseded master by fault', 'superseded fault by backup',
      'finished a web backup', 'start a web backup', 'delivered web backup 2',
    ]);
    expect(runner.counters).toEqual({ started: 2, superseded: 2, deferred: 0 });
  });

  test('a state that came back to what the running hook is being told is not told twice', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    for (const occurrence of [at('backup'), at('fault'), at('backup')]) {
      runner.enqueue({ occurrence, hooks: [hook('a')] });
    }
    commands.end('a web backup');
    await runner.idle();
    expect(commands.trace.filter((line) => line.startsWith('start'))).toEqual(['start a web backup']);
  });

  test('over 200 changes of one router never two hooks run at once, and the last state is told last', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    for (let epoch = 1; epoch <= 200; epoch += 1) {
      runner.enqueue({ occurrence: at(epoch % 2 === 0 ? 'backup' : 'master', epoch), hooks: [hook('a')] });
      if (epoch % 7 === 0) {
        [...commands.running.keys()].forEach((name) => { commands.end(name); });
        await settle();
      }
    }
    while (commands.running.size > 0) {
      [...commands.running.keys()].forEach((name) => { commands.end(name); });
      await settle();
    }
    await runner.idle();
    expect(commands.mostAtOnce).toBe(1);
    expect(commands.trace.filter((line) => line.startsWith('delivered')).at(-1)).toBe('delivered web backup 200');
    expect(runner.counters.started + runner.counters.superseded).toBe(200);
  });

  test('routers do not wait for each other, up to a limit that is counted', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    for (let index = 0; index <= MAX_CONCURRENT_HOOKS; index += 1) {
      runner.enqueue({ occurrence: at('master', 1, `r${String(index)}`), hooks: [hook('a')] });
    }
    expect(commands.running.size).toBe(MAX_CONCURRENT_HOOKS);
    expect(runner.counters.deferred).toBe(1);
    commands.end('a r0 master');
    await settle();
    expect([...commands.running.keys()].at(-1)).toBe(`a r${String(MAX_CONCURRENT_HOOKS)} master`);
  });

  test('a state without hooks counts as delivered at once', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    runner.enqueue({ occurrence: at('master'), hooks: [] });
    await runner.idle();
    expect(commands.trace).toEqual(['delivered web master 1']);
  });

  test('releasing leaves what runs to itself and abandons what waits', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    runner.enqueue({ occurrence: at('backup'), hooks: [hook('a')] });
    runner.enqueue({ occurrence: at('master'), hooks: [hook('a')] });
    runner.release();
    await settle();
    expect([...commands.running.keys()]).toEqual(['a web backup']);
    commands.end('a web backup');
    await runner.idle();
    expect(commands.trace).toEqual([
      'start a web backup', 'delivered web backup 1', 'abandoned web master', 'finished a web backup',
    ]);
  });

  test('closing kills what runs, abandons what waits and refuses what comes', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    runner.enqueue({ occurrence: at('master'), hooks: [hook('a'), hook('b')] });
    runner.enqueue({ occurrence: at('stop'), hooks: [hook('a')] });
    runner.close();
    await runner.idle();
    runner.enqueue({ occurrence: at('backup'), hooks: [hook('a')] });
    expect(commands.trace).toEqual([
      'start a web master', 'abandoned web stop', 'finished a web master', 'abandoned web backup',
    ]);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { HookConfiguration } from '@baton/config';
import type { Command, CommandProcess, CommandResult, StartCommand } from './command.js';
import type { HookOccurrence } from './events.js';
import { HookRunner, MAX_CONCURRENT_HOOKS, type HookListener } from './runner.js';

const RESULT: CommandResult = {
  outcome: 'exited', exitCode: 0, signal: null, output: '', droppedBytes: 0, durationMs: 1,
};

/** Commands that run until the test ends them. */
class FakeCommands {
  readonly trace: string[] = [];
  /** What would be kept, before and after every start. */
  readonly progress: string[] = [];
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
    return { process: processOf(name), result, kill: () => { this.end(name); } };
  };

  readonly listener: HookListener = {
    progressed: ({ subject: { name: router }, state }, { remaining, running }) => {
      const left = remaining.map(({ run }) => String(run[0])).join(' ');
      this.progress.push(`${router} ${state}: [${left}]${running === undefined ? '' : ` ${running.identity}`}`);
    },
    finished: (hook, { subject, state }) => this.trace.push(`finished ${String(hook.run[0])} ${subject.name} ${state}`),
    superseded: (older, newer) => this.trace.push(`superseded ${older.state} by ${newer.state}`),
    abandoned: ({ subject: { name: router }, state }) => this.trace.push(`abandoned ${router} ${state}`),
  };

  end(name: string): void {
    this.running.get(name)?.();
  }
}

function processOf(name: string): CommandProcess {
  return { pid: 1000, identity: `<${name}>`, timeoutAtMs: 0 };
}

function nameOf({ words, environment }: Command): string {
  return `${String(words[0])} ${String(environment['BATON_ROUTER'])} ${String(environment['BATON_STATE'])}`;
}

const hook = (program: string): HookConfiguration =>
  ({ on: ['master'], routers: undefined, groups: undefined, run: [program], timeoutMs: 1 });
const at = (state: HookOccurrence['state'], epoch = 1, router = 'web'): HookOccurrence => ({
  subject: { kind: 'router', name: router }, members: [], state, previousState: 'backup', reason: 'startup', epoch,
  priority: 100, node: 'lb-a', addresses: [], atMs: 0,
});
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('hook queues', () => {
  test('hooks of one state run one after the other in file order; each is noted before it starts', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    runner.enqueue({ occurrence: at('master'), hooks: [hook('a'), hook('b')] });
    expect(commands.trace).toEqual(['start a web master']);
    expect(commands.progress).toEqual(['web master: [b]', 'web master: [b] <a web master>']);
    commands.end('a web master');
    await settle();
    expect(commands.trace.slice(1)).toEqual(['finished a web master', 'start b web master']);
    expect(commands.progress.slice(2)).toEqual(['web master: []', 'web master: [] <b web master>']);
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
      'start a web backup', 'superseded master by fault', 'superseded fault by backup',
      'finished a web backup', 'start a web backup',
    ]);
    expect(runner.counters).toEqual({ started: 2, superseded: 2, deferred: 0 });
  });

  test('two fast transitions are delivered in order, the last state wins, never interleaved [J08]', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    const hooks = [hook('a'), hook('b')];
    runner.enqueue({ occurrence: at('master'), hooks });
    runner.enqueue({ occurrence: at('backup'), hooks });
    for (const name of ['a web master', 'b web master', 'a web backup', 'b web backup']) {
      expect([...commands.running.keys()]).toEqual([name]);
      commands.end(name);
      await settle();
    }
    await runner.idle();
    expect([commands.mostAtOnce, runner.counters.started]).toEqual([1, 4]);
  });

  test('a router and a sync group of the same name do not wait for each other', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    runner.enqueue({ occurrence: at('backup'), hooks: [hook('a')] });
    runner.enqueue({ occurrence: { ...at('backup'), subject: { kind: 'group', name: 'web' } }, hooks: [hook('b')] });
    expect(commands.trace).toEqual(['start a web backup', 'start b undefined backup']);
    commands.end('a web backup');
    commands.end('b undefined backup');
    await runner.idle();
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

  test('J08: over 200 changes of one router never two hooks run at once, and the last state is told last', async () => {
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
    expect(commands.progress.at(-1)).toBe('web backup: [] <a web backup>');
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

  test('a state without hooks is noted at once', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    runner.enqueue({ occurrence: at('master'), hooks: [] });
    await runner.idle();
    expect([commands.trace, commands.progress]).toEqual([[], ['web master: []']]);
  });

  test('a leftover comes first, also when it tells the same state; other routers do not wait for it', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    let end: (outcome: 'ended') => void = () => undefined;
    const ended = new Promise<'ended'>((resolve) => { end = resolve; });
    runner.adopt({ kind: 'router', name: 'web' }, { ended, kill: () => undefined });
    runner.enqueue({ occurrence: at('master'), hooks: [hook('b')] });
    runner.enqueue({ occurrence: at('master', 1, 'inside'), hooks: [hook('a')] });
    expect(commands.trace).toEqual(['start a inside master']);
    end('ended');
    await settle();
    expect(commands.trace.slice(1)).toEqual(['start b web master']);
    commands.end('a inside master');
    commands.end('b web master');
    await runner.idle();
  });

  test('closing kills a leftover too', async () => {
    const commands = new FakeCommands();
    const runner = new HookRunner(commands.start, commands.listener);
    let kill: () => void = () => undefined;
    const ended = new Promise<'killed'>((resolve) => { kill = () => { resolve('killed'); }; });
    runner.adopt({ kind: 'router', name: 'web' }, { ended, kill });
    runner.close();
    await runner.idle();
    expect(commands.trace).toEqual([]);
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
      'start a web backup', 'abandoned web master', 'finished a web backup',
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

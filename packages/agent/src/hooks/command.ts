// Runs one program for a limited time in a process group of its own, without a shell, and collects what it wrote.
// Knows nothing of routers or hooks. The result comes when the program itself has ended: what it left running in the
// background is neither waited for nor listened to.

import { describeError } from '@baton/base';
import { readInterpreter } from '@baton/config';
import { openPipe } from '@baton/linux';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { identifyProcess } from '../process-identity.js';

/** What to run. */
export interface Command {
  /** Absolute program, then its arguments. */
  readonly words: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. */
  readonly input: string;
  /** After this time the group gets SIGTERM, and SIGKILL_DELAY_MS later SIGKILL. */
  readonly timeoutMs: number;
}

/** How a command ended. `not-started`: the program could not be executed, `message` says why. */
export interface CommandResult {
  readonly outcome: 'exited' | 'signalled' | 'timed-out' | 'killed' | 'not-started';
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Standard output and error in order of arrival, the first MAX_OUTPUT_BYTES, as UTF-8. */
  readonly output: string;
  /** Bytes that did not fit into `output`. */
  readonly droppedBytes: number;
  readonly durationMs: number;
  readonly message?: string;
}

/** A command that was started, as a later process can find it again. */
export interface CommandProcess {
  /** Leads a process group of the same id. */
  readonly pid: number;
  /** Of the process: see process-identity.ts. */
  readonly identity: string;
  /** When its group gets SIGTERM: milliseconds of the monotonic clock, which all processes of one boot share. */
  readonly timeoutAtMs: number;
}

/** A command under way. */
export interface RunningCommand {
  /** Undefined when it could not be started. */
  readonly process: CommandProcess | undefined;
  /** Never rejects. */
  readonly result: Promise<CommandResult>;
  /** Ends the whole group at once. */
  kill(): void;
}

/** Starts a command: production and tests of the queue each bring one. */
export type StartCommand = (command: Command) => RunningCommand;

/** Between SIGTERM and SIGKILL, ms. */
export const SIGKILL_DELAY_MS = 2000;
/** Output kept of one run, bytes. */
export const MAX_OUTPUT_BYTES = 65_536;
/** How long the output of an ended program is still read: its last words, not those of its orphans, ms. */
const LAST_WORDS_MS = 50;

/** Starts a program with a clean environment in `/`, in its own session. */
export function startCommand(command: Command): RunningCommand {
  const startedAt = performance.now();
  const output = new BoundedOutput();
  let ending: 'timed-out' | 'killed' | undefined;
  let spawned: Spawned;
  try {
    spawned = spawnDetached(command);
  } catch (error) {
    const result = Promise.resolve(notStarted(error, command, startedAt));
    return { process: undefined, result, kill: () => undefined };
  }
  const { child, stdin, stdout } = spawned;
  const timers: NodeJS.Timeout[] = [];
  const kill = (as: 'timed-out' | 'killed', signal: NodeJS.Signals): void => {
    ending ??= as;
    signalChild(child, signal);
  };
  timers.push(setTimeout(() => { kill('timed-out', 'SIGTERM'); }, command.timeoutMs));
  timers.push(setTimeout(() => { kill('timed-out', 'SIGKILL'); }, command.timeoutMs + SIGKILL_DELAY_MS));

  const result = new Promise<CommandResult>((resolve) => {
    const settle = (settled: CommandResult): void => {
      timers.forEach(clearTimeout);
      stdin.destroy();
      stdout.destroy();
      resolve(settled);
    };
    child.once('error', (error) => {
      if (child.pid === undefined) settle(notStarted(error, command, startedAt));
    });
    child.once('exit', (exitCode, signal) => {
      // The group may hold what the program left behind. After a timeout nothing of it survives.
      // Its id is not given out again within the tick in which it was reaped.
      if (ending !== undefined && child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      const durationMs = performance.now() - startedAt;
      const finish = (): void => {
        const outcome = ending ?? (signal === null ? 'exited' : 'signalled');
        settle({ outcome, exitCode, signal, output: output.text(), droppedBytes: output.droppedBytes, durationMs });
      };
      if (stdout.closed) finish();
      else {
        stdout.once('close', finish);
        timers.push(setTimeout(finish, LAST_WORDS_MS));
      }
    });
  });
  output.collect(stdout);
  // A hook need not read its input: EPIPE is its answer, not our error.
  stdin.on('error', () => undefined);
  stdin.end(command.input);
  return {
    process: describeStarted(child, command.timeoutMs), result, kill: () => { kill('killed', 'SIGKILL'); },
  };
}

/** Milliseconds of the monotonic clock, comparable between all processes of one boot. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Signals a whole process group. One that has ended, or that has taken on rights we lack, is left alone. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function describeStarted({ pid }: ChildProcess, timeoutMs: number): CommandProcess | undefined {
  const found = pid === undefined ? undefined : identifyProcess(pid);
  if (pid === undefined || found === undefined) return undefined;
  return { pid, identity: found.identity, timeoutAtMs: monotonicMs() + timeoutMs };
}

/** A program and our ends of its pipes. */
interface Spawned {
  readonly child: ChildProcess;
  readonly stdin: Socket;
  /** Standard output and error: one pipe, so that what the program wrote first is read first. */
  readonly stdout: Socket;
}

/** What Node itself calls a pipe is a socket, which a script cannot open as /dev/stdin or /dev/stderr. */
function spawnDetached({ words, environment }: Command): Spawned {
  const [program = '', ...rest] = words;
  const openFds: number[] = [];
  const openEnds = (): { readFd: number; writeFd: number } => {
    const pipe = openPipe();
    if (!pipe.ok) throw new Error(`cannot open a pipe: ${pipe.errno}`);
    openFds.push(pipe.readFd, pipe.writeFd);
    return pipe;
  };
  try {
    const input = openEnds();
    const output = openEnds();
    const child = spawn(program, rest, {
      cwd: '/', env: { ...environment }, detached: true, shell: false,
      stdio: [input.readFd, output.writeFd, output.writeFd],
    });
    const stdin = new Socket({ fd: take(openFds, input.writeFd), readable: false, writable: true });
    const stdout = new Socket({ fd: take(openFds, output.readFd), readable: true, writable: false });
    return { child, stdin, stdout };
  } finally {
    // The ends of the program, and after a failure all four.
    openFds.forEach((fd) => { closeSync(fd); });
  }
}

/** From now on somebody else closes it. */
function take(openFds: number[], fd: number): number {
  openFds.splice(openFds.indexOf(fd), 1);
  return fd;
}

/** Signals the group of a child that has not been reaped: until then its id cannot belong to anybody else. */
function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  signalGroup(child.pid, signal);
}

function notStarted(error: unknown, { words: [program = ''] }: Command, startedAt: number): CommandResult {
  return {
    outcome: 'not-started', exitCode: null, signal: null, output: '', droppedBytes: 0,
    durationMs: performance.now() - startedAt, message: explainNotStarted(error, program),
  };
}

/** ENOENT for a program that is there is about what its first line names. */
function explainNotStarted(error: unknown, program: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const interpreter = code === 'ENOENT' ? interpreterOf(program) : undefined;
  if (interpreter === undefined) return describeError(error);
  return `cannot start ${program}: its interpreter ${JSON.stringify(interpreter)} does not exist (ENOENT)`;
}

function interpreterOf(program: string): string | undefined {
  try {
    return existsSync(program) ? readInterpreter(program) : undefined;
  } catch {
    return undefined; // not readable, or gone meanwhile: then ENOENT is all there is to say
  }
}

/** Keeps the first MAX_OUTPUT_BYTES and counts the rest, which is still read so that the program never blocks on us. */
class BoundedOutput {
  droppedBytes = 0;
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;

  collect(pipe: Socket): void {
    pipe.on('data', (chunk: Buffer) => {
      const kept = chunk.subarray(0, MAX_OUTPUT_BYTES - this.#sizeBytes);
      this.droppedBytes += chunk.length - kept.length;
      this.#sizeBytes += kept.length;
      if (kept.length > 0) this.#chunks.push(Buffer.from(kept));
    });
    pipe.on('error', () => undefined);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

// Runs programs for the lab: short commands to their end, and long-lived ones inside a host's network namespace with
// their output kept. Knows nothing of what the programs are.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { BatonError, type Instant } from '@baton/base';

import type { LabErrorCode } from './errors.js';
import { monotonicMs, waitFor } from './waiting.js';

/** How long a process may take to be gone after SIGKILL, ms. */
const KILL_DEADLINE_MS = 5_000;
/** Output lines kept per process; older ones are dropped. */
const MAX_LINES = 10_000;

/** What a finished command left. */
export interface CommandResult {
  /** Exit code; 128 + signal number is not used: a command ended by a signal has -1. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end and returns whatever it did.
 *  @param command program and arguments; never a shell string
 *  @throws {Error} only when the program cannot be started */
export async function runToEnd(command: readonly string[], input = ''): Promise<CommandResult> {
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.on('error', () => undefined); // the program did not want its input; its exit code says the rest
  child.stdin.end(input);
  const [code] = await once(child, 'close') as [number | null];
  return { code: code ?? -1, stdout: stdout.text, stderr: stderr.text };
}

/** Runs a command that has to succeed.
 *  @returns what it wrote to standard output
 *  @throws {BatonError<LabErrorCode>} ERR_LAB_COMMAND_FAILED with what it said */
export async function run(command: readonly string[], input = ''): Promise<string> {
  const result = await runToEnd(command, input);
  if (result.code === 0) return result.stdout;
  throw new BatonError<LabErrorCode>('ERR_LAB_COMMAND_FAILED',
    `${command.join(' ')} ended with ${String(result.code)}: ${result.stderr.trim() || result.stdout.trim()}`);
}

/** The command line that enters a network namespace of the lab first. */
export function insideNamespace(namespace: string, command: readonly string[]): string[] {
  return ['nsenter', `--net=/run/netns/${namespace}`, '--', ...command];
}

/** One line that a process wrote, with the moment the lab read it. */
export interface OutputLine {
  readonly at: Instant;
  readonly text: string;
}

/** A long-lived program in a namespace. */
export class LabProcess {
  readonly lines: OutputLine[] = [];
  readonly #child: ChildProcess;
  readonly #title: string;
  readonly #lineListeners: ((line: OutputLine) => void)[] = [];
  #ended = false;

  /** Starts at once. With `channel` the program gets a message channel to the lab (process.send). */
  constructor(namespace: string, command: readonly string[], options: { channel?: boolean } = {}) {
    this.#title = command.slice(0, 3).join(' ');
    const [program = '', ...parameters] = insideNamespace(namespace, command);
    const channel = options.channel === true ? 'ipc' : 'ignore';
    this.#child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe', channel] });
    this.#child.once('exit', () => { this.#ended = true; });
    this.#child.once('error', () => { this.#ended = true; });
    this.#keep(this.#child.stdout);
    this.#keep(this.#child.stderr);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return !this.#ended;
  }

  /** Exit code, or the signal that ended it; undefined while it runs. */
  get ending(): number | NodeJS.Signals | undefined {
    return this.#ended ? this.#child.signalCode ?? this.#child.exitCode ?? -1 : undefined;
  }

  /** This process and everything it started, children before parents. */
  get family(): readonly number[] {
    return this.#ended ? [] : [...descendants(this.pid), this.pid];
  }

  /** Everything it wrote, as text. */
  get log(): string {
    return this.lines.map((line) => line.text).join('\n');
  }

  send(message: object): void {
    this.#child.send(message);
  }

  /** Calls back with each message of the program. */
  onMessage(receive: (message: unknown) => void): void {
    this.#child.on('message', receive);
  }

  /** Calls back with each line of output, also with those already there. */
  onLine(receive: (line: OutputLine) => void): void {
    for (const line of this.lines) receive(line);
    this.#lineListeners.push(receive);
  }

  /** Ends the program alone, by a signal, and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', deadlineMs = 10_000): Promise<void> {
    if (this.#ended) return;
    this.#child.kill(signal);
    await this.ended(deadlineMs);
  }

  /** Ends the program and everything it started, at once: all are frozen first, so that none sees another die. */
  async killFamily(): Promise<void> {
    const family = this.family;
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of family) signalProcess(pid, signal);
    const what = `the processes of ${this.#title} to be gone`;
    await waitFor(what, KILL_DEADLINE_MS, () => !family.some(isAlive) && !this.running);
  }

  /** Waits until the program itself is gone. */
  async ended(deadlineMs: number): Promise<void> {
    await waitFor(`the end of ${this.#title}\n${this.log}`, deadlineMs, () => !this.running);
  }

  #keep(stream: Readable | null): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (text) => {
      const line = { at: monotonicMs(), text };
      this.lines.push(line);
      for (const receive of this.#lineListeners) receive(line);
      if (this.lines.length > MAX_LINES) this.lines.shift();
    });
  }
}

/** Resident memory of a process in bytes, 0 when it is gone (proc(5), VmRSS). */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${String(pid)}/status`));
  return Number(match?.[1] ?? 0) * 1024;
}

function descendants(pid: number): number[] {
  const list = readProc(`/proc/${String(pid)}/task/${String(pid)}/children`);
  const children = list.split(' ').filter((text) => text !== '').map(Number);
  return children.flatMap((child) => [...descendants(child), child]);
}

function isAlive(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(readProc(`/proc/${String(pid)}/status`))?.[1];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Reads a file of /proc; a process that has gone away has an empty one. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return '';
    throw error;
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

function isErrno(error: unknown, code: string): boolean {
  // Not instanceof: a test runner's global Error is another one than Node's own.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function collect(stream: Readable): { text: string } {
  const kept = { text: '' };
  stream.setEncoding('utf8').on('data', (chunk: string) => { kept.text += chunk; });
  return kept;
}

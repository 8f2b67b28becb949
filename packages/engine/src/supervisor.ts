// Keeps the agent alive: starts it, passes messages both ways, starts it again when it dies, and replaces it when it
// stops reading. The engine never waits for it: what cannot be queued is not sent, and a new agent asks for the whole
// state anyway.

import { fork, type ChildProcess } from 'node:child_process';
import type { AgentMessage, EngineMessage } from './messages.js';

/** Messages that may wait in the channel; more are not sent, and the agent that missed them is replaced. */
export const MAX_PENDING_MESSAGES = 8192;
/** An agent with a full channel that has taken nothing for this long is stuck, ms. */
export const STUCK_AFTER_MS = 2000;
/** First and longest wait before a dead agent is started again, ms. */
export const RESPAWN_DELAY_MS = { first: 100, longest: 5000 } as const;
/** An agent that lived this long was healthy: the next wait is the first one again, ms. */
export const HEALTHY_LIFE_MS = 10_000;

/** How the supervised agent is started and who hears from it. */
export interface SupervisorOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  /** Starts the program as a child with a message channel. */
  readonly startProgram?: (program: string, words: readonly string[]) => ChildProcess;
  readonly onMessage: (message: AgentMessage) => void;
  readonly onExit: (exit: AgentExit) => void;
}

/** How an agent ended, and whether another one is coming. */
export interface AgentExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly willRespawn: boolean;
}

/** The one agent of this engine. */
export class AgentSupervisor {
  readonly #options: SupervisorOptions;
  #child: ChildProcess | undefined;
  #arguments: readonly string[];
  #pending = 0;
  /** When the channel last took a message, or had room for all. */
  #takenAtMs = 0;
  /** A message was not sent to the present agent. */
  #missed = false;
  #delayMs: number = RESPAWN_DELAY_MS.first;
  #respawning: NodeJS.Timeout | undefined;
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#arguments = options.arguments;
  }

  /** Starts the agent. A start that the system refuses counts as an agent that ended at once. */
  start(): void {
    const startedAtMs = performance.now();
    this.#pending = 0;
    this.#missed = false;
    let child: ChildProcess;
    try {
      child = (this.#options.startProgram ?? forkNode)(this.#options.program, this.#arguments);
    } catch {
      this.#ended({ code: null, signal: null }, startedAtMs);
      return;
    }
    this.#child = child;
    child.on('message', (message) => {
      if (this.#child === child) this.#options.onMessage(message as AgentMessage);
    });
    child.on('error', () => {
      if (child.pid === undefined) this.#endedOnce(child, { code: null, signal: null }, startedAtMs);
      else child.kill('SIGKILL');
    });
    child.once('exit', (code, signal) => {
      this.#endedOnce(child, { code, signal }, startedAtMs);
    });
  }

  /** From the next start on the agent gets these arguments too. */
  addArguments(words: readonly string[]): void {
    this.#arguments = [...this.#arguments, ...words];
  }

  /** Sends one message; dropped when no agent lives. What finds the channel full is not sent: an agent that takes
   *  nothing more is stuck and killed at once, one that goes on reading is replaced when it has caught up, because its
   *  successor asks for the whole state. */
  send(message: EngineMessage): void {
    const child = this.#child;
    if (child?.connected !== true) return;
    if (this.#pending >= MAX_PENDING_MESSAGES) {
      this.#missed = true;
      if (performance.now() - this.#takenAtMs > STUCK_AFTER_MS) child.kill('SIGKILL');
      return;
    }
    if (this.#pending === 0) this.#takenAtMs = performance.now();
    this.#pending += 1;
    child.send(message, () => {
      this.#taken(child);
    });
  }

  /** Passes a signal on. Where the system had no process to give, it would go to our own process group. */
  signal(name: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined) this.#child.kill(name);
  }

  /** From now on the end of the agent is final. */
  expectEnd(): void {
    this.#ending = true;
    clearTimeout(this.#respawning);
  }

  isRunning(): boolean {
    return this.#child !== undefined;
  }

  #taken(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#takenAtMs = performance.now();
    this.#pending -= 1;
    if (this.#missed && this.#pending === 0) child.kill('SIGKILL');
  }

  #endedOnce(child: ChildProcess, how: Pick<AgentExit, 'code' | 'signal'>, startedAtMs: number): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#ended(how, startedAtMs);
  }

  #ended(how: Pick<AgentExit, 'code' | 'signal'>, startedAtMs: number): void {
    if (performance.now() - startedAtMs > HEALTHY_LIFE_MS) this.#delayMs = RESPAWN_DELAY_MS.first;
    // Planned before anybody hears of it, so that who hears can still end it all.
    if (!this.#ending) this.#respawnLater();
    this.#options.onExit({ ...how, willRespawn: !this.#ending });
  }

  #respawnLater(): void {
    this.#respawning = setTimeout(() => {
      this.start();
    }, this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, RESPAWN_DELAY_MS.longest);
  }
}

function forkNode(program: string, words: readonly string[]): ChildProcess {
  return fork(program, [...words], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
}

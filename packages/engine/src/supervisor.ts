// Keeps the agent alive: starts it, passes messages both ways, starts it again when it dies, and replaces it when it
// stops reading. The engine never waits for it: what cannot be queued is not sent, and a new agent asks for the whole
// state anyway.

import { fork, type ChildProcess } from 'node:child_process';
import type { AgentMessage, EngineMessage } from './messages.js';

/** Messages that may wait in the channel before the agent counts as stuck and is replaced. */
export const MAX_PENDING_MESSAGES = 2048;
/** First and longest wait before a dead agent is started again, ms. */
export const RESPAWN_DELAY_MS = { first: 100, longest: 5000 } as const;
/** An agent that lived this long was healthy: the next wait is the first one again, ms. */
export const HEALTHY_LIFE_MS = 10_000;

/** How the supervised agent is started and who hears from it. */
export interface SupervisorOptions {
  readonly program: string;
  readonly arguments: readonly string[];
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
  #delayMs: number = RESPAWN_DELAY_MS.first;
  #respawning: NodeJS.Timeout | undefined;
  #ending = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#arguments = options.arguments;
  }

  /** Starts the agent. */
  start(): void {
    const startedAtMs = performance.now();
    const child = fork(this.#options.program, [...this.#arguments], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#child = child;
    this.#pending = 0;
    child.on('message', (message) => {
      if (this.#child === child) this.#options.onMessage(message as AgentMessage);
    });
    child.on('error', () => {
      child.kill('SIGKILL');
    });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      if (performance.now() - startedAtMs > HEALTHY_LIFE_MS) this.#delayMs = RESPAWN_DELAY_MS.first;
      this.#options.onExit({ code, signal, willRespawn: !this.#ending });
      if (!this.#ending) this.#respawnLater();
    });
  }

  /** From the next start on the agent gets these arguments too. */
  addArguments(words: readonly string[]): void {
    this.#arguments = [...this.#arguments, ...words];
  }

  /** Sends one message; dropped when no agent lives. A channel that is full means a stuck agent: it is killed and
   *  started anew. */
  send(message: EngineMessage): void {
    const child = this.#child;
    if (child?.connected !== true) return;
    if (this.#pending >= MAX_PENDING_MESSAGES) {
      child.kill('SIGKILL');
      return;
    }
    this.#pending += 1;
    child.send(message, () => {
      this.#pending -= 1;
    });
  }

  /** Passes a signal on. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** From now on the end of the agent is final. */
  expectEnd(): void {
    this.#ending = true;
    clearTimeout(this.#respawning);
  }

  isRunning(): boolean {
    return this.#child !== undefined;
  }

  #respawnLater(): void {
    this.#respawning = setTimeout(() => {
      this.start();
    }, this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, RESPAWN_DELAY_MS.longest);
  }
}

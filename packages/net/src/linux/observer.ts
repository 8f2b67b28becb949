// The parent's side of the observer: starts the process, hands on its evidence, and starts it again when it dies, ever
// more patiently. Evidence is a help for operators: that the observer is dead or not to be had changes nothing else.

import { type ChildProcess, fork } from 'node:child_process';

import type { IpAddress } from '@baton/base';

import type { Evidence, ObserveRequest, ObserverMessage } from './observer-messages.js';

/** A running observer. */
export interface Observer {
  /** `unavailable`: the packet library is not built here, or the process has just died and waits for its next start. */
  readonly state: 'running' | 'unavailable';
  /** How often the process died and was started again. */
  readonly restarts: number;
  /** Ends the process and calls back no more. */
  close(): void;
}

/** Starts a program as a child with a message channel; without one, or by throwing, when the system has no room. */
type StartObserverProgram = (program: string) => ChildProcess;

/** Starts the observer process. A start that the system refuses counts as a process that ended at once.
 *  @param program path of observer-main.js
 *  @param addresses IPv4 addresses that nobody else should claim; to change them, close and start anew
 *  @param onEvidence called from the event loop */
export function startObserver(
  program: string, interfaces: readonly string[], addresses: readonly IpAddress[],
  onEvidence: (evidence: Evidence) => void, startProgram: StartObserverProgram = forkProgram,
): Observer {
  return new ObserverProcess(() => startProgram(program), { interfaces, addresses }, onEvidence);
}

class ObserverProcess implements Observer {
  state: 'running' | 'unavailable' = 'unavailable';
  restarts = 0;
  readonly #startProgram: () => ChildProcess;
  readonly #request: ObserveRequest;
  readonly #onEvidence: (evidence: Evidence) => void;
  #child: ChildProcess | undefined;
  #respawn: NodeJS.Timeout | undefined;
  #delayMs = FIRST_DELAY_MS;
  #final = false;

  constructor(
    startProgram: () => ChildProcess, request: ObserveRequest, onEvidence: (evidence: Evidence) => void,
  ) {
    this.#startProgram = startProgram;
    this.#request = request;
    this.#onEvidence = onEvidence;
    this.#start();
  }

  close(): void {
    this.#final = true;
    this.state = 'unavailable';
    clearTimeout(this.#respawn);
    this.#child?.kill('SIGKILL');
  }

  #start(): void {
    const startedAt = performance.now();
    let child: ChildProcess;
    try {
      child = this.#startProgram();
    } catch {
      this.#ended(startedAt);
      return;
    }
    // Without descriptors left, what is given back is no process: a signal to it would go to our own process group.
    if (child.pid === undefined) {
      child.once('error', () => undefined);
      this.#ended(startedAt);
      return;
    }
    this.#child = child;
    child.on('message', (message) => {
      this.#receive(message as ObserverMessage);
    });
    child.once('error', () => {
      this.#ended(startedAt);
    });
    child.once('exit', () => {
      this.#ended(startedAt);
    });
    child.send(this.#request, () => undefined);
  }

  #receive(message: ObserverMessage): void {
    if (this.#final) return;
    switch (message.type) {
      case 'observing':
        this.state = 'running';
        break;
      case 'unavailable':
        this.#final = true;
        break;
      case 'evidence':
        this.#onEvidence(message.evidence);
        break;
    }
  }

  #ended(startedAt: number): void {
    this.state = 'unavailable';
    if (this.#final || this.#respawn !== undefined) return;
    if (performance.now() - startedAt > SETTLED_MS) this.#delayMs = FIRST_DELAY_MS;
    this.#respawn = setTimeout(() => {
      this.#respawn = undefined;
      this.restarts += 1;
      this.#start();
    }, this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
  }
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 30_000;
// A process that lived this long begins again with the shortest delay.
const SETTLED_MS = 60_000;

/** Its standard error stays closed: an abort is expected here, and its dump would bury the log. */
function forkProgram(program: string): ChildProcess {
  return fork(program, [], {
    serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [],
  });
}

// Passes the wish to reload on to the agent. One that is still starting would die of the signal: it gets it when it has
// sent its first configuration, which shows that it listens.

/** Between the engine's SIGHUP and the agent's. */
export class ReloadGate {
  readonly #signalAgent: () => void;
  #agentListens = false;
  #wanted = false;

  constructor(signalAgent: () => void) {
    this.#signalAgent = signalAgent;
  }

  /** Somebody wants a reload. */
  request(): void {
    if (this.#agentListens) this.#signalAgent();
    else this.#wanted = true;
  }

  /** The present agent has sent a configuration, and it was dealt with. */
  agentListens(): void {
    this.#agentListens = true;
    if (this.#wanted) this.#signalAgent();
    this.#wanted = false;
  }

  /** The agent has ended; the next one reads the file anyway, but not what changes while it starts. */
  agentEnded(): void {
    this.#agentListens = false;
  }
}

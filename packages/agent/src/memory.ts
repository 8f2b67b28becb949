// What the agent remembers beyond its own life, kept in the state file as it changes: epochs for ever; the generation
// only for as long as the same engine lives. Decides what still counts; state-file.ts does the writing.

import type { PersistentState, StateFile, StateFileResult } from './state-file.js';

/** The memory of one agent. */
export class AgentMemory {
  readonly #file: StateFile;
  #state: PersistentState;

  /** @param engineLife a different text after every start of the engine */
  constructor(file: StateFile, engineLife: string) {
    this.#file = file;
    this.#state = { engineLife, generation: 0, epochs: {} };
  }

  /** Takes over what an earlier agent knew.
   *  @returns what became of the file, for whoever tells the operator */
  async recall(): Promise<StateFileResult> {
    const result = await this.#file.read();
    if (result.outcome !== 'read') return result;
    const sameLife = result.state.engineLife === this.#state.engineLife;
    this.#state = sameLife ? result.state : { ...this.#state, epochs: result.state.epochs };
    return result;
  }

  /** Of the last configuration that this life of the engine accepted; 0 before the first. */
  get generation(): number {
    return this.#state.generation;
  }

  /** The epoch of the last mastership of a router; 0 when it has never been master. */
  epochOf(router: string): number {
    return this.#state.epochs[router] ?? 0;
  }

  noteGeneration(generation: number): void {
    this.#keep({ ...this.#state, generation });
  }

  /** An epoch never goes back. */
  noteEpoch(router: string, epoch: number): void {
    if (epoch <= this.epochOf(router)) return;
    this.#keep({ ...this.#state, epochs: { ...this.#state.epochs, [router]: epoch } });
  }

  /** Resolves when everything noted has been written or refused. */
  settled(): Promise<void> {
    return this.#file.settled();
  }

  #keep(state: PersistentState): void {
    this.#state = state;
    this.#file.save(state);
  }
}

// What must survive the engine and the machine: the last epoch of every router; beside it the generation of the
// configuration. Written atomically (new file, synced, renamed), read tolerantly: a broken file is moved aside and
// said, never fatal.

import { describeError } from '@baton/base';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** The content of the file. */
export interface PersistentState {
  /** Identifies one life of the engine process; the generation counts only within it. */
  readonly engineLife: string;
  /** Of the last configuration that this life of the engine accepted. */
  readonly generation: number;
  /** Epoch of the last mastership, by router. */
  readonly epochs: Readonly<Record<string, number>>;
}

/** What reading gave. `broken`: a file was there, could not be used and is now called `movedTo`. */
export type StateFileResult =
  | { readonly outcome: 'read'; readonly state: PersistentState }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'broken'; readonly detail: string; readonly movedTo: string };

/** Wait until a refused state is written again without a newer one, ms. */
const RETRY_DELAY_MS = 10_000;

/** What the file reports about itself. */
export interface StateFileListener {
  unwritable(detail: string): void;
  writable(): void;
}

/** `agent-state.json` in one directory. */
export class StateFile {
  readonly #directory: string;
  readonly #path: string;
  readonly #listener: StateFileListener;
  #wanted: PersistentState | undefined;
  #writing: Promise<void> | undefined;
  readonly #retryDelayMs: number;
  #retry: NodeJS.Timeout | undefined;

  constructor(directory: string, listener: StateFileListener, retryDelayMs = RETRY_DELAY_MS) {
    this.#retryDelayMs = retryDelayMs;
    this.#directory = directory;
    this.#path = join(directory, 'agent-state.json');
    this.#listener = listener;
  }

  /** Never rejects: what cannot be read is broken or absent. */
  async read(): Promise<StateFileResult> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      return isAbsent(error) ? { outcome: 'absent' } : this.#moveAside(describeError(error));
    }
    const state = parseState(text);
    return state === undefined ? this.#moveAside('not a state file') : { outcome: 'read', state };
  }

  /** Writes soon; when several come while one is written, only the newest follows. Never throws. */
  save(state: PersistentState): void {
    this.#wanted = state;
    this.#writing ??= this.#writeWanted();
  }

  /** Resolves when the newest state has been written or refused. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeWanted(): Promise<void> {
    // Lets the caller finish its tick, so that a burst of changes is one write.
    await Promise.resolve();
    clearTimeout(this.#retry);
    while (this.#wanted !== undefined) {
      const state = this.#wanted;
      this.#wanted = undefined;
      try {
        await this.#write(`${JSON.stringify(state)}\n`);
        this.#listener.writable();
      } catch (error) {
        this.#listener.unwritable(describeError(error));
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => { this.save(this.#wanted ?? state); }, this.#retryDelayMs).unref();
      }
    }
    this.#writing = undefined;
  }

  async #write(text: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o750 });
    const temporary = `${this.#path}.new`;
    const handle = await open(temporary, 'w', 0o640);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.#path);
  }

  async #moveAside(detail: string): Promise<StateFileResult> {
    const movedTo = `${this.#path}.broken`;
    await rename(this.#path, movedTo).catch(() => undefined);
    return { outcome: 'broken', detail, movedTo };
  }
}

function parseState(text: string): PersistentState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value['engineLife'] !== 'string') return undefined;
  const { epochs, generation } = value;
  if (!isCount(generation)) return undefined;
  if (!isRecord(epochs) || !Object.values(epochs).every(isCount)) return undefined;
  return { engineLife: value['engineLife'], generation, epochs: epochs as Readonly<Record<string, number>> };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** ENOTDIR: the directory itself is not there. */
function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

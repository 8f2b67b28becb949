// Which kernels answer for an address, looked at about once a millisecond. The lab's end of claims-process.ts.

import { fileURLToPath } from 'node:url';
import { LabProcess, waitFor, type Lan } from '@baton/lab';

/** From one moment on, exactly these nodes held the address. */
export interface ClaimChange {
  /** Wall-clock milliseconds. */
  readonly atMs: number;
  readonly holders: readonly string[];
}

/** What the watcher says. */
export type ClaimMessage =
  | { readonly type: 'changed'; readonly change: ClaimChange }
  | { readonly type: 'report'; readonly samples: number; readonly longestGapMs: number };

const START_DEADLINE_MS = 5_000;

/** A running watch. */
export class ClaimWatch {
  /** Every change since the start, the first one being what was found. */
  readonly changes: ClaimChange[] = [];
  readonly #watcher: LabProcess;
  readonly #anchors: readonly LabProcess[];
  #report: { readonly samples: number; readonly longestGapMs: number } | undefined;

  private constructor(lan: Lan, address: string) {
    // One process that does nothing in each namespace: its /proc directory shows that namespace's routing table.
    this.#anchors = lan.nodes.map((node) => new LabProcess(node.namespace, ['sleep', 'infinity']));
    const places = lan.nodes.map((node, index) => `${node.name}:${String(this.#anchors[index]?.pid)}`);
    const program = fileURLToPath(new URL('../dist/support/claims-process.js', import.meta.url));
    this.#watcher = new LabProcess(lan.switchNamespace, [process.execPath, program, address, ...places], {
      channel: true,
    });
    this.#watcher.onMessage((message) => {
      this.#hear(message as ClaimMessage);
    });
  }

  /** Starts to watch all nodes of a LAN. */
  static async start(lan: Lan, address: string): Promise<ClaimWatch> {
    const watch = new ClaimWatch(lan, address);
    await waitFor('the claim watch to start', START_DEADLINE_MS, () => watch.changes.length > 0);
    return watch;
  }

  /** Who holds the address now, as far as it was seen. */
  get holders(): readonly string[] {
    return this.changes.at(-1)?.holders ?? [];
  }

  /** The longest time in which more than one kernel held the address, ms, up to now where it still goes on. */
  get longestOverlapMs(): number {
    return this.#longestMs((holders) => holders.length > 1);
  }

  /** The longest time in which no kernel held the address, ms, up to now where it still goes on. */
  get longestAbsenceMs(): number {
    return this.#longestMs((holders) => holders.length === 0);
  }

  /** Who held the address alone, in order. */
  get soleHolders(): readonly string[] {
    const alone = this.changes.flatMap(({ holders }) => (holders.length === 1 ? holders : []));
    return alone.filter((name, index) => name !== alone[index - 1]);
  }

  /** Looks once more, so that everything until now is in `changes`; how often it looked, and the longest time in which
   *  it did not look, ms. */
  async coverage(): Promise<{ readonly samples: number; readonly longestGapMs: number }> {
    this.#report = undefined;
    this.#watcher.send({ type: 'report' });
    return waitFor('the claim watch to report', START_DEADLINE_MS, () => this.#report);
  }

  async stop(): Promise<void> {
    for (const process of [this.#watcher, ...this.#anchors]) await process.stop('SIGKILL');
  }

  #longestMs(wanted: (holders: readonly string[]) => boolean): number {
    const lengthsMs = this.changes.flatMap(({ atMs, holders }, index) =>
      wanted(holders) ? [(this.changes[index + 1]?.atMs ?? Date.now()) - atMs] : [],
    );
    return Math.max(0, ...lengthsMs);
  }

  #hear(message: ClaimMessage): void {
    if (message.type === 'changed') this.changes.push(message.change);
    else this.#report = message;
  }
}

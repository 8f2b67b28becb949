// Whether this node is in maintenance: it takes no virtual IP, also after a restart. Kept in the state directory; what
// cannot be read is no maintenance, and is said.

import { describeError } from '@baton/base';
import type { AgentMessage } from '@baton/engine/messages';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventReporter } from './events.js';

/** What it works with. */
export interface MaintenanceOptions {
  readonly stateDirectory: string;
  readonly send: (message: AgentMessage) => void;
  readonly reporter: EventReporter;
  /** Wall-clock milliseconds since 1970: it counts through restarts. */
  readonly wallClockMs: () => number;
}

/** Until when; undefined: until it is ended by hand. */
interface Kept {
  readonly untilMs: number | undefined;
}

/** Longest delay of a timer, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The maintenance of one node. */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #path: string;
  #kept: Kept | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#path = join(options.stateDirectory, 'maintenance.json');
  }

  get isOn(): boolean {
    return this.#kept !== undefined;
  }

  /** Wall-clock milliseconds since 1970; undefined: until it is ended by hand. */
  get untilMs(): number | undefined {
    return this.#kept?.untilMs;
  }

  /** Takes up what an earlier life was told; the engine hears of it before its configuration. */
  restore(): void {
    const kept = this.#read();
    if (kept === undefined || (kept.untilMs !== undefined && kept.untilMs <= this.#options.wallClockMs())) {
      this.#forget();
      return;
    }
    this.#enter(kept);
  }

  /** Begins it, or changes how long it lasts.
   *  @param forMs undefined: until it is ended by hand */
  begin(forMs: number | undefined): void {
    const untilMs = forMs === undefined ? undefined : this.#options.wallClockMs() + forMs;
    this.#enter({ untilMs });
    this.#keep({ untilMs });
    const until = untilMs === undefined ? undefined : new Date(untilMs).toISOString();
    this.#options.reporter.report('info', 'maintenance-begun', { until });
  }

  /** Ends it. */
  end(): void {
    if (!this.isOn) return;
    this.#forget();
    this.#options.send({ type: 'maintenance', on: false });
    this.#options.reporter.report('info', 'maintenance-ended');
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #enter(kept: Kept): void {
    this.#kept = kept;
    this.#options.send({ type: 'maintenance', on: true });
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const { untilMs } = this;
    if (untilMs === undefined) return;
    const leftMs = untilMs - this.#options.wallClockMs();
    if (leftMs <= 0) {
      this.end();
      return;
    }
    this.#timer = setTimeout(() => { this.#watch(); }, Math.min(leftMs, LONGEST_TIMER_MS)).unref();
  }

  #read(): Kept | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (!isAbsent(error)) this.#report('maintenance-unreadable', error);
      return undefined;
    }
    const kept = parse(text);
    if (kept === undefined) this.#report('maintenance-unreadable', new Error(`${this.#path} says something else`));
    return kept;
  }

  #keep(kept: Kept): void {
    try {
      mkdirSync(this.#options.stateDirectory, { recursive: true, mode: 0o750 });
      writeFileSync(`${this.#path}.new`, `${JSON.stringify({ until_ms: kept.untilMs ?? null })}\n`, { mode: 0o640 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#report('maintenance-not-kept', error);
    }
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#kept = undefined;
    try {
      rmSync(this.#path, { force: true });
    } catch (error) {
      this.#report('maintenance-not-kept', error);
    }
  }

  #report(event: 'maintenance-unreadable' | 'maintenance-not-kept', error: unknown): void {
    this.#options.reporter.report('error', event, { file: this.#path, detail: describeError(error) });
  }
}

function parse(text: string): Kept | undefined {
  try {
    const value = JSON.parse(text) as { readonly until_ms?: unknown } | null;
    if (value?.until_ms === null) return { untilMs: undefined };
    return typeof value?.until_ms === 'number' ? { untilMs: value.until_ms } : undefined;
  } catch {
    return undefined; // that it says something else is what the caller reports
  }
}

/** ENOTDIR: the directory itself is not there. */
function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

// Who waits for the outcome of a reload. A reload answers those who asked before the file was read; who asks later is
// answered by the next one. Decides nothing about the reload itself.

import { formatFinding, type Configuration, type LoadResult } from '@baton/config';
import type { ReloadReport } from './control/messages.js';
import type { AgentMemory } from './memory.js';
import { planReload } from './reload-plan.js';
import { fixedDifference } from './start-plan.js';

type Answer = (report: ReloadReport) => void;

/** What is known of a reload when the file has been read. */
export type ReloadOutlook = Pick<ReloadReport, 'generation' | 'plan' | 'findings'>;

/** What runs while the file is read. */
interface Running {
  readonly configuration: Configuration;
  readonly equipment: { readonly memory: Pick<AgentMemory, 'generation'> };
}

/** What a file that was just read would change, and what is wrong with it. */
export function outlookOf(loaded: LoadResult, { configuration, equipment }: Running): ReloadOutlook {
  const generation = equipment.memory.generation + 1;
  if (!loaded.ok) return { generation, plan: [], findings: loaded.findings.map(formatFinding) };
  const plan = planReload(configuration, loaded.configuration);
  return { generation, plan, findings: loaded.warnings.map(formatFinding) };
}

/** The answer to who only wants to know. */
export function planOnly(loaded: LoadResult, running: Running): ReloadReport {
  const outlook = outlookOf(loaded, running);
  if (!loaded.ok) return { outcome: 'invalid', detail: null, ...outlook };
  const fixed = fixedDifference(running.configuration, loaded.configuration);
  return { outcome: fixed === undefined ? 'planned' : 'refused', detail: fixed ?? null, ...outlook };
}

/** The waiting ones of one agent; there are no more than clients of the control socket. */
export class ReloadRequests {
  #asked: Answer[] = [];
  #waiting: Answer[] = [];
  #outlook: ReloadOutlook | undefined;

  /** Asks for the outcome of the next reload that reads the file. */
  ask(): Promise<ReloadReport> {
    return new Promise((resolve) => { this.#asked.push(resolve); });
  }

  /** The file has been read for everybody who asked so far. */
  begin(outlook: ReloadOutlook): void {
    this.#waiting.push(...this.#asked);
    this.#asked = [];
    this.#outlook = outlook;
  }

  /** The reload that began last has come to this. Nothing happens when none has begun. */
  finish(outcome: ReloadReport['outcome'], detail: string | null): void {
    const outlook = this.#outlook;
    if (outlook === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#outlook = undefined;
    for (const answer of waiting) answer({ outcome, detail, ...outlook });
  }
}

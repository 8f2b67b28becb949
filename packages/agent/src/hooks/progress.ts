// Remembers, outside the agent, which hooks of a router or sync group need no telling any more and which one runs: one
// small file for each in the runtime directory, because it counts only while the machine is up. Written in the same
// tick as the hook it is about and not synced: it must survive this process, not the kernel. Decides nothing about
// hooks.

import { describeError } from '@baton/base';
import type { HookEvent } from '@baton/config';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandProcess } from './command.js';
import type { HookSubject } from './subject.js';

/** How far the hooks of one router or sync group have come. */
export interface HookProgress {
  readonly subject: HookSubject;
  /** What they are told. */
  readonly state: HookEvent;
  readonly epoch: number;
  /** The configured words of the hooks that have not been started, in order. */
  readonly remaining: readonly (readonly string[])[];
  /** The hook that was started last; it may have ended since. Undefined when none could be started. */
  readonly running: CommandProcess | undefined;
}

/** What an earlier agent left. `ofThisLife`: it served the same engine, so what it told still holds. */
export interface RecalledProgress {
  readonly progress: HookProgress;
  readonly ofThisLife: boolean;
}

/** What the store reports about itself. */
export interface ProgressListener {
  unwritable(detail: string): void;
  writable(): void;
}

/** One file. */
interface Content extends HookProgress {
  readonly engineLife: string;
}

const HOOK_EVENTS: ReadonlySet<unknown> = new Set<HookEvent>(['master', 'backup', 'fault', 'stop']);

/** The files of all routers and groups, in `hooks/` of one runtime directory. */
export class ProgressStore {
  readonly #directory: string;
  readonly #engineLife: string;
  readonly #listener: ProgressListener;

  /** @param engineLife a different text after every start of the engine */
  constructor(runtimeDirectory: string, engineLife: string, listener: ProgressListener) {
    this.#directory = join(runtimeDirectory, 'hooks');
    this.#engineLife = engineLife;
    this.#listener = listener;
  }

  /** What earlier agents left, in no order. What cannot be read counts as absent; never throws. */
  recall(): readonly RecalledProgress[] {
    return this.#names().flatMap((name) => {
      const content = readContent(join(this.#directory, name));
      if (content === undefined) return [];
      const { engineLife, ...progress } = content;
      return [{ progress, ofThisLife: engineLife === this.#engineLife }];
    });
  }

  /** Keeps how far the hooks of a subject have come, before it returns. Never throws: no hook is withheld because of
   *  it. */
  keep(progress: HookProgress): void {
    const path = this.#pathOf(progress.subject);
    const content: Content = { engineLife: this.#engineLife, ...progress };
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      this.#listener.unwritable(describeError(error));
      return;
    }
    this.#listener.writable();
  }

  /** Forgets a subject. Never throws. */
  forget(subject: HookSubject): void {
    try {
      rmSync(this.#pathOf(subject), { force: true });
    } catch (error) {
      this.#listener.unwritable(describeError(error));
    }
  }

  /** No encoded name begins with the sign of a group. */
  #pathOf({ kind, name }: HookSubject): string {
    return join(this.#directory, `${kind === 'group' ? '@' : ''}${encodeURIComponent(name)}.json`);
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#directory).filter((name) => name.endsWith('.json'));
    } catch {
      return []; // no hook has run since the machine was started
    }
  }
}

function readContent(path: string): Content | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isContent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isContent(value: unknown): value is Content {
  if (!isRecord(value)) return false;
  const { engineLife, subject, state, epoch, remaining, running } = value;
  return typeof engineLife === 'string' && isSubject(subject) && HOOK_EVENTS.has(state) && isCount(epoch) &&
    Array.isArray(remaining) && remaining.every(isWords) && (running === undefined || isProcess(running));
}

function isSubject(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return (value['kind'] === 'router' || value['kind'] === 'group') && typeof value['name'] === 'string';
}

function isWords(value: unknown): boolean {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

/** Its group may be killed: 0 and 1 would be our own and everybody's. */
function isProcess(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { pid, identity, timeoutAtMs } = value;
  return isCount(pid) && pid > 1 && typeof identity === 'string' && Number.isFinite(timeoutAtMs);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// What the engine tells when the kernel does not answer and nothing can be decided by it: a notice, and nobody ends.

import { describeError } from '@baton/base';
import type { Engine } from './engine.js';
import type { EngineMessage, EngineSnapshot } from './messages.js';

/** What of a snapshot only the process knows. */
export type ProcessFacts = Pick<EngineSnapshot, 'pid' | 'scheduling' | 'rssBytes' | 'observer' | 'senders'>;

/** The answer to a question for a snapshot; undefined when the kernel does not allow one, so that who asked hears that
 *  the engine is silent, and the journal says why. */
export function answerSnapshot(id: number, engine: Engine, facts: () => ProcessFacts): EngineMessage | undefined {
  try {
    const routers = engine.snapshotRouters();
    return { type: 'snapshot', id, routers, engine: { ...engine.snapshotEngine(), ...facts() } };
  } catch (error) {
    // Nobody's question ends the engine, not even on a host without a free descriptor.
    engine.notices.sayLimited('error', 'snapshot-failed', 'engine', { message: describeError(error) });
    return undefined;
  }
}

/** An interface has changed, and what it is like now could not be read; the reading is tried again. */
export function tellLinkReadFailure(engine: Engine, interfaceName: string, error: unknown): void {
  const fields = { interface: interfaceName, message: describeError(error) };
  engine.notices.sayLimited('warn', 'link-read-failed', interfaceName, fields);
}

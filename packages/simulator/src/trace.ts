// The trace of a run: one line for everything that happened, in order. Scenarios are compared by it, seeds are told
// apart by its digest.

import { createHash } from 'node:crypto';
import type { EngineMessage } from '@baton/engine/messages';
import { RESIGN_PRIORITY } from '@baton/vrrp';
import type { NodeEvent } from './node-event.js';
import { readAdvert } from './rule.js';

/** One line, and whether it is routine: adverts sent and heard, which a reader of scenarios does not need. */
export interface TraceLine {
  readonly text: string;
  readonly isRoutine: boolean;
}

/** The lines of one run. */
export class Trace {
  readonly lines: TraceLine[] = [];

  /** @param atMs true time */
  add(atMs: number, who: string, what: string, isRoutine = false): void {
    this.lines.push({ text: `${atMs.toFixed(3).padStart(12)} ${who} ${what}`, isRoutine });
  }

  addEvent(atMs: number, who: string, event: NodeEvent): void {
    const what = describeEvent(event);
    if (what !== undefined) this.add(atMs, who, what, isRoutine(event));
  }

  /** SHA-256 over every line, 64 hexadecimal digits. */
  digest(): string {
    const hash = createHash('sha256');
    for (const { text } of this.lines) hash.update(`${text}\n`);
    return hash.digest('hex');
  }
}

function isRoutine(event: NodeEvent): boolean {
  if (event.kind === 'arrived') return true;
  return event.kind === 'sent' && readAdvert(event.payload).priority !== RESIGN_PRIORITY;
}

function describeEvent(event: NodeEvent): string | undefined {
  switch (event.kind) {
    case 'woke':
    case 'idle':
    case 'armed': return undefined;
    case 'sent': {
      const what = describeAdvert('advertises', event.payload);
      return event.errno === undefined ? what : `${what}: ${event.errno}`;
    }
    case 'arrived': return `${describeAdvert('is reached by', event.payload)} from ${event.source}`;
    case 'claimed': return `claims ${event.address}${event.result.ok ? '' : `: ${event.result.errno}`}`;
    case 'released':
      return `releases ${event.address}${event.result.ok && !event.result.already ? ', which was not there' : ''}`;
    case 'announced': return `announces ${event.addresses.join(' ')} x${String(event.count)}`;
    case 'told': return describeMessage(event.message);
  }
}

function describeAdvert(verb: string, payload: Uint8Array): string {
  const { priority, intervalMs } = readAdvert(payload);
  return `${verb} priority ${String(priority)} interval ${String(intervalMs)} ms`;
}

function describeMessage(message: EngineMessage): string | undefined {
  if (message.type === 'state-changed') {
    const { from, to, reason, epoch } = message.change;
    return `${from} -> ${to} (${reason}) epoch ${String(epoch)}`;
  }
  if (message.type === 'lower-priority-received') {
    return `overrules ${message.source} of priority ${String(message.priority)}`;
  }
  if (message.type !== 'notice') return undefined;
  const fields = Object.entries(message.fields).filter(([name]) => name !== 'router' && name !== 'interface');
  return [message.level, message.event, ...fields.map(([name, value]) => `${name}=${String(value)}`)].join(' ');
}

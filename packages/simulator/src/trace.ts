// The trace of a run: one line for everything that happened, in order. Scenarios are compared by it, seeds are told
// apart by its digest.

import { createHash } from 'node:crypto';
import type { EngineMessage } from '@baton/engine/messages';
import { RESIGN_PRIORITY } from '@baton/vrrp';
import type { NodeEvent } from './node-event.js';
import { readAdvert } from './rule.js';
import { findSession, type SentDatagram, type Session } from './session.js';

/** One line, and whether it is routine: adverts sent and heard, which a reader of scenarios does not need. */
export interface TraceLine {
  readonly text: string;
  readonly isRoutine: boolean;
}

/** The lines of one run. */
export class Trace {
  readonly lines: TraceLine[] = [];
  readonly #sessions: readonly Session[];
  readonly #routerCount: number;

  /** @param sessions of any node: where there is only one, it is not named */
  constructor(sessions: readonly Session[]) {
    this.#sessions = sessions;
    this.#routerCount = new Set(sessions.map(({ router }) => router.name)).size;
  }

  /** @param atMs true time */
  add(atMs: number, who: string, what: string, isRoutine = false): void {
    this.lines.push({ text: `${atMs.toFixed(3).padStart(12)} ${who} ${what}`, isRoutine });
  }

  addEvent(atMs: number, who: string, event: NodeEvent): void {
    const what = this.#describe(event);
    if (what !== undefined) this.add(atMs, who, what, isRoutine(event));
  }

  /** SHA-256 over every line, 64 hexadecimal digits. */
  digest(): string {
    const hash = createHash('sha256');
    for (const { text } of this.lines) hash.update(`${text}\n`);
    return hash.digest('hex');
  }

  #describe(event: NodeEvent): string | undefined {
    switch (event.kind) {
      case 'woke':
      case 'idle':
      case 'armed': return undefined;
      case 'sent': {
        const what = `${this.#ofSession(event)}${describeAdvert('advertises', event.payload)}`;
        return event.errno === undefined ? what : `${what}: ${event.errno}`;
      }
      case 'arrived':
        return `${this.#ofSession(event)}${describeAdvert('is reached by', event.payload)} from ${event.source}`;
      case 'claimed': return `claims ${event.address}${event.result.ok ? '' : `: ${event.result.errno}`}`;
      case 'lease-ended': return `lets ${event.address} go`;
      case 'renewed': return `renews ${event.address}${event.result.ok ? '' : `: ${event.result.errno}`}`;
      case 'released':
        return `releases ${event.address}${event.result.ok && !event.result.already ? ', which was not there' : ''}`;
      case 'announced':
        return `announces ${event.places.map(({ address }) => address).join(' ')} x${String(event.count)}`;
      case 'told': return this.#describeMessage(event.message);
    }
  }

  #describeMessage(message: EngineMessage): string | undefined {
    if (message.type === 'state-changed') {
      const { from, to, reason, epoch } = message.change;
      return `${this.#ofRouter(message.router)}${from} -> ${to} (${reason}) epoch ${String(epoch)}`;
    }
    if (message.type === 'lower-priority-received') {
      const what = `overrules ${message.source} of priority ${String(message.priority)}`;
      return `${this.#ofRouter(message.router)}${what}`;
    }
    if (message.type !== 'notice') return undefined;
    const told = this.#routerCount > 1 ? ['interface'] : ['router', 'interface'];
    const fields = Object.entries(message.fields).filter(([name]) => !told.includes(name));
    return [message.level, message.event, ...fields.map(([name, value]) => `${name}=${String(value)}`)].join(' ');
  }

  /** `web/6: `, where there are several. */
  #ofSession(datagram: SentDatagram): string {
    if (this.#sessions.length < 2) return '';
    return `${findSession(this.#sessions, datagram)?.key ?? 'nobody'}: `;
  }

  #ofRouter(name: string): string {
    return this.#routerCount > 1 ? `${name}: ` : '';
  }
}

function isRoutine(event: NodeEvent): boolean {
  if (event.kind === 'arrived' || event.kind === 'renewed') return true;
  return event.kind === 'sent' && readAdvert(event.payload).priority !== RESIGN_PRIORITY;
}

function describeAdvert(verb: string, payload: Uint8Array): string {
  const { priority, intervalMs } = readAdvert(payload);
  return `${verb} priority ${String(priority)} interval ${String(intervalMs)} ms`;
}

// Remembers which MAC address packets of protocol 112 came from, as the observer saw them: evidence for alarms, which
// the sockets of the engine cannot give. Decides nothing.

import type { Evidence } from '@baton/net/linux';
import type { HeardSender } from './messages.js';

/** How many senders are remembered; the one silent for longest is forgotten first. */
export const MAX_HEARD_SENDERS = 64;

/** The senders on all observed interfaces. */
export class HeardSenders {
  readonly #senders = new Map<string, HeardSender>();

  note({ interface: interfaceName, source, mac }: Extract<Evidence, { kind: 'router-heard' }>): void {
    const key = `${interfaceName} ${source} ${mac}`;
    this.#senders.delete(key);
    this.#senders.set(key, { interface: interfaceName, address: source, mac });
    const oldest = this.#senders.keys().next();
    if (this.#senders.size > MAX_HEARD_SENDERS && oldest.done !== true) this.#senders.delete(oldest.value);
  }

  /** One entry for each interface, address and MAC, the one heard last at the end. */
  list(): readonly HeardSender[] {
    return [...this.#senders.values()];
  }
}

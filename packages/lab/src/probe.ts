// A client that asks a virtual IP once a millisecond: how long was it silent, and who answered. The lab's end of
// probe-process.ts.

import { fileURLToPath } from 'node:url';
import type { Instant, IpAddress } from '@baton/base';

import type { LabHost } from './namespaces.js';
import type { OwnerChange, ProbeReport } from './outage.js';
import { LabProcess } from './processes.js';
import { monotonicMs, waitFor } from './waiting.js';

/** What the lab asks of the prober: a report on a window of time. */
export interface ProbeRequest {
  readonly id: number;
  readonly from: Instant;
  readonly to: Instant;
}

/** What the prober says. */
export type ProbeAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'owner-changed'; readonly at: Instant; readonly node: string }
  | { readonly type: 'report'; readonly id: number; readonly report: ProbeReport };

/** UDP port on which responders listen and probers ask. */
export const ECHO_PORT = 7007;
const START_DEADLINE_MS = 5_000;
/** A report waits this long first, so that answers on their way are not called lost, ms. */
const SETTLE_MS = 60;

/** A running prober. */
export class Probe {
  /** Every change of who answers since the start, as it is seen. */
  readonly owners: OwnerChange[] = [];
  readonly #process: LabProcess;
  readonly #reports = new Map<number, ProbeReport>();
  readonly #ownerListeners: ((change: OwnerChange) => void)[] = [];
  #ready = false;
  #requests = 0;

  private constructor(client: LabHost, address: IpAddress) {
    const program = fileURLToPath(new URL('../dist/probe-process.js', import.meta.url));
    const command = [process.execPath, program, address, String(ECHO_PORT)];
    this.#process = new LabProcess(client.namespace, command, { channel: true });
    this.#process.onMessage((message) => { this.#hear(message as ProbeAnswer); });
  }

  /** Starts asking `address` from the client's namespace. */
  static async start(client: LabHost, address: IpAddress): Promise<Probe> {
    const probe = new Probe(client, address);
    await waitFor('the prober to start', START_DEADLINE_MS, () => probe.#ready);
    return probe;
  }

  /** Who answered last; undefined before the first answer. */
  get owner(): string | undefined {
    return this.owners.at(-1)?.node;
  }

  /** Calls back with each change of who answers, as it is seen. */
  onOwnerChange(receive: (change: OwnerChange) => void): void {
    this.#ownerListeners.push(receive);
  }

  /** What the client saw since `from`, up to now. */
  async report(from: Instant): Promise<ProbeReport> {
    const to = monotonicMs();
    await waitFor('answers on their way', SETTLE_MS * 2, () => monotonicMs() - to > SETTLE_MS);
    this.#requests += 1;
    const id = this.#requests;
    this.#process.send({ id, from, to } satisfies ProbeRequest);
    return waitFor('the prober to report', START_DEADLINE_MS, () => this.#reports.get(id));
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  #hear(message: ProbeAnswer): void {
    switch (message.type) {
      case 'ready': this.#ready = true; break;
      case 'owner-changed':
        this.owners.push({ at: message.at, node: message.node });
        for (const receive of this.#ownerListeners) receive({ at: message.at, node: message.node });
        break;
      case 'report': this.#reports.set(message.id, message.report); break;
    }
  }
}

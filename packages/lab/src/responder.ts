// The service behind the virtual IP on one node, as a client sees it: an echo that says which node it is.

import { fileURLToPath } from 'node:url';
import type { IpAddress } from '@baton/base';

import type { LabHost } from './namespaces.js';
import { ECHO_PORT } from './probe.js';
import { LabProcess } from './processes.js';
import { waitFor } from './waiting.js';

const START_DEADLINE_MS = 5_000;

/** A running echo. */
export class Responder {
  readonly #process: LabProcess;

  private constructor(process: LabProcess) {
    this.#process = process;
  }

  /** Starts answering for `addresses` on a host, each as soon as and as long as its kernel owns it. */
  static async start(host: LabHost, addresses: readonly IpAddress[]): Promise<Responder> {
    const program = fileURLToPath(new URL('../dist/responder-process.js', import.meta.url));
    const command = [process.execPath, program, host.name, String(ECHO_PORT), ...addresses];
    const child = new LabProcess(host.namespace, command, { channel: true });
    let ready = 0;
    child.onMessage(() => { ready += 1; });
    await waitFor(`the responder on ${host.name} to start`, START_DEADLINE_MS, () => ready === addresses.length);
    return new Responder(child);
  }

  /** Its process, for tests that kill everything on a node at once. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Ends it with SIGKILL, as its host dying would. */
  async kill(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }
}

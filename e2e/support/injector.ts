// Puts frames of the test's own making onto the LAN from one of its hosts. The lab's end of injector-process.ts.

import { fileURLToPath } from 'node:url';
import { LabProcess, waitFor, type LabHost } from '@baton/lab';

/** What the injector is asked to do: these frames in turn, `count` in all, at this pace. */
export interface InjectRequest {
  readonly id: number;
  /** Base64. */
  readonly frames: readonly string[];
  readonly count: number;
  /** Frames a second; 0 = all at once. */
  readonly rate: number;
}

/** What the injector says: that it can begin, and that a request is done. */
export type InjectAnswer =
  { readonly type: 'ready' } | { readonly type: 'sent'; readonly id: number; readonly refused: number };

const START_DEADLINE_MS = 5_000;
const SEND_DEADLINE_MS = 30_000;

/** A running injector. */
export class Injector {
  readonly #process: LabProcess;
  readonly #refused = new Map<number, number>();
  #ready = false;
  #requests = 0;

  private constructor(host: LabHost) {
    const program = fileURLToPath(new URL('../dist/support/injector-process.js', import.meta.url));
    this.#process = new LabProcess(host.namespace, [process.execPath, program, host.interface], { channel: true });
    this.#process.onMessage((message) => {
      this.#hear(message as InjectAnswer);
    });
  }

  /** Starts on one host of the LAN. */
  static async start(host: LabHost): Promise<Injector> {
    const injector = new Injector(host);
    await waitFor(`the injector on ${host.name} to start`, START_DEADLINE_MS, () => injector.#ready);
    return injector;
  }

  /** Sends frames in turn until `count` have left, and resolves then.
   *  @throws {Error} when the kernel refused one */
  async send(
    frames: readonly Buffer[],
    options: { readonly count?: number; readonly rate?: number } = {},
  ): Promise<void> {
    this.#requests += 1;
    const id = this.#requests;
    this.#process.send({
      id,
      frames: frames.map((frame) => frame.toString('base64')),
      count: options.count ?? frames.length,
      rate: options.rate ?? 0,
    } satisfies InjectRequest);
    const refused = await waitFor('the injector to send', SEND_DEADLINE_MS, () => this.#refused.get(id));
    if (refused > 0) throw new Error(`the kernel refused ${String(refused)} frames of the injector`);
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
  }

  #hear(message: InjectAnswer): void {
    if (message.type === 'ready') this.#ready = true;
    else this.#refused.set(message.id, message.refused);
  }
}

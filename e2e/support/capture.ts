// What passes the switch of a LAN: adverts and ARP of every host, with the kernel's wall-clock time, and the file for
// other dissectors. tcpdump writes, this reads; nothing of Baton is used.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabProcess, LAB_DIRECTORY, waitFor, type Lan } from '@baton/lab';
import { readFrame, type SeenAdvert, type SeenArp, type SeenFrame } from './frames.js';

const START_DEADLINE_MS = 5_000;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

let capturesMade = 0;

/** A running capture. */
export class Capture {
  /** In pcap format. */
  readonly file: string;
  readonly #process: LabProcess;

  private constructor(lan: Lan) {
    capturesMade += 1;
    mkdirSync(LAB_DIRECTORY, { recursive: true });
    this.file = join(LAB_DIRECTORY, `capture-${String(process.pid)}-${String(capturesMade)}.pcap`);
    this.#process = new LabProcess(lan.switchNamespace, [
      'tcpdump',
      '-i',
      'br0',
      '-n',
      '-s',
      '0',
      '-U',
      '--immediate-mode',
      '-Z',
      'root',
      '-w',
      this.file,
      'arp or ip proto 112',
    ]);
  }

  /** Starts to capture at the switch: what one host sends is seen here whether or not another one receives it. */
  static async start(lan: Lan): Promise<Capture> {
    const capture = new Capture(lan);
    await waitFor('tcpdump to listen', START_DEADLINE_MS, () => capture.#process.log.includes('listening on'));
    return capture;
  }

  /** Everything so far, in order. A record that is being written is left for the next call. */
  frames(): readonly SeenFrame[] {
    const bytes = readFileSync(this.file);
    const frames: SeenFrame[] = [];
    let offset = FILE_HEADER_BYTES;
    while (offset + RECORD_HEADER_BYTES <= bytes.length) {
      const atMs = bytes.readUInt32LE(offset) * 1000 + bytes.readUInt32LE(offset + 4) / 1000;
      const end = offset + RECORD_HEADER_BYTES + bytes.readUInt32LE(offset + 8);
      if (end > bytes.length) break;
      const frame = readFrame(bytes.subarray(offset + RECORD_HEADER_BYTES, end), atMs);
      if (frame !== undefined) frames.push(frame);
      offset = end;
    }
    return frames;
  }

  /** The adverts so far, of one sender or of all. */
  adverts(source?: string): readonly SeenAdvert[] {
    return this.frames()
      .filter((frame): frame is SeenAdvert => frame.kind === 'advert')
      .filter((advert) => source === undefined || advert.source === source);
  }

  /** ARP packets so far that claim an address: gratuitous ones and replies. */
  arpClaims(address: string): readonly SeenArp[] {
    return this.frames()
      .filter((frame): frame is SeenArp => frame.kind === 'arp')
      .filter((arp) => arp.sender === address);
  }

  /** Waits until an advert of that kind has passed, and returns the first. */
  async waitForAdvert(
    what: string,
    deadlineMs: number,
    wanted: (advert: SeenAdvert) => boolean,
  ): Promise<SeenAdvert> {
    return waitFor(what, deadlineMs, () => this.adverts().find(wanted));
  }

  /** Ends the capture; what it saw stays readable. */
  async stop(): Promise<void> {
    await this.#process.stop('SIGTERM');
  }
}

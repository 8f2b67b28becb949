// What passes the switch of a LAN: adverts, ARP and all IPv6 of every host, with the kernel's wall-clock time, and the
// file for other dissectors. tcpdump writes, this reads; nothing of Baton is used.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabProcess, LAB_DIRECTORY, waitFor, type LabHost, type Lan } from '@baton/lab';
import { readFrame, type SeenAdvert, type SeenArp, type SeenFrame, type SeenNeighbour } from './frames.js';

const START_DEADLINE_MS = 5_000;
/** How long tcpdump may take to write what the kernel has handed to it, ms. */
const SETTLE_DEADLINE_MS = 5_000;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** Where a capture listens. */
type Place = readonly string[];

/** What the switch passes on, whoever sent it. */
const AT_THE_SWITCH: Place = ['-i', 'br0'];
/** What is kept, as filters of tcpdump: what says who holds an address, or every frame. */
const KEPT = { claims: 'arp or ip proto 112 or ip6', everything: '' } as const;
export type Kept = keyof typeof KEPT;

let capturesMade = 0;

/** A running capture. */
export class Capture {
  /** In pcap format. */
  readonly file: string;
  readonly #process: LabProcess;
  readonly #frames: SeenFrame[] = [];
  /** Bytes of the file that are read. */
  #offset = FILE_HEADER_BYTES;

  private constructor(lan: Lan, place: Place, kept: Kept) {
    capturesMade += 1;
    mkdirSync(LAB_DIRECTORY, { recursive: true });
    this.file = join(LAB_DIRECTORY, `capture-${String(process.pid)}-${String(capturesMade)}.pcap`);
    const options = ['-n', '-s', '0', '-U', '--immediate-mode', '-Z', 'root', '-w', this.file];
    const command = ['tcpdump', ...place, ...options, KEPT[kept]];
    this.#process = new LabProcess(lan.switchNamespace, command);
  }

  /** Starts to capture at the switch: what one host sends is seen here whether or not another one receives it. */
  static async start(lan: Lan): Promise<Capture> {
    return Capture.#at(lan, AT_THE_SWITCH, 'claims');
  }

  /** Starts to capture what one host sends, where its cable enters the switch: the same MAC, as two virtual routers
   *  have it, does not make two senders one. */
  static async startAt(lan: Lan, host: LabHost, kept: Kept = 'claims'): Promise<Capture> {
    return Capture.#at(lan, ['-i', host.port, '-Q', 'in'], kept);
  }

  /** Starts to capture every frame in one host's cable: what it sends, and what the switch sends to it. */
  static async startInCable(lan: Lan, host: LabHost): Promise<Capture> {
    return Capture.#at(lan, ['-i', host.port], 'everything');
  }

  static async #at(lan: Lan, place: Place, kept: Kept): Promise<Capture> {
    const capture = new Capture(lan, place, kept);
    await waitFor('tcpdump to listen', START_DEADLINE_MS, () => capture.#process.log.includes('listening on'));
    return capture;
  }

  /** Everything so far, in order. A record that is being written is left for the next call. */
  frames(): readonly SeenFrame[] {
    const bytes = readFileSync(this.file);
    while (this.#offset + RECORD_HEADER_BYTES <= bytes.length) {
      const offset = this.#offset;
      const atMs = bytes.readUInt32LE(offset) * 1000 + bytes.readUInt32LE(offset + 4) / 1000;
      const end = offset + RECORD_HEADER_BYTES + bytes.readUInt32LE(offset + 8);
      if (end > bytes.length) break;
      const frame = readFrame(bytes.subarray(offset + RECORD_HEADER_BYTES, end), atMs);
      if (frame !== undefined) this.#frames.push(frame);
      this.#offset = end;
    }
    return this.#frames;
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

  /** Neighbour advertisements so far that speak for an address, asked for or not. */
  neighbourClaims(address: string): readonly SeenNeighbour[] {
    return this.frames()
      .filter((frame): frame is SeenNeighbour => frame.kind === 'neighbour')
      .filter(({ target }) => target === address);
  }

  /** Waits until an advert of that kind has passed, and returns the first. */
  async waitForAdvert(what: string, deadlineMs: number, wanted: (advert: SeenAdvert) => boolean): Promise<SeenAdvert> {
    return waitFor(what, deadlineMs, () => this.adverts().find(wanted));
  }

  /** Waits until every frame that has passed by now can be read: the kernel wakes tcpdump with each of them, and it
   *  sleeps only when none is left. Without this, what a busy machine has not let it write yet looks as if it had not
   *  been sent. */
  async settle(): Promise<void> {
    await waitFor(
      'tcpdump to have written everything',
      SETTLE_DEADLINE_MS,
      () => !this.#process.running || isAsleep(this.#process.pid),
    );
  }

  /** Ends the capture; what passed before stays readable. tcpdump throws away what it has not read when it is told to
   *  end. */
  async stop(): Promise<void> {
    await this.settle();
    await this.#process.stop('SIGTERM');
  }
}

/** Whether a process waits for something to happen (proc(5), state S). */
function isAsleep(pid: number): boolean {
  const file = `/proc/${String(pid)}/stat`;
  return existsSync(file) && /\) S /u.test(readFileSync(file, 'utf8'));
}

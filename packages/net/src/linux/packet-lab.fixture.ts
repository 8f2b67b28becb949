// What the live tests of PacketIo share: one driver in one family on a pair of interfaces, and everything that was
// opened during a test closed after it.

import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { SOCK_RAW, findSockets } from '@baton/linux';

import type { AdvertisementSocket, PacketIo, ReceivedDatagram, SendEnvelope } from '../index.js';
import { openPacketIo } from './transport.js';
import {
  addLinkLocals, createVethPair, openTap, removeVethPair, type Tap, type VethPair,
} from './veth-pair.fixture.js';

/** An endpoint, what it heard, and the first byte of each payload. */
export interface Listener {
  readonly socket: AdvertisementSocket;
  readonly heard: readonly ReceivedDatagram[];
  readonly first: () => (number | undefined)[];
}

/** A pair with the addresses of one family: IPv4, or link-local. */
export interface LabPair extends VethPair {
  /** The address of the near end. */
  readonly nearSource: string;
  readonly farSource: string;
}

/** A driver in a family, on pair 1. */
export class PacketLab {
  readonly driver: 'raw-socket' | 'native';
  readonly family: 4 | 6;
  /** 224.0.0.18 or ff02::12. */
  readonly group: string;
  readonly packetIo: PacketIo;
  #pairs: LabPair[] = [];
  #sockets: AdvertisementSocket[] = [];
  #taps: Tap[] = [];

  constructor(driver: 'raw-socket' | 'native', family: 4 | 6) {
    this.driver = driver;
    this.family = family;
    this.group = family === 4 ? '224.0.0.18' : 'ff02::12';
    this.packetIo = openPacketIo(driver);
  }

  get pair(): LabPair {
    const [pair] = this.#pairs;
    if (pair === undefined) throw new Error('the lab has not begun');
    return pair;
  }

  begin(): void {
    this.addPair(1);
  }

  /** Closes and removes everything.
   *  @throws {Error} when a socket of protocol 112 is still open then */
  end(): void {
    for (const socket of this.#sockets) socket.close();
    for (const tap of this.#taps) tap.close();
    for (const pair of this.#pairs) removeVethPair(pair);
    this.#sockets = [];
    this.#taps = [];
    this.#pairs = [];
    if (findSockets(SOCK_RAW, 112).length > 0) throw new Error('a socket was left open');
  }

  /** Makes another pair. */
  addPair(number: number): LabPair {
    const pair = createVethPair(number);
    const { near, far } = this.family === 6
      ? addLinkLocals(number) : { near: pair.nearAddress, far: pair.farAddress };
    const added = { ...pair, nearSource: near, farSource: far };
    this.#pairs.push(added);
    return added;
  }

  /** Removes the pair and makes it again under its names. */
  remakePair(): void {
    removeVethPair(this.pair);
    this.#pairs.shift();
    this.#pairs.unshift(this.addPair(1));
    this.#pairs.pop();
  }

  /** Opens an endpoint that is closed after the test. */
  listen(name: string): Listener {
    const heard: ReceivedDatagram[] = [];
    const socket = this.open(name, (datagram) => heard.push(datagram));
    return { socket, heard, first: () => heard.map(({ payload }) => payload[0]) };
  }

  /** An endpoint with a receiver of the test's own, closed after the test. */
  open(name: string, receive: (datagram: ReceivedDatagram) => void): AdvertisementSocket {
    return this.keep(this.packetIo.open(name, this.family, receive));
  }

  /** Has an endpoint closed after the test. */
  keep(socket: AdvertisementSocket): AdvertisementSocket {
    this.#sockets.push(socket);
    return socket;
  }

  /** A packet socket that is closed after the test. */
  tap(name: string): Tap {
    const opened = openTap(name);
    this.#taps.push(opened);
    return opened;
  }

  /** An advertisement as every router sends it. */
  toGroup(source: string): SendEnvelope {
    return { source, destination: this.group };
  }

  /** Whether this host is in the group on an interface. */
  hasJoined(name: string): boolean {
    if (this.family === 6) {
      const lines = readFileSync('/proc/net/igmp6', 'latin1').split('\n').map((line) => line.trim().split(/\s+/u));
      return lines.some(([, device, group]) => device === name && group === 'ff020000000000000000000000000012');
    }
    const interfaces = readFileSync('/proc/net/igmp', 'latin1').split(/^\d/mu);
    return interfaces.some((part) => part.includes(`\t${name} `) && part.includes('120000E0'));
  }

  /** Runs statements in a process of their own, with `open(name, receive)`, `gc`, `toGroup(source)` and the names and
   *  addresses of the pair; ends it after 5 s. */
  runProgram(statements: string): SpawnSyncReturns<string> {
    const library = fileURLToPath(new URL('../../dist/linux/index.js', import.meta.url));
    const program = `
      import { openPacketIo } from ${JSON.stringify(library)};
      const { near, far, farSource } = ${JSON.stringify(this.pair)};
      const io = openPacketIo(${JSON.stringify(this.driver)});
      const open = (name, receive) => io.open(name, ${String(this.family)}, receive);
      const toGroup = (source) => ({ source, destination: ${JSON.stringify(this.group)} });
      ${statements}`;
    const flags = ['--expose-gc', '--input-type=module', '-e', program];
    return spawnSync(process.execPath, flags, { encoding: 'utf8', timeout: 5000, killSignal: 'SIGKILL' });
  }
}

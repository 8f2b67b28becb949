// The engine's ports on this Linux host: sockets, kernel, clocks and timer of the process. Decides nothing.

import {
  openAddressOwner,
  openAnnouncer,
  openLinkMonitor,
  openPacketIo,
  openRouteOwner,
  openTrafficFilter,
  openVirtualLinks,
  type LinkReadFailure,
} from '@baton/net/linux';
import { NodeDeadlineTimer } from './deadline-timer.js';
import type { EnginePorts } from './ports.js';

/** What the process adds to its ports. */
export interface LinuxPortsOptions {
  /** Tells what this daemon makes in the kernel from what another one makes. */
  readonly runtimeDirectory: string;
  /** The packet driver; absent: what the environment says, or the best. */
  readonly driver?: string;
  readonly emit: EnginePorts['emit'];
  readonly onLinkReadFailed: (failure: LinkReadFailure) => void;
}

/** Opens everything.
 *  @throws {BatonError} what the kernel refuses */
export function openLinuxPorts({ runtimeDirectory, driver, emit, onLinkReadFailed }: LinuxPortsOptions): EnginePorts {
  const clock = { now: () => performance.now() };
  return {
    packetIo: openPacketIo(driver),
    clock,
    timer: new NodeDeadlineTimer(clock),
    addressOwner: openAddressOwner(),
    announcer: openAnnouncer(),
    linkMonitor: openLinkMonitor(onLinkReadFailed),
    virtualLinks: openVirtualLinks(linkMark(runtimeDirectory)),
    routeOwner: openRouteOwner(),
    trafficFilter: openTrafficFilter(filterTable(runtimeDirectory)),
    mac: hmacSha256,
    wallClockMs: () => Date.now(),
    emit,
  };
}

/** Longest alias of an interface, bytes. */
const MAX_ALIAS_BYTES = 255;
/** Longest name of a table, characters. */
const MAX_TABLE_LENGTH = 31;

/** The alias of the links of this daemon: no other runtime directory gives the same. */
export function linkMark(runtimeDirectory: string): string {
  const whole = `baton ${runtimeDirectory}`;
  return Buffer.byteLength(whole) <= MAX_ALIAS_BYTES ? whole : `baton ${fingerprint(runtimeDirectory)}`;
}

/** The nf_tables table of this daemon: a fingerprint of its runtime directory, because two directories can end alike,
 *  and the end of it for people. */
export function filterTable(runtimeDirectory: string): string {
  const head = `baton_${fingerprint(runtimeDirectory)}_`;
  const words = runtimeDirectory.replace(/[^0-9A-Za-z]+/gu, '_');
  return head + words.slice(-(MAX_TABLE_LENGTH - head.length));
}

/** FNV-1a, 64 bits, in hexadecimal: tells directories apart, and guards nothing. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

/** Node's cryptography is loaded by the first router that needs it. */
function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const { createHmac } = process.getBuiltinModule('node:crypto');
  return createHmac('sha256', key).update(message).digest();
}

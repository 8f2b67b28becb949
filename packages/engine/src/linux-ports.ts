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
  readonly emit: EnginePorts['emit'];
  readonly onLinkReadFailed: (failure: LinkReadFailure) => void;
}

/** Opens everything.
 *  @throws {BatonError} what the kernel refuses */
export function openLinuxPorts({ runtimeDirectory, emit, onLinkReadFailed }: LinuxPortsOptions): EnginePorts {
  const clock = { now: () => performance.now() };
  return {
    packetIo: openPacketIo(),
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

/** The alias of the links of this daemon. */
export function linkMark(runtimeDirectory: string): string {
  return Buffer.from(`baton ${runtimeDirectory}`).subarray(0, MAX_ALIAS_BYTES).toString('latin1');
}

/** The nf_tables table of this daemon: as much of the directory as fits, its end first. */
export function filterTable(runtimeDirectory: string): string {
  const words = runtimeDirectory.replace(/[^0-9A-Za-z]+/gu, '_');
  return `baton_${words.slice(-(MAX_TABLE_LENGTH - 'baton_'.length))}`;
}

/** Node's cryptography is loaded by the first router that needs it. */
function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const { createHmac } = process.getBuiltinModule('node:crypto');
  return createHmac('sha256', key).update(message).digest();
}

// The observer process: listens with libpcap (npm cap) for what other hosts do with our addresses. It is a process of
// its own because cap aborts the whole process when its interface goes down: it may die at any time, and nothing but
// evidence depends on it.

import { createRequire } from 'node:module';

import { describeError, type IpAddress } from '@baton/base';
import { openRouteSocket, readLink, readLinks, type NetlinkSocket } from '@baton/linux';

import { formatMac } from '../frames.js';
import { readEvidence } from './evidence.js';
import type { Evidence, ObserveRequest, ObserverMessage } from './observer-messages.js';

/** The part of cap that is used. */
interface CapModule {
  readonly Cap: new () => Capture;
}

interface Capture {
  /** @returns the link type; throws when the interface is missing or down */
  open(device: string, filter: string, kernelBufferBytes: number, buffer: Buffer): string;
  on(event: 'packet', listener: (length: number, truncated: boolean) => void): void;
  close(): void;
}

const FILTER = 'inbound and (arp or ip proto 112)';
const KERNEL_BUFFER_BYTES = 1024 * 1024;
const SNAPSHOT_BYTES = 65535;
const REOPEN_MS = 1000;
const REPEAT_MS = 1000;
// How many different pieces of evidence are remembered for not repeating them; beyond it the memory begins anew.
const REMEMBERED_LIMIT = 1024;

// cap writes into its buffer without keeping a reference to it: both are held for as long as the process lives.
const captures: { readonly handle: Capture; readonly buffer: Buffer }[] = [];

process.on('disconnect', () => process.exit());
process.once('message', (request: ObserveRequest) => {
  start(request);
});

function start(request: ObserveRequest): void {
  let module: CapModule;
  try {
    module = createRequire(import.meta.url)('cap') as CapModule;
  } catch (cause) {
    tell({ type: 'unavailable', reason: describeError(cause) }, () => process.exit());
    return;
  }
  tell({ type: 'observing' });
  const route = openRouteSocket();
  const watched = new Set(request.addresses);
  const report = oncePerSecond((evidence) => {
    tell({ type: 'evidence', evidence });
  });
  for (const name of request.interfaces) observe({ module, route, watched, report }, name);
}

/** What every interface is observed with. */
interface Observation {
  readonly module: CapModule;
  readonly route: NetlinkSocket;
  readonly watched: ReadonlySet<IpAddress>;
  readonly report: (evidence: Evidence) => void;
}

/** Listens on the interface, now or as soon as it is there and up: on one that is down cap opens and then aborts. */
function observe(observation: Observation, name: string): void {
  if (readLink(observation.route, name)?.up === true && capture(observation, name)) return;
  setTimeout(() => {
    observe(observation, name);
  }, REOPEN_MS);
}

/** @returns false when the interface could not be opened */
function capture({ module, route, watched, report }: Observation, name: string): boolean {
  const handle = new module.Cap();
  const buffer = Buffer.alloc(SNAPSHOT_BYTES);
  try {
    if (handle.open(name, FILTER, KERNEL_BUFFER_BYTES, buffer) !== 'ETHERNET') {
      handle.close();
      return false;
    }
  } catch {
    return false;
  }
  captures.push({ handle, buffer });
  const ownMacs = new Set(readLinks(route).flatMap(({ mac }) => (mac === undefined ? [] : [formatMac(mac)])));
  handle.on('packet', (length) => {
    const evidence = readEvidence(name, buffer.subarray(0, Math.min(length, buffer.length)), watched, ownMacs);
    if (evidence !== undefined) report(evidence);
  });
  return true;
}

/** Lets the same evidence through at most once in `REPEAT_MS`, so that a flood on the wire is no flood between the
 *  processes. */
function oncePerSecond(report: (evidence: Evidence) => void): (evidence: Evidence) => void {
  const reportedAt = new Map<string, number>();
  return (evidence) => {
    const key = JSON.stringify(evidence);
    const now = performance.now();
    if (now - (reportedAt.get(key) ?? -REPEAT_MS) < REPEAT_MS) return;
    if (reportedAt.size >= REMEMBERED_LIMIT) reportedAt.clear();
    reportedAt.set(key, now);
    report(evidence);
  };
}

function tell(message: ObserverMessage, sent?: () => void): void {
  process.send?.(message, undefined, undefined, () => sent?.());
}

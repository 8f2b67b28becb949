// The situations that the tests of this package begin with: F3, an ordinary router of priority 100 with the peer P
// beside it, driven through virtual time; and the frames that were captured from other implementations. Part of no
// build.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant, IpAddress } from '@baton/base';
import type { Advertisement } from './advertisement.js';
import type { VirtualRouterInput } from './inputs.js';
import type { VirtualRouterOutput } from './outputs.js';
import type { VirtualAddress, VirtualRouterParameters } from './parameters.js';
import type { VrrpDatagram } from './receive-checks.js';
import { VirtualRouter } from './virtual-router.js';

/** Our own primary address. */
export const OWN: IpAddress = '10.9.0.1';
/** The peer's, higher than ours. */
export const P: IpAddress = '10.9.0.2';
/** Another router's, lower than ours. */
export const LOWER: IpAddress = '10.9.0.0';
/** The virtual IP, and more of them. */
export const VIP: VirtualAddress = { address: '10.9.0.100', prefixLength: 24 };
export const VIP_2: VirtualAddress = { address: '10.9.0.101', prefixLength: 24 };
export const VIP_3: VirtualAddress = { address: '10.9.0.102', prefixLength: 24 };

/** Parameters of F3: VRID 7, priority 100, one second, one address, preempting, announcing 5 times and 5 more after 5
 *  s. */
export function f3(changes: Partial<VirtualRouterParameters> = {}): VirtualRouterParameters {
  return {
    name: 'web', interface: 'eth0', vrid: 7, version: 3, priority: 100, advertIntervalMs: 1000, addresses: [VIP],
    preemptMode: true, preemptDelayMs: 0, startupDelayMs: 0, checksum: 'auto',
    announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 },
    ...changes,
  };
}

/** F3 without the second burst of announcements, for traces that are about something else. */
export const QUIET = { announce: { count: 5, delayMs: 0, delayedCount: 0, refreshMs: 0 } };

/** A valid advertisement of this priority for the addresses of F3. */
export function adv(priority: number, changes: Partial<Advertisement> = {}): Advertisement {
  return { version: 3, vrid: 7, priority, advertIntervalMs: 1000, addresses: [VIP.address], ...changes };
}

/** The input that an advertisement becomes. */
export function heard(
  priority: number, source: IpAddress = P, changes: Partial<Advertisement> = {},
): VirtualRouterInput {
  return { kind: 'advertisement', advertisement: adv(priority, changes), source };
}

/** Drives one router through virtual time: timers fire at their instants, and the trace says what was asked for and
 *  when. */
export class Timeline {
  readonly router: VirtualRouter;
  /** One line for each output: `3609.375 send 100`. */
  trace: string[] = [];
  now: Instant = 0;

  constructor(parameters: VirtualRouterParameters = f3(), epochFloor = 0) {
    this.router = new VirtualRouter(parameters, { epochFloor });
    this.router.handle({ kind: 'address-changed', primaryAddress: OWN }, 0);
  }

  /** A router that has been started at 0. */
  static started(parameters: VirtualRouterParameters = f3()): Timeline {
    const timeline = new Timeline(parameters);
    timeline.at(0, { kind: 'startup' });
    return timeline;
  }

  /** A router that has become master of a silent network: 3.609375 s with the parameters of F3. Its trace is empty. */
  static master(parameters: VirtualRouterParameters = f3()): Timeline {
    const timeline = Timeline.started(parameters);
    timeline.until(timeline.router.nextDeadline() ?? 0);
    timeline.trace = [];
    return timeline;
  }

  /** Feeds an input at an instant, after everything that is due before it. */
  at(instant: Instant, input: VirtualRouterInput): this {
    this.until(instant, { including: false });
    this.now = instant;
    this.record(this.router.handle(input, instant));
    return this;
  }

  /** Lets time pass; what is due at the instant itself still happens, unless told otherwise. */
  until(instant: Instant, { including }: { including: boolean } = { including: true }): this {
    for (let deadline = this.router.nextDeadline(); deadline !== undefined; deadline = this.router.nextDeadline()) {
      if (deadline > instant || (deadline === instant && !including)) break;
      this.now = Math.max(this.now, deadline);
      this.record(this.router.handle({ kind: 'timer' }, this.now));
    }
    this.now = Math.max(this.now, instant);
    return this;
  }

  /** The lines since the last call. */
  take(): string[] {
    return this.trace.splice(0);
  }

  private record(outputs: readonly VirtualRouterOutput[]): void {
    this.trace.push(...outputs.map((output) => `${String(this.now)} ${describeOutput(output)}`));
  }
}

/** One output as a line. */
export function describeOutput(output: VirtualRouterOutput): string {
  const list = (addresses: readonly VirtualAddress[]): string => addresses.map(({ address }) => address).join(',');
  switch (output.kind) {
    case 'send-advertisement': return `send ${String(output.priority)}`;
    case 'claim-addresses': return `claim ${list(output.addresses)}`;
    case 'release-addresses': return `release ${list(output.addresses)}`;
    case 'announce-addresses': return `announce ${list(output.addresses)} x${String(output.count)}`;
    case 'lower-priority-received': return `overruled ${output.source} ${String(output.priority)}`;
    case 'state-changed': return `${output.change.from} -> ${output.change.to}: ${output.change.reason}`;
  }
}

/** A captured IPv4 frame, taken apart as the network layer would. */
export interface CapturedDatagram extends VrrpDatagram {
  readonly id: string;
}

/** Captured frames by id (`K4`), IPv4 only: Ethernet and IP headers removed, the payload cut to the IP length. */
export function capturedDatagram(id: string): CapturedDatagram {
  const file = readFileSync(join(__dirname, '../vectors/captured-frames.json'), 'utf8');
  const { frames } = JSON.parse(file) as { frames: readonly { id: string; frame: string }[] };
  const frame = frames.find((candidate) => candidate.id === id)?.frame;
  if (frame === undefined) throw new Error(`no captured frame ${id}`);
  const packet = fromHex(frame).subarray(14);
  const headerBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  const totalBytes = ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
  return {
    id, interface: 'eth0', headerValid: true, ttl: packet[8] ?? 0,
    source: [...packet.subarray(12, 16)].join('.'), destination: [...packet.subarray(16, 20)].join('.'),
    payload: packet.subarray(headerBytes, totalBytes),
  };
}

/** Bytes from hexadecimal text; spaces are allowed. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(' ', '').match(/../gu) ?? [], (pair) => parseInt(pair, 16));
}

/** Hexadecimal text of bytes. */
export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A reproducible source of chance (xorshift32): integers from 0 to below `limit`.
 *  @param seed any integer but 0 */
export function randomSource(seed: number): (limit: number) => number {
  let state = seed | 0;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

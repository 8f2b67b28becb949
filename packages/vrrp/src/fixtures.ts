// The situations that the tests of this package begin with: F3, an ordinary router of priority 100 with the peer P
// beside it, F2 and F6 the same in version 2 and over IPv6, driven through virtual time; and the frames that were
// captured from other implementations. Part of no build.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressFamily, formatAddress, type Instant, type IpAddress } from '@baton/base';
import {
  encodeAdvertisement, VRRP_GROUP_IPV4, VRRP_GROUP_IPV6, type Advertisement, type AdvertisementEnvelope,
} from './advertisement.js';
import { sentChecksumForm } from './checksum.js';
import type { VirtualRouterInput } from './inputs.js';
import type { VirtualRouterOutput } from './outputs.js';
import { DEFAULT_RULES, type VirtualAddress, type VirtualRouterParameters } from './parameters.js';
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

/** The same over IPv6: our own link-local address, the peer's, and the addresses of F6. */
export const OWN6: IpAddress = 'fe80::ff:fe00:1';
export const P6: IpAddress = 'fe80::ff:fe00:2';
export const VIP6: VirtualAddress = { address: 'fe80::100', prefixLength: 64 };
export const GLOBAL6: VirtualAddress = { address: 'fd09::100', prefixLength: 64 };

/** Parameters of F3: VRID 7, priority 100, one second, one address, preempting, announcing 5 times and 5 more after 5
 *  s. */
export function f3(changes: Partial<VirtualRouterParameters> = {}): VirtualRouterParameters {
  return {
    name: 'web', interface: 'eth0', vrid: 7, version: 3, family: 4, priority: 100, advertIntervalMs: 1000,
    addresses: [VIP], rules: DEFAULT_RULES,
    preemptMode: true, preemptDelayMs: 0, startupDelayMs: 0, checksum: 'auto',
    announce: { count: 5, delayMs: 5000, delayedCount: 5, refreshMs: 0 },
    ...changes,
  };
}

/** Parameters of F2: F3 in version 2. */
export function f2(changes: Partial<VirtualRouterParameters> = {}): VirtualRouterParameters {
  return f3({ version: 2, ...changes });
}

/** Parameters of F6: F3 over IPv6, with a link-local and a global address. */
export function f6(changes: Partial<VirtualRouterParameters> = {}): VirtualRouterParameters {
  return f3({ family: 6, addresses: [VIP6, GLOBAL6], ...changes });
}

/** F3 without the second burst of announcements, for traces that are about something else. */
export const QUIET = { announce: { count: 5, delayMs: 0, delayedCount: 0, refreshMs: 0 } };

/** A valid advertisement of this priority for the addresses of F3. */
export function adv(priority: number, changes: Partial<Advertisement> = {}): Advertisement {
  return { version: 3, vrid: 7, priority, advertIntervalMs: 1000, addresses: [VIP.address], ...changes };
}

/** The same in version 2, for the addresses of F2. */
export function adv2(priority: number, changes: Partial<Advertisement> = {}): Advertisement {
  return adv(priority, { version: 2, ...changes });
}

/** The same over IPv6, for the addresses of F6. */
export function adv6(priority: number, changes: Partial<Advertisement> = {}): Advertisement {
  return adv(priority, { addresses: [VIP6.address, GLOBAL6.address], ...changes });
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
    this.router.handle({ kind: 'address-changed', primaryAddress: parameters.family === 4 ? OWN : OWN6 }, 0);
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
    case 'sync-group-split': return `split ${String(output.active)} ${output.following.join(',')}`.trimEnd();
    case 'state-changed': return `${output.change.from} -> ${output.change.to}: ${output.change.reason}`;
  }
}

/** A captured frame, taken apart as the network layer would. */
export interface CapturedDatagram extends VrrpDatagram {
  readonly id: string;
}

/** Captured frames by id (`K4`): Ethernet and IP headers removed, the payload cut to the IP length. */
export function capturedDatagram(id: string): CapturedDatagram {
  const file = readFileSync(join(__dirname, '../vectors/captured-frames.json'), 'utf8');
  const { frames } = JSON.parse(file) as { frames: readonly { id: string; frame: string }[] };
  const frame = frames.find((candidate) => candidate.id === id)?.frame;
  if (frame === undefined) throw new Error(`no captured frame ${id}`);
  const packet = fromHex(frame).subarray(14);
  if ((packet[0] ?? 0) >> 4 === 6) return { id, interface: 'eth0', headerValid: true, ...takeApartIpv6(packet) };
  const headerBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  const totalBytes = ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
  return {
    id, interface: 'eth0', headerValid: true, ttl: packet[8] ?? 0,
    source: [...packet.subarray(12, 16)].join('.'), destination: [...packet.subarray(16, 20)].join('.'),
    payload: packet.subarray(headerBytes, totalBytes),
  };
}

function takeApartIpv6(packet: Uint8Array): Pick<VrrpDatagram, 'ttl' | 'source' | 'destination' | 'payload'> {
  return {
    ttl: packet[7] ?? 0,
    source: formatAddress(packet.subarray(8, 24)), destination: formatAddress(packet.subarray(24, 40)),
    payload: packet.subarray(40, 40 + (((packet[4] ?? 0) << 8) | (packet[5] ?? 0))),
  };
}

/** A datagram to the group with this advertisement from P, then changed; without a proof the checksum is in the form
 *  that its version and family demand. */
export function datagramOf(
  advertisement: Advertisement, changes: Partial<VrrpDatagram> = {}, envelope: Partial<AdvertisementEnvelope> = {},
): VrrpDatagram {
  const family = addressFamily(changes.source ?? advertisement.addresses[0] ?? OWN);
  const source = changes.source ?? (family === 4 ? P : P6);
  const destination = changes.destination ?? (family === 4 ? VRRP_GROUP_IPV4 : VRRP_GROUP_IPV6);
  const checksumForm = sentChecksumForm({ version: advertisement.version, family, checksum: 'auto' });
  const payload = encodeAdvertisement(advertisement, { source, destination, checksumForm, ...envelope });
  return { interface: 'eth0', source, destination, ttl: 255, payload, headerValid: true, ...changes };
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

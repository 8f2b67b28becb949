// Reads and makes frames of protocol 112 for the live tests. Only what is well formed is read.

import { formatAddress } from '@baton/base';

import { formatMac } from '../frames.js';

/** What a frame says about a datagram of protocol 112. */
export interface WireDatagram {
  readonly destinationMac: string;
  readonly sourceMac: string;
  /** Type of service, or traffic class. */
  readonly trafficClass: number;
  readonly ttl: number;
  readonly source: string;
  readonly destination: string;
  readonly payload: readonly number[];
}

/** The datagrams of protocol 112 among frames, in order. */
export function readDatagrams(frames: readonly Uint8Array[]): WireDatagram[] {
  return frames.flatMap((frame) => {
    const macs = { destinationMac: formatMac(frame.subarray(0, 6)), sourceMac: formatMac(frame.subarray(6, 12)) };
    if (frame[12] === 0x08 && frame[13] === 0x00 && frame[23] === 112) {
      const headerEnd = 14 + ((frame[14] ?? 0) & 15) * 4;
      return [{
        ...macs, trafficClass: frame[15] ?? 0, ttl: frame[22] ?? 0,
        source: formatAddress(frame.subarray(26, 30)), destination: formatAddress(frame.subarray(30, 34)),
        payload: Array.from(frame.subarray(headerEnd)),
      }];
    }
    if (frame[12] === 0x86 && frame[13] === 0xdd && frame[20] === 112) {
      return [{
        ...macs, trafficClass: (((frame[14] ?? 0) & 15) << 4) | ((frame[15] ?? 0) >> 4), ttl: frame[21] ?? 0,
        source: formatAddress(frame.subarray(22, 38)), destination: formatAddress(frame.subarray(38, 54)),
        payload: Array.from(frame.subarray(54)),
      }];
    }
    return [];
  });
}

/** Frames as hexadecimal text. */
export function hexOf(frame: Uint8Array): string {
  return Buffer.from(frame).toString('hex');
}

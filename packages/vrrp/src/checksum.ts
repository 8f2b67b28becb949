// The checksum of a VRRP message (RFC 1071) in its two forms for IPv4: over the message only (RFC 9568 §5.2.8) and
// with the IPv4 pseudo-header in front (the reading of RFC 5798 §5.2.8 that keepalived and FRR demand). Knows no VRRP
// field but its own.

import { addressBytes, type IpAddress } from '@baton/base';
import type { ChecksumMode } from './parameters.js';

/** What a checksum covers: the IPv4 pseudo-header and the message, or the message alone. */
export type ChecksumForm = 'pseudo-header' | 'message-only';

/** IP protocol number of VRRP (RFC 9568 §5.1.1.4). */
export const VRRP_PROTOCOL = 112;

/** Offset of the 16-bit checksum field in every version of the message, bytes. */
const CHECKSUM_OFFSET = 6;

/** The form in which a router configured with `mode` sends: only `rfc9568` leaves the pseudo-header out
 *  [RFC9568-5.2.8-1]. */
export function sentChecksumForm(mode: ChecksumMode): ChecksumForm {
  return mode === 'rfc9568' ? 'message-only' : 'pseudo-header';
}

/** Computes the checksum of a message as if its own field were zero.
 *  @param message at least 8 bytes
 *  @returns 0–65 535, to be stored in network order at offset 6 */
export function computeChecksum(
  message: Uint8Array, form: ChecksumForm, source: IpAddress, destination: IpAddress,
): number {
  const stored = word(message, CHECKSUM_OFFSET);
  const start = form === 'pseudo-header' ? pseudoHeaderSum(source, destination, message.length) : 0;
  return ~fold(sumWords(message, start) - stored) & 0xffff;
}

/** Verifies a received message against both forms.
 *  @param message at least 8 bytes
 *  @returns the form that fits (the pseudo-header form when both do), or undefined when neither does */
export function verifyChecksum(
  message: Uint8Array, source: IpAddress, destination: IpAddress,
): ChecksumForm | undefined {
  const sum = sumWords(message, 0);
  if (fold(sum + pseudoHeaderSum(source, destination, message.length)) === 0xffff) return 'pseudo-header';
  return fold(sum) === 0xffff ? 'message-only' : undefined;
}

function pseudoHeaderSum(source: IpAddress, destination: IpAddress, lengthBytes: number): number {
  return sumWords(addressBytes(destination), sumWords(addressBytes(source), VRRP_PROTOCOL + lengthBytes));
}

/** Adds the 16-bit words of `bytes` to `start` without folding; an odd last byte counts as the high half of a word. */
function sumWords(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let offset = 0; offset < bytes.length; offset += 2) sum += word(bytes, offset);
  return sum;
}

function word(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

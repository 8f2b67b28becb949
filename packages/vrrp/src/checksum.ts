// The checksum of a VRRP message (RFC 1071) in its two forms: over the message only (version 2; IPv4 version 3 by
// RFC 9568 §5.2.8) and with the pseudo-header of the family in front (IPv6, RFC 8200 §8.1; IPv4 version 3 in the
// reading of RFC 5798 §5.2.8 that keepalived and FRR demand). Knows no VRRP field but its own.

import { addressBytes, type IpAddress } from '@baton/base';
import type { VirtualRouterParameters } from './parameters.js';

/** What a checksum covers: the pseudo-header and the message, or the message alone. */
export type ChecksumForm = 'pseudo-header' | 'message-only';

/** IP protocol number of VRRP (RFC 9568 §5.1.1.4). */
export const VRRP_PROTOCOL = 112;

/** Offset of the 16-bit checksum field in every version of the message, bytes. */
const CHECKSUM_OFFSET = 6;

/** What decides about the form of a checksum. */
export type ChecksumParameters = Pick<VirtualRouterParameters, 'version' | 'family' | 'checksum'>;

/** The form in which a router sends: version 2 without the pseudo-header [RFC3768-5.3.8-1], IPv6 with it
 *  [RFC9568-5.2.8-2], IPv4 version 3 as configured: only by RFC 9568 it is left out [RFC9568-5.2.8-1]. */
export function sentChecksumForm({ version, family, checksum }: ChecksumParameters): ChecksumForm {
  if (version === 2) return 'message-only';
  if (family === 6) return 'pseudo-header';
  return checksum === 'rfc9568' || checksum === 'rfc9568-strict' ? 'message-only' : 'pseudo-header';
}

/** The forms in which a router accepts a checksum: both where they can meet, which is IPv4 version 3. */
export function acceptedChecksumForms(parameters: ChecksumParameters): readonly ChecksumForm[] {
  const { version, family, checksum } = parameters;
  const choice = version === 3 && family === 4 && checksum !== 'rfc9568-strict';
  return choice ? ['pseudo-header', 'message-only'] : [sentChecksumForm(parameters)];
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

/** Verifies a received message.
 *  @param message at least 8 bytes
 *  @param forms the accepted ones
 *  @returns the first form that fits, or undefined when none does */
export function verifyChecksum(
  message: Uint8Array, forms: readonly ChecksumForm[], source: IpAddress, destination: IpAddress,
): ChecksumForm | undefined {
  const sum = sumWords(message, 0);
  return forms.find((form) => {
    const start = form === 'pseudo-header' ? pseudoHeaderSum(source, destination, message.length) : 0;
    return fold(sum + start) === 0xffff;
  });
}

/** IPv4 and IPv6 order these fields differently; their sum is the same. */
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

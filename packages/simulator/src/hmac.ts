// The MAC that real nodes use, for the ports of simulated ones. Decides nothing.

import { createHmac } from 'node:crypto';

/** HMAC-SHA-256 of a message. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(message).digest();
}

// The frames of the control channel: a length of 4 bytes, big-endian, and that many bytes of JSON. Decides only where a
// message begins and ends. Pure; never holds more than one frame that is not complete.

/** Longest message, bytes. */
export const MAX_MESSAGE_BYTES = 65_536;
const LENGTH_BYTES = 4;

/** What bytes of a connection were: whole messages, or nothing that can be read any further. */
export type FramesResult =
  | { readonly ok: true; readonly bodies: readonly Buffer[] }
  | { readonly ok: false; readonly reason: 'frame-too-large' };

/** One message as it is sent.
 *  @returns undefined when it is longer than MAX_MESSAGE_BYTES */
export function encodeFrame(message: unknown): Buffer | undefined {
  const body = Buffer.from(JSON.stringify(message), 'utf8');
  if (body.length > MAX_MESSAGE_BYTES) return undefined;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Cuts the bytes of one connection into messages. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Takes the next bytes. After a refusal nothing can be read any more. */
  push(bytes: Buffer): FramesResult {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const bodies: Buffer[] = [];
    while (rest.length >= LENGTH_BYTES) {
      const length = rest.readUInt32BE(0);
      if (length > MAX_MESSAGE_BYTES) return { ok: false, reason: 'frame-too-large' };
      if (rest.length < LENGTH_BYTES + length) break;
      bodies.push(rest.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
      rest = rest.subarray(LENGTH_BYTES + length);
    }
    // A copy: a view would keep the whole buffer of the socket.
    this.#rest = Buffer.from(rest);
    return { ok: true, bodies };
  }
}

import { describe, expect, test } from '@jest/globals';
import { encodeFrame, FrameReader, MAX_MESSAGE_BYTES } from './frames.js';

/** A frame that must be one. */
function frame(message: unknown): Buffer {
  return encodeFrame(message) ?? Buffer.alloc(0);
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('frames of the control channel', () => {
  test('messages come out as they went in, wherever the bytes are cut, in 500 seeds', () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const next = random(seed);
      const messages = Array.from({ length: 1 + Math.floor(next() * 8) }, (_, index) =>
        ({ index, text: 'ü'.repeat(Math.floor(next() * 300)) }));
      const bytes = Buffer.concat(messages.map(frame));
      const reader = new FrameReader();
      const read: unknown[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + Math.floor(next() * 200);
        const result = reader.push(bytes.subarray(at, at + size));
        at += size;
        if (!result.ok) throw new Error(`seed ${String(seed)}: ${result.reason}`);
        read.push(...result.bodies.map((body) => JSON.parse(body.toString('utf8')) as unknown));
      }
      expect(read).toEqual(messages);
    }
  });

  test('bytes of any kind never throw, and are whole frames or a refusal, in 2000 seeds', () => {
    for (let seed = 1; seed <= 2000; seed += 1) {
      const next = random(seed);
      const reader = new FrameReader();
      for (let push = 0; push < 5; push += 1) {
        const bytes = Buffer.from(Array.from({ length: Math.floor(next() * 60) }, () =>
          next() < 0.6 ? 0 : Math.floor(next() * 256)));
        const result = reader.push(bytes);
        if (!result.ok) break;
        for (const body of result.bodies) expect(body.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      }
    }
  });

  test('a length above the limit is refused before a byte of the message has come', () => {
    expect(new FrameReader().push(Buffer.from([0xff, 0xff, 0xff, 0xff])))
      .toEqual({ ok: false, reason: 'frame-too-large' });
    expect(new FrameReader().push(Buffer.from([0, 1, 0, 0]))).toEqual({ ok: true, bodies: [] });
    expect(new FrameReader().push(Buffer.from([0, 1, 0, 1]))).toEqual({ ok: false, reason: 'frame-too-large' });
  });

  test('a message that is too long is not made', () => {
    expect(encodeFrame('x'.repeat(MAX_MESSAGE_BYTES - 2))?.length).toBe(MAX_MESSAGE_BYTES + 4);
    expect(encodeFrame('x'.repeat(MAX_MESSAGE_BYTES - 1))).toBeUndefined();
  });
});

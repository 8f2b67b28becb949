// The frames captured from keepalived, FRR and the kernel, by id: K1, R3, I2.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One captured Ethernet frame, without its check sequence. */
export function capturedFrame(id: string): Uint8Array {
  const file = readFileSync(join(__dirname, '../../vrrp/vectors/captured-frames.json'), 'utf8');
  const { frames } = JSON.parse(file) as { readonly frames: readonly { id: string; frame: string }[] };
  const found = frames.find((captured) => captured.id === id);
  if (found === undefined) throw new Error(`there is no captured frame ${id}`);
  return Uint8Array.from(Buffer.from(found.frame, 'hex'));
}

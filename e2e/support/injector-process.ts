// The sender's process: frames in, frames out on one interface of the namespace it runs in. Argument: INTERFACE.
// Decides only the pace. Messages: injector.ts.

import { assert } from '@baton/base';
import { AF_PACKET, encodeLinkAddress, interfaceIndex, openSocket, sendTo, SOCK_RAW } from '@baton/linux';
import type { InjectAnswer, InjectRequest } from './injector.js';

/** Frames are sent in small batches this often, ms. */
const BATCH_MS = 5;

const [interfaceName = ''] = process.argv.slice(2);
const index = interfaceIndex(interfaceName);
const socket = openSocket(AF_PACKET, SOCK_RAW, 0);
assert(index > 0 && socket >= 0, `a packet socket on ${interfaceName}`);

process.on('message', (request: InjectRequest) => {
  const frames = request.frames.map((frame) => Buffer.from(frame, 'base64'));
  sendFrom(request, frames, { sent: 0, refused: 0, startedAtMs: performance.now() });
});
process.on('disconnect', () => {
  process.exit(0);
});
answerLab({ type: 'ready' });

function sendFrom(
  request: InjectRequest,
  frames: readonly Buffer[],
  progress: { sent: number; refused: number; startedAtMs: number },
): void {
  const { id, count, rate } = request;
  const dueCount =
    rate === 0 ? count : Math.min(count, 1 + Math.floor(((performance.now() - progress.startedAtMs) * rate) / 1000));
  while (progress.sent < dueCount) {
    const frame = frames[progress.sent % frames.length] ?? Buffer.alloc(0);
    const result = sendTo(socket, frame, encodeLinkAddress(index));
    progress.sent += 1;
    if (result < 0) progress.refused += 1;
  }
  if (progress.sent >= count) answerLab({ type: 'sent', id, refused: progress.refused });
  else setTimeout(sendFrom, BATCH_MS, request, frames, progress);
}

function answerLab(message: InjectAnswer): void {
  process.send?.(message);
}

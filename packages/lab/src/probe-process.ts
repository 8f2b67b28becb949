// The client's process: sends one datagram a millisecond to an address and writes down who answers when. Runs inside a
// namespace. Decides when to send and what counts as its own stall; what it all means is outage.ts's to say.
// Arguments: ADDRESS PORT. Messages: probe.ts.

import { createSocket, type Socket } from 'node:dgram';

import { summarizeProbe, type Answer, type Stall } from './outage.js';
import type { ProbeAnswer, ProbeRequest } from './probe.js';
import { monotonicMs } from './waiting.js';

const INTERVAL_MS = 1;
/** Waking this much later than the last time is a stall of the prober. */
const STALL_MS = 5;
/** After a stall at most so many datagrams are sent at once; the rest are never sent. */
const MAX_CATCH_UP = 20;
/** Half an hour of datagrams; then the process ends, because nobody measures for that long. */
const MAX_SENT = 1_800_000;
/** A datagram that is not answered this long after it left is lost. */
const LOST_AFTER_MS = 50;
const DATAGRAM_BYTES = 32;

const [address = '', portText = ''] = process.argv.slice(2);
const port = Number(portText);
const sentAt: number[] = [];
const answered: boolean[] = [];
const answers: Answer[] = [];
const stalls: Stall[] = [];
let dueAt = monotonicMs();
let lastTickAt = dueAt;

const socket = createSocket({ type: 'udp4', lookup: (host, _options, callback) => { callback(null, host, 4); } });
socket.on('message', (datagram) => { hear(datagram); });
socket.on('error', () => undefined); // unreachable is what this process is here to see: it shows as silence
socket.bind(0, () => {
  answerLab({ type: 'ready' });
  tick(socket);
});
process.on('message', (request: ProbeRequest) => {
  const lostAt = sentAt.filter((at, sequence) => answered[sequence] !== true && at < monotonicMs() - LOST_AFTER_MS);
  const report = summarizeProbe({ answers, stalls, sentAt, lostAt }, request.from, request.to);
  answerLab({ type: 'report', id: request.id, report });
});
process.on('disconnect', () => { process.exit(0); });

function tick(sender: Socket): void {
  const now = monotonicMs();
  if (now - lastTickAt > STALL_MS) stalls.push({ from: lastTickAt, to: now });
  lastTickAt = now;
  dueAt = Math.max(dueAt, now - MAX_CATCH_UP * INTERVAL_MS);
  for (; dueAt <= now; dueAt += INTERVAL_MS) {
    const datagram = Buffer.alloc(DATAGRAM_BYTES);
    datagram.writeUInt32BE(sentAt.length, 0);
    sentAt.push(monotonicMs());
    sender.send(datagram, port, address, () => undefined);
  }
  if (sentAt.length > MAX_SENT) process.exit(1);
  setTimeout(tick, INTERVAL_MS, sender);
}

function hear(datagram: Buffer): void {
  const node = datagram.toString('utf8', DATAGRAM_BYTES);
  const at = monotonicMs();
  if (answers.at(-1)?.node !== node) answerLab({ type: 'owner-changed', at, node });
  answered[datagram.readUInt32BE(0)] = true;
  answers.push({ at, node });
}

function answerLab(message: ProbeAnswer): void {
  process.send?.(message);
}

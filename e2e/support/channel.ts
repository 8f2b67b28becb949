// Two nodes that a control channel connects: their key, and when they have found each other.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor, type BatonNode, type BatonOptions } from '@baton/lab';
import type { Bed } from './bed.js';

const CHANNEL = { control_channel: { pre_shared_key_file: 'peer.key' } };
/** The key of both, unless a test wants two. */
export const KEY = '5a'.repeat(32);

/** Nodes a and b, not started, with priorities 200 and 100 unless said otherwise. */
export function connectedPair(
  bed: Bed, options: Partial<BatonOptions> = {}, keys: readonly [string, string] = [KEY, KEY],
): readonly [BatonNode, BatonNode] {
  const [a, b] = ([['a', 200], ['b', 100]] as const).map(([name, priority], index) => {
    const node = bed.baton(name, { priority, ...options, file: { ...CHANNEL, ...options.file } });
    mkdirSync(node.directory, { recursive: true });
    writeFileSync(join(node.directory, 'peer.key'), `${keys[index] ?? ''}\n`, { mode: 0o600 });
    return node;
  });
  if (a === undefined || b === undefined) throw new Error('two nodes were made');
  return [a, b];
}

/** Whether a node has a connection with a known round trip to its first peer. */
export async function isConnected(node: BatonNode): Promise<boolean> {
  const [peer] = (await node.status())?.peers ?? [];
  return peer?.connected === true && peer.round_trip_ms !== null;
}

/** Waits until every node is connected. */
export async function waitForConnection(nodes: readonly BatonNode[], deadlineMs: number): Promise<void> {
  for (const node of nodes) await waitFor(`${node.host.name} to be connected`, deadlineMs, () => isConnected(node));
}

/** Waits until a node knows that the other one is in this state. */
export async function waitForReport(node: BatonNode, state: string, deadlineMs: number): Promise<void> {
  await waitFor(`${node.host.name} to know that its peer is ${state}`, deadlineMs, async () =>
    (await node.router())?.peers[0]?.reported?.state === state);
}
